#include "embedded_v4.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace lull::net {

namespace {

using Bytes = std::array<std::uint8_t, 16>;
using Places = std::array<std::size_t, 4>;

constexpr Places kLast{12, 13, 14, 15};
// Where RFC 6052 section 2.2 puts the four bytes behind a prefix of 48, 56, 64 and 96 bits: byte 8 stays zero.
constexpr std::array<Places, 4> kNat64Places{{{6, 7, 9, 10}, {7, 9, 10, 11}, {9, 10, 11, 12}, kLast}};

std::uint32_t valueAt(const Bytes& bytes, const Places& places) {
  std::uint32_t value = 0;
  for (const auto place : places) value = (value << 8U) | bytes.at(place);
  return value;
}

bool zeroFrom(const Bytes& bytes, std::size_t from, std::size_t to) {
  return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(to),
                     [](std::uint8_t byte) { return byte == 0; });
}

/// Puts the form whose other bytes are zero, as the standard requires, first; the others follow.
std::vector<std::uint32_t> ofLocalNat64(const Bytes& bytes) {
  auto places = kNat64Places;
  const auto fits = [&](const Places& one) {
    if (one == kLast) return zeroFrom(bytes, 6, 12);
    return bytes.at(8) == 0 && zeroFrom(bytes, one.back() + 1, 16);
  };
  std::stable_partition(places.begin(), places.end(), fits);
  std::vector<std::uint32_t> values;
  values.reserve(places.size());
  for (const auto& one : places) values.push_back(valueAt(bytes, one));
  return values;
}

bool isIsatap(const Bytes& bytes) {
  return (bytes[8] == 0x00 || bytes[8] == 0x02) && bytes[9] == 0x00 && bytes[10] == 0x5e && bytes[11] == 0xfe;
}

std::vector<std::uint32_t> valuesIn(const IpAddress& address) {
  static const Cidr kWellKnown = Cidr::parse("64:ff9b::/96").value();
  static const Cidr kLocalUse = Cidr::parse("64:ff9b:1::/48").value();
  static const Cidr kCompatible = Cidr::parse("::/96").value();
  static const Cidr kTranslated = Cidr::parse("::ffff:0:0:0/96").value();
  static const Cidr k6to4 = Cidr::parse("2002::/16").value();
  static const Cidr kTeredo = Cidr::parse("2001::/32").value();
  const auto& bytes = address.bytes();
  if (kLocalUse.contains(address)) return ofLocalNat64(bytes);
  for (const auto* prefix : {&kWellKnown, &kCompatible, &kTranslated}) {
    if (prefix->contains(address)) return {valueAt(bytes, kLast)};
  }
  if (k6to4.contains(address)) return {valueAt(bytes, {2, 3, 4, 5})};
  if (kTeredo.contains(address)) return {~valueAt(bytes, kLast), valueAt(bytes, {4, 5, 6, 7})};
  if (isIsatap(bytes)) return {valueAt(bytes, kLast)};
  return {};
}

}  // namespace

std::vector<IpAddress> embeddedV4(const IpAddress& address) {
  std::vector<IpAddress> inside;
  if (address.isV4()) return inside;
  for (const auto value : valuesIn(address)) {
    if (value >> 24U != 0) inside.push_back(IpAddress::v4(value));
  }
  return inside;
}

}  // namespace lull::net
