#pragma once

#include <lull/ports/transport.hpp>

#include <string>

namespace lull::net {

/// The request as it goes out, head and body in one piece, so that it takes one write (RFC 9112).
std::string wireRequest(const ports::HttpPost& request);

/// What two requests must have in common to share a connection: scheme, name and port.
std::string originOf(const ports::Target& target);

}  // namespace lull::net
