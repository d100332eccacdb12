#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lull::net {

/// Where Lull may call: the typed form of `Egress:*`, as the composition root maps it. Plain data.
struct EgressRules {
  /// Inclusive at both ends.
  struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
  };
  /// An address that this process, or its Redis, listens on. "0.0.0.0" and "::" stand for every address of this
  /// machine.
  struct OwnListener {
    std::string address;  ///< an IP literal without brackets
    std::uint16_t port = 0;
  };

  std::vector<std::string> allowedNetworks{};  ///< CIDR text, "10.0.0.0/8"; a bare address is one host
  std::vector<std::string> allowedHosts{};     ///< ".suffix" matches every name below it, "name" only itself
  std::vector<PortRange> allowedPorts{};       ///< empty: none is allowed
  bool trustedOnly = false;  ///< public addresses need a rule of the first two, too: the transport is a weak one
  std::vector<OwnListener> ownListeners{};  ///< and the Redis that belongs to us: refused whatever the rules above say
};

}  // namespace lull::net
