#include <lull/net/ip_address.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace lull::net {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMaxTextLength = INET6_ADDRSTRLEN;

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= kMaxTextLength) return std::nullopt;
  const std::string copy(text);
  // inet_pton is strict, unlike inet_aton and getaddrinfo, which take 0x7f.1 and 2130706433 for 127.0.0.1.
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, copy.c_str(), &v4.sin_addr) == 1) return of(reinterpret_cast<const sockaddr*>(&v4));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, copy.c_str(), &v6.sin6_addr) == 1) return of(reinterpret_cast<const sockaddr*>(&v6));
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::of(const sockaddr* address) {
  IpAddress result;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof(v4));
    std::memcpy(result.bytes_.data(), &v4.sin_addr, sizeof(v4.sin_addr));
    return result;
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof(v6));
  std::memcpy(result.bytes_.data(), &v6.sin6_addr, sizeof(v6.sin6_addr));
  result.v4_ = std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), result.bytes_.begin());
  if (result.v4_) {
    std::copy_n(result.bytes_.begin() + kMappedPrefix.size(), sizeof(in_addr), result.bytes_.begin());
    std::fill(result.bytes_.begin() + sizeof(in_addr), result.bytes_.end(), std::uint8_t{0});
  }
  return result;
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
  std::array<char, kMaxTextLength> buffer{};
  inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), buffer.data(), buffer.size());
  return buffer.data();
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
