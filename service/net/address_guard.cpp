#include "embedded_v4.hpp"

#include <lull/net/address_guard.hpp>
#include <lull/text/ascii.hpp>

#include <ifaddrs.h>

#include <algorithm>
#include <array>
#include <memory>

namespace lull::net {

namespace {

/// Not public unicast (IANA special-purpose registries, RFC 6890): refused unless the operator allows them.
constexpr std::array kSpecial{"0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
                              "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
                              "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
                              "2001::/23",     "2001:db8::/32",   "2002::/16",      "3fff::/20"};

/// Services that hand out a machine's credentials (AWS, Azure, GCP, Alibaba, Oracle; ECS and EKS agents). Some lie
/// in ranges that an operator may well allow, one even among the public addresses.
constexpr std::array kMetadata{"169.254.169.254", "169.254.170.2", "169.254.170.23", "168.63.129.16", "100.100.100.200",
                               "192.0.0.192",     "fd00:ec2::254", "fd00:ec2::23",   "fd20:ce::254"};

template <std::size_t N>
std::vector<Cidr> parsed(const std::array<const char*, N>& texts) {
  std::vector<Cidr> cidrs;
  cidrs.reserve(N);
  for (const char* text : texts) cidrs.push_back(Cidr::parse(text).value());
  return cidrs;
}

bool containedIn(const std::vector<Cidr>& cidrs, const IpAddress& address) {
  return std::any_of(cidrs.begin(), cidrs.end(), [&](const Cidr& cidr) { return cidr.contains(address); });
}

bool isMetadata(const IpAddress& address) {
  static const std::vector<Cidr> kServices = parsed(kMetadata);
  return containedIn(kServices, address);
}

bool isSpecial(const IpAddress& address) {
  static const std::vector<Cidr> kNetworks = parsed(kSpecial);
  // The only IPv6 addresses that are given out for global unicast (RFC 4291 section 2.4, IANA's registry): what lies
  // elsewhere is local, multicast, a translation of IPv4, or reserved.
  static const Cidr kGlobalUnicast = Cidr::parse("2000::/3").value();
  if (!address.isV4() && !kGlobalUnicast.contains(address)) return true;
  return containedIn(kNetworks, address);
}

std::vector<IpAddress> addressesOfThisMachine() {
  std::vector<IpAddress> addresses;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return addresses;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owned(list, &freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    if (const auto address = IpAddress::of(entry->ifa_addr)) addresses.push_back(*address);
  }
  return addresses;
}

bool isHostRule(std::string_view rule) {
  if (rule.size() < 2) return false;
  return std::all_of(rule.begin(), rule.end(),
                     [](char c) { return text::isAlphanumeric(c) || c == '.' || c == '-' || c == '_'; });
}

}  // namespace

Result<AddressGuard> AddressGuard::create(const EgressRules& rules) {
  AddressGuard guard;
  for (const auto& text : rules.allowedNetworks) {
    const auto cidr = Cidr::parse(text);
    if (!cidr) {
      return Error{ErrorCode::InvalidInput,
                   "Egress:AllowedNetworks: '" + text + "' is not a network such as 10.0.0.0/8"};
    }
    guard.networks_.push_back(*cidr);
  }
  for (const auto& text : rules.allowedHosts) {
    std::string rule = text::lowerCase(text);
    if (!isHostRule(rule)) {
      return Error{ErrorCode::InvalidInput,
                   "Egress:AllowedHosts: '" + text + "' is not a name or a suffix such as .svc.cluster.local"};
    }
    guard.hosts_.push_back(std::move(rule));
  }
  guard.ports_ = rules.allowedPorts;
  guard.trustedOnly_ = rules.trustedOnly;
  for (const auto& listener : rules.ownListeners) {
    if (auto added = guard.addOwnListener(listener); !added) return added.error();
  }
  return guard;
}

Status AddressGuard::addOwnListener(const EgressRules::OwnListener& listener) {
  const auto address = IpAddress::parse(listener.address);
  if (!address)
    return Error{ErrorCode::InvalidInput, "The listener address '" + listener.address + "' is not an IP address"};
  own_.push_back({*address, listener.port});
  if (address->bytes() != IpAddress{}.bytes()) return Done{};
  for (const auto& local : addressesOfThisMachine()) own_.push_back({local, listener.port});
  return Done{};
}

bool AddressGuard::hostIsAllowed(std::string_view host) const {
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& rule) {
    if (rule.front() != '.') return host == rule;
    return host.size() > rule.size() && host.ends_with(rule);
  });
}

bool AddressGuard::networkIsAllowed(const IpAddress& address) const {
  return containedIn(networks_, address);
}

bool AddressGuard::isOwnListener(const IpAddress& address, std::uint16_t port) const {
  static const Cidr kLoopback = Cidr::parse("127.0.0.0/8").value();
  return std::any_of(own_.begin(), own_.end(), [&](const OwnListener& own) {
    if (own.port != port) return false;
    // A listener on all addresses of the machine is reached through all of 127/8; and connecting to 0.0.0.0 reaches the
    // machine, too.
    const bool any = own.address.bytes() == IpAddress{}.bytes();
    return own.address == address || address.bytes() == IpAddress{}.bytes() || (any && kLoopback.contains(address));
  });
}

std::optional<std::string> AddressGuard::refusePort(std::uint16_t port) const {
  const bool allowed = std::any_of(ports_.begin(), ports_.end(),
                                   [port](const auto& range) { return port >= range.first && port <= range.last; });
  if (allowed) return std::nullopt;
  return "Port " + std::to_string(port) + " is not among Egress:AllowedPorts.";
}

std::optional<std::string> AddressGuard::refuseAlways(const IpAddress& address, std::uint16_t port) const {
  if (isMetadata(address)) {
    return address.text() + " is a cloud metadata service, which is never called; no setting allows it.";
  }
  if (isOwnListener(address, port)) {
    return "Port " + std::to_string(port) + " at " + address.text() +
           " belongs to Lull itself (a listener or its Redis), which is never called; no setting allows it.";
  }
  return std::nullopt;
}

std::optional<std::string> AddressGuard::refuseUnlessAllowed(std::string_view host, const IpAddress& address) const {
  if ((!isSpecial(address) && !trustedOnly_) || networkIsAllowed(address) || hostIsAllowed(host)) return std::nullopt;
  if (trustedOnly_) {
    return address.text() + " is not in Egress:AllowedNetworks, nor the name among Egress:AllowedHosts, as " +
           "Delivery:Transport=CppRest needs it even for public addresses.";
  }
  return address.text() + " is not a public address; add its network to Egress:AllowedNetworks, or the name to " +
         "Egress:AllowedHosts, to allow it.";
}

std::optional<std::string> AddressGuard::refuse(std::string_view host, const IpAddress& address,
                                                std::uint16_t port) const {
  if (auto refused = refusePort(port)) return refused;
  if (auto refused = refuseAlways(address, port)) return refused;
  const auto inside = embeddedV4(address);
  for (const auto& inner : inside) {
    if (auto refused = refuseAlways(inner, port)) return refused;
  }
  if (auto refused = refuseUnlessAllowed(host, address)) return refused;
  // An allowed translator must not open the private network behind it.
  if (inside.empty() || trustedOnly_) return std::nullopt;
  auto refused = refuseUnlessAllowed(host, inside.front());
  if (refused) refused = address.text() + " leads to an IPv4 address: " + *refused;
  return refused;
}

}  // namespace lull::net
