#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::text {

/// An IP address as it is written. A value type.
struct IpLiteral {
  bool isV4 = true;
  std::array<std::uint8_t, 16> bytes{};  ///< in network order; of an IPv4 address the first four, then zeros
  bool operator==(const IpLiteral&) const = default;
};

/// Reads four decimal numbers or IPv6 (RFC 4291 section 2.2), without brackets and zone. Other forms that resolvers
/// take for addresses, such as 0x7f.1 and 2130706433, are none.
std::optional<IpLiteral> parseIpLiteral(std::string_view text);

/// The IPv4 address in an IPv6 address of ::ffff:0:0/96, any other address itself.
IpLiteral withoutMapping(const IpLiteral& literal);

/// The shortest form, in lower case and without brackets.
std::string textOf(const IpLiteral& literal);

}  // namespace lull::text
