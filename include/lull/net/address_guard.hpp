#pragma once

#include <lull/domain/result.hpp>
#include <lull/net/egress_rules.hpp>
#include <lull/net/ip_address.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::net {

/// Judges where a request may go, on binary addresses and never on their text. Without rules only public unicast
/// addresses pass. Cloud metadata services, our own listeners and our Redis never pass, whatever the rules say. An IPv6
/// address that leads to an IPv4 one (NAT64, 6to4, Teredo, ISATAP, translated) passes only where both do.
/// Constant after construction, safe to share between threads.
class AddressGuard {
 public:
  /// InvalidInput when a network is not a CIDR or a host is not a name; the message says which.
  static Result<AddressGuard> create(const EgressRules& rules);

  /// Why the port is refused, as a sentence that names the setting; empty when it is allowed.
  std::optional<std::string> refusePort(std::uint16_t port) const;
  /// Why a request for `host` (lower case) must not go to this address and port; empty when it may.
  std::optional<std::string> refuse(std::string_view host, const IpAddress& address, std::uint16_t port) const;
  /// True when Egress:AllowedHosts names `host` (lower case), so that it may lead to any address, private ones
  /// included.
  bool hostIsAllowed(std::string_view host) const;

 private:
  struct OwnListener {
    IpAddress address;
    std::uint16_t port = 0;
  };

  AddressGuard() = default;
  Status addOwnListener(const EgressRules::OwnListener& listener);
  std::optional<std::string> refuseAlways(const IpAddress& address, std::uint16_t port) const;
  std::optional<std::string> refuseUnlessAllowed(std::string_view host, const IpAddress& address) const;
  bool networkIsAllowed(const IpAddress& address) const;
  bool isOwnListener(const IpAddress& address, std::uint16_t port) const;

  std::vector<Cidr> networks_;
  std::vector<std::string> hosts_;
  std::vector<EgressRules::PortRange> ports_;
  bool trustedOnly_ = false;
  std::vector<OwnListener> own_;
};

}  // namespace lull::net
