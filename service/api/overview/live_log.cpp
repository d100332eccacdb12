#include "overview/live_log.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace lull::api {

namespace {

bool isNewer(const ports::LoggedAttempt& one, const ports::LoggedAttempt& other) {
  return one.attempt.at > other.attempt.at;
}

/// Whether both are the same line of the same log.
bool isSame(const ports::LoggedAttempt& one, const ports::LoggedAttempt& other) {
  return one.endpoint == other.endpoint && one.attempt.at == other.attempt.at &&
         one.attempt.messageId == other.attempt.messageId && one.attempt.attempt == other.attempt.attempt;
}

/// Adds what is not known yet: of a log that was trimmed down to less than what is known, all comes again.
void addNew(std::vector<ports::LoggedAttempt>& known, std::vector<ports::LoggedAttempt> found) {
  for (auto& one : found) {
    const auto [first, last] = std::equal_range(known.begin(), known.end(), one, isNewer);
    if (std::any_of(first, last, [&](const auto& other) { return isSame(one, other); })) continue;
    one.attempt.responseExcerpt = {};  // is not shown
    known.insert(first, std::move(one));
  }
}

void keepTheNewest(std::vector<ports::LoggedAttempt>& known) {
  std::map<std::string_view, std::size_t> ofOutcome;
  std::erase_if(known, [&](const auto& one) { return ++ofOutcome[outcomeWord(one.attempt)] > LiveLog::kMost; });
}

}  // namespace

Result<std::shared_ptr<const LiveView>> LiveLog::get(const LiveSources& sources,
                                                     const std::optional<std::string>& owner) {
  return kept_.get([&] { return read(sources, owner); });
}

Result<std::shared_ptr<const LiveView>> LiveLog::read(const LiveSources& sources,
                                                      const std::optional<std::string>& owner) {
  const auto snapshot = sources.endpoints.all();
  if (!snapshot) return snapshot.error();
  const auto& endpoints = (*snapshot)->endpoints;
  std::vector<EndpointId> ids;
  for (const auto& [id, endpoint] : endpoints) {
    if (!owner || endpoint->owner == *owner) ids.push_back(id);
  }
  auto view = std::make_shared<LiveView>();
  view->at = sources.clock.now();
  auto found = sources.feed.newest(ids, kMost, marks_);
  if (!found) return std::move(found).error();
  // The log of a deleted endpoint is gone, too.
  std::erase_if(known_, [&](const auto& one) { return !endpoints.contains(one.endpoint); });
  addNew(known_, *std::move(found));
  keepTheNewest(known_);
  for (const auto& one : known_) view->attempts.push_back({one, endpoints.at(one.endpoint)->registration.name});
  return std::shared_ptr<const LiveView>(std::move(view));
}

}  // namespace lull::api
