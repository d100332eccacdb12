#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace lull::text {
struct IpLiteral;
}  // namespace lull::text

namespace lull::net {

/// A binary IP address. An IPv4 address mapped into IPv6 (::ffff:0:0/96) becomes the IPv4 address when it is made, so
/// it can never be judged as anything else. A value type.
class IpAddress {
 public:
  /// Strict: four decimal numbers without leading zeros, or RFC 4291 text without brackets and without a zone.
  static std::optional<IpAddress> parse(std::string_view text);
  /// Of an AF_INET or AF_INET6 address; empty for any other family.
  static std::optional<IpAddress> of(const sockaddr* address);
  static IpAddress v4(std::uint32_t hostOrder);

  bool isV4() const { return v4_; }
  /// The IPv4 address in host byte order; only when isV4().
  std::uint32_t v4Value() const;
  /// Network byte order; the first four count when isV4(), else all sixteen.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  /// RFC 5952 text, without brackets.
  std::string text() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  static IpAddress of(const text::IpLiteral& literal);

  bool v4_ = true;
  std::array<std::uint8_t, 16> bytes_{};
};

/// An address prefix. A value type.
class Cidr {
 public:
  /// "10.0.0.0/8", "fd00::/8", or a bare address. Host bits are ignored.
  static std::optional<Cidr> parse(std::string_view text);
  bool contains(const IpAddress& address) const;

 private:
  IpAddress base_;
  unsigned bits_ = 0;
};

}  // namespace lull::net
