#pragma once

#include <lull/domain/result.hpp>
#include <lull/ports/transport.hpp>

#include <string_view>

namespace lull::net {

constexpr std::size_t kMaxUrlLength = 2048;

/// Takes an absolute http or https URL apart (RFC 3986). Refused with InvalidInput at "/url": userinfo, a fragment,
/// characters outside RFC 3986 (blanks and control bytes among them), host names that are not ASCII (their punycode
/// form is accepted), IPv4 addresses in any form but four decimal numbers, IPv6 zones, port 0, more than 2048
/// characters. A dot at the end of a name makes it absolute and is no part of `host`.
Result<ports::Target> parseUrl(std::string_view url);

}  // namespace lull::net
