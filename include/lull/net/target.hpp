#pragma once

#include <lull/domain/result.hpp>
#include <lull/ports/transport.hpp>

#include <string_view>

namespace lull::net {

/// Where a request to this URL goes, read by text::parseUrl(); InvalidInput at "/url" for what that refuses. A dot at
/// the end of a name makes it absolute and is no part of `host`.
Result<ports::Target> parseTarget(std::string_view url);

}  // namespace lull::net
