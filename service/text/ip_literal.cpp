#include <lull/text/ip_literal.hpp>

#include <arpa/inet.h>

#include <algorithm>

namespace lull::text {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kV4Bytes = 4;

}  // namespace

std::optional<IpLiteral> parseIpLiteral(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  IpLiteral literal;
  // inet_pton is strict, unlike inet_aton and getaddrinfo.
  if (inet_pton(AF_INET, copy.c_str(), literal.bytes.data()) == 1) return literal;
  literal.isV4 = false;
  if (inet_pton(AF_INET6, copy.c_str(), literal.bytes.data()) == 1) return literal;
  return std::nullopt;
}

IpLiteral withoutMapping(const IpLiteral& literal) {
  if (literal.isV4 || !std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), literal.bytes.begin())) return literal;
  IpLiteral v4;
  std::copy_n(literal.bytes.begin() + kMappedPrefix.size(), kV4Bytes, v4.bytes.begin());
  return v4;
}

std::string textOf(const IpLiteral& literal) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(literal.isV4 ? AF_INET : AF_INET6, literal.bytes.data(), buffer.data(), buffer.size());
  return buffer.data();
}

}  // namespace lull::text
