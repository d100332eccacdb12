#include "confirms.hpp"

#include <algorithm>
#include <utility>

namespace lull::rabbit {

void Confirms::add(DeliveryPtr delivery) {
  open_.emplace_hint(open_.end(), ++last_, Ended{std::move(delivery), std::nullopt});
}

std::size_t Confirms::awaited() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(open_, [](const auto& entry) { return !entry.second.delivery->ended(); }));
}

void Confirms::noteReturn(std::string_view messageId, Returned returned) {
  const auto found = std::ranges::find_if(open_, [&](const auto& entry) {
    return !entry.second.returned && entry.second.delivery->message().messageId == messageId;
  });
  if (found != open_.end()) found->second.returned = std::move(returned);
}

Confirms::Ended Confirms::take(std::map<std::uint64_t, Ended>::iterator place) {
  auto ended = std::move(place->second);
  open_.erase(place);
  return ended;
}

std::vector<Confirms::Ended> Confirms::confirm(std::uint64_t tag, bool multiple) {
  std::vector<Ended> ended;
  if (!multiple) {
    if (const auto found = open_.find(tag); found != open_.end()) ended.push_back(take(found));
    return ended;
  }
  while (!open_.empty() && (tag == 0 || open_.begin()->first <= tag)) ended.push_back(take(open_.begin()));
  return ended;
}

std::vector<DeliveryPtr> Confirms::takeAll() {
  std::vector<DeliveryPtr> all;
  all.reserve(open_.size());
  for (auto& [tag, entry] : open_) all.push_back(std::move(entry.delivery));
  open_.clear();
  last_ = 0;
  return all;
}

}  // namespace lull::rabbit
