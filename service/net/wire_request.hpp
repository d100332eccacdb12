#pragma once

#include <lull/ports/transport.hpp>

#include <string>

namespace lull::net {

enum class HttpMethod { Post, Get };

/// The request as it goes out, head and body in one piece, so that it takes one write (RFC 9112).
/// The body of a GET is not sent.
std::string wireRequest(HttpMethod method, const ports::HttpRequest& request);

/// What two requests must have in common to share a connection: scheme, name and port.
std::string originOf(const ports::Target& target);

}  // namespace lull::net
