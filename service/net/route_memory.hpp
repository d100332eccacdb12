#pragma once

#include <lull/net/ip_address.hpp>

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace lull::net {

/// Which address of an origin answered last, and in what order to try the others (RFC 8305 section 4). Not thread-safe.
class RouteMemory {
 public:
  /// Puts the address that answered last first, then the families in turn, beginning with that of the first address.
  std::vector<IpAddress> ordered(const std::string& origin, const std::vector<IpAddress>& addresses) const;
  void answered(const std::string& origin, const IpAddress& address);
  /// The address did not answer: it is not preferred any more.
  void failed(const std::string& origin, const IpAddress& address);

 private:
  static constexpr std::size_t kMost = 4096;
  std::unordered_map<std::string, IpAddress> answered_;
};

}  // namespace lull::net
