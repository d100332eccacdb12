#include <lull/net/ip_address.hpp>
#include <lull/text/ip_literal.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace lull::net {

IpAddress IpAddress::of(const text::IpLiteral& literal) {
  const auto reached = text::withoutMapping(literal);
  IpAddress result;
  result.v4_ = reached.isV4;
  result.bytes_ = reached.bytes;
  return result;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const auto literal = text::parseIpLiteral(text);
  if (!literal) return std::nullopt;
  return of(*literal);
}

std::optional<IpAddress> IpAddress::of(const sockaddr* address) {
  text::IpLiteral literal;
  literal.isV4 = address->sa_family == AF_INET;
  if (literal.isV4) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof(v4));
    std::memcpy(literal.bytes.data(), &v4.sin_addr, sizeof(v4.sin_addr));
    return of(literal);
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof(v6));
  std::memcpy(literal.bytes.data(), &v6.sin6_addr, sizeof(v6.sin6_addr));
  return of(literal);
}

IpAddress IpAddress::v4(std::uint32_t hostOrder) {
  IpAddress result;
  const std::uint32_t networkOrder = htonl(hostOrder);
  std::memcpy(result.bytes_.data(), &networkOrder, sizeof(networkOrder));
  return result;
}

std::uint32_t IpAddress::v4Value() const {
  std::uint32_t networkOrder = 0;
  std::memcpy(&networkOrder, bytes_.data(), sizeof(networkOrder));
  return ntohl(networkOrder);
}

std::string IpAddress::text() const {
  return text::textOf({v4_, bytes_});
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = IpAddress::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  Cidr cidr;
  cidr.base_ = *base;
  const unsigned most = base->isV4() ? 32 : 128;
  cidr.bits_ = most;
  if (slash == std::string_view::npos) return cidr;
  const auto digits = text.substr(slash + 1);
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), cidr.bits_);
  if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  // "::ffff:10.0.0.0/104" speaks of the mapped form; its address was turned into IPv4, so its length must be too.
  if (base->isV4() && text.substr(0, slash).find(':') != std::string_view::npos) {
    constexpr unsigned kMappedBits = 96;
    if (cidr.bits_ < kMappedBits) return std::nullopt;
    cidr.bits_ -= kMappedBits;
  }
  if (cidr.bits_ > most) return std::nullopt;
  return cidr;
}

bool Cidr::contains(const IpAddress& address) const {
  if (address.isV4() != base_.isV4()) return false;
  const std::size_t whole = bits_ / 8;
  if (!std::equal(base_.bytes().begin(), base_.bytes().begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes().begin())) {
    return false;
  }
  const unsigned rest = bits_ % 8;
  if (rest == 0) return true;
  const unsigned mask = (0xffU << (8 - rest)) & 0xffU;
  return (base_.bytes()[whole] & mask) == (address.bytes()[whole] & mask);
}

}  // namespace lull::net
