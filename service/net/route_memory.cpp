#include "route_memory.hpp"

#include <algorithm>

namespace lull::net {

std::vector<IpAddress> RouteMemory::ordered(const std::string& origin, const std::vector<IpAddress>& addresses) const {
  if (addresses.size() < 2) return addresses;
  auto families = addresses;
  const bool first = addresses.front().isV4();
  const auto others = std::stable_partition(families.begin(), families.end(),
                                            [first](const IpAddress& address) { return address.isV4() == first; });
  std::vector<IpAddress> result;
  result.reserve(addresses.size());
  auto one = families.begin();
  auto other = others;
  while (one != others || other != families.end()) {
    if (one != others) result.push_back(*one++);
    if (other != families.end()) result.push_back(*other++);
  }
  const auto known = answered_.find(origin);
  if (known == answered_.end()) return result;
  const auto preferred = std::find(result.begin(), result.end(), known->second);
  if (preferred != result.end()) std::rotate(result.begin(), preferred, preferred + 1);
  return result;
}

void RouteMemory::answered(const std::string& origin, const IpAddress& address) {
  const auto known = answered_.find(origin);
  if (known != answered_.end()) {
    known->second = address;
    return;
  }
  if (answered_.size() >= kMost) answered_.erase(answered_.begin());
  answered_.emplace(origin, address);
}

void RouteMemory::failed(const std::string& origin, const IpAddress& address) {
  const auto known = answered_.find(origin);
  if (known != answered_.end() && known->second == address) answered_.erase(known);
}

}  // namespace lull::net
