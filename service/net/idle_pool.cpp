#include "idle_pool.hpp"

#include <algorithm>

namespace lull::net {

IdlePool::~IdlePool() {
  while (dropOldest()) {
  }
}

IdlePool::Kept IdlePool::take(const std::string& origin, const std::vector<IpAddress>& addresses) {
  const auto here = byOrigin_.find(origin);
  if (here == byOrigin_.end()) return nullptr;
  const auto places = here->second;  // a copy, because remove() changes the original
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    const auto& address = (*place)->connection->address();
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) continue;
    auto connection = remove(*place);
    if (connection->isSilent()) return connection;
    connection->close();
  }
  return nullptr;
}

void IdlePool::put(Kept connection, Time now) {
  if (limits_.all == 0 || limits_.perOrigin == 0) return connection->close();
  const auto here = byOrigin_.find(connection->origin());
  if (here != byOrigin_.end() && here->second.size() >= limits_.perOrigin) remove(here->second.front())->close();
  while (waiting_.size() >= limits_.all) dropOldest();
  auto& places = byOrigin_[connection->origin()];
  waiting_.push_back({std::move(connection), now});
  places.push_back(std::prev(waiting_.end()));
}

void IdlePool::drop(const Poolable& connection) {
  const auto here = byOrigin_.find(connection.origin());
  if (here == byOrigin_.end()) return;
  const auto place = std::find_if(here->second.begin(), here->second.end(),
                                  [&](Place each) { return each->connection.get() == &connection; });
  if (place != here->second.end()) remove(*place)->close();
}

void IdlePool::dropIf(const std::function<bool(const Poolable&)>& matches) {
  for (auto place = waiting_.begin(); place != waiting_.end();) {
    const auto each = place++;
    if (matches(*each->connection)) remove(each)->close();
  }
}

bool IdlePool::dropOldest() {
  if (waiting_.empty()) return false;
  remove(waiting_.begin())->close();
  return true;
}

std::optional<IdlePool::Time> IdlePool::expire(Time now) {
  while (!waiting_.empty() && waiting_.front().since + limits_.age <= now) dropOldest();
  if (waiting_.empty()) return std::nullopt;
  return waiting_.front().since + limits_.age;
}

IdlePool::Kept IdlePool::remove(Place place) {
  auto connection = std::move(place->connection);
  const auto here = byOrigin_.find(connection->origin());
  // The newest are removed most often.
  const auto entry = std::find(here->second.rbegin(), here->second.rend(), place);
  here->second.erase(std::next(entry).base());
  if (here->second.empty()) byOrigin_.erase(here);
  waiting_.erase(place);
  return connection;
}

}  // namespace lull::net
