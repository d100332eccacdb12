#include "overview/fleet_snapshot.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

namespace lull::api {

namespace {

Status addStates(ports::EndpointStore& store, std::vector<EndpointNow>& endpoints) {
  std::vector<EndpointId> ids;
  ids.reserve(endpoints.size());
  for (const auto& one : endpoints) ids.push_back(one.endpoint->id);
  auto states = store.states(ids);
  if (!states) return std::move(states).error();
  for (std::size_t i = 0; i < endpoints.size(); ++i) endpoints[i].state = std::move((*states)[i]);
  return Done{};
}

struct LettersOfEndpoint {
  std::uint64_t open = 0;
  std::uint64_t growing = 0;
};

Status addLetters(ports::LetterGroups& groups, Instant now, std::vector<EndpointNow>& endpoints) {
  ports::GroupFilter filter;
  filter.superseded = false;
  PageRequest everything;
  everything.limit = std::numeric_limits<std::uint32_t>::max();
  const auto found = groups.groups(GroupBy::Cause, filter, everything);
  if (!found) return found.error();
  std::map<EndpointId, LettersOfEndpoint> letters;
  for (const auto& group : found->items) {
    auto& sum = letters[group.endpoint];
    sum.open += group.count;
    if (now - group.lastDeadAt <= FleetSnapshot::kGrowing) ++sum.growing;
  }
  for (auto& one : endpoints) {
    const auto sum = letters.find(one.endpoint->id);
    if (sum == letters.end()) continue;
    one.openLetters = sum->second.open;
    one.groupsGrowing = sum->second.growing;
  }
  return Done{};
}

}  // namespace

Result<std::shared_ptr<const FleetSnapshot>> readFleet(const FleetSources& sources) {
  auto fleet = std::make_shared<FleetSnapshot>();
  fleet->at = sources.clock.now();
  auto counters = sources.stats.counters();
  if (!counters) return std::move(counters).error();
  fleet->counters = *std::move(counters);
  const auto rates = sources.stats.rates();
  if (!rates) return rates.error();
  fleet->rates = *rates;
  const auto known = sources.endpoints.all();
  if (!known) return known.error();
  fleet->endpoints.reserve((*known)->endpoints.size());
  for (const auto& [id, endpoint] : (*known)->endpoints) fleet->endpoints.push_back({endpoint, {}});
  if (auto added = addStates(sources.endpoints, fleet->endpoints); !added) return std::move(added).error();
  if (auto added = addLetters(sources.groups, fleet->at, fleet->endpoints); !added) return std::move(added).error();
  PageRequest newest;
  newest.limit = FleetSnapshot::kMostAlerts;
  auto alerts = sources.alerts.list(newest);
  if (!alerts) return std::move(alerts).error();
  fleet->alerts = std::move(alerts->items);
  return std::shared_ptr<const FleetSnapshot>(std::move(fleet));
}

Need needOf(const EndpointNow& endpoint) {
  const auto reason = endpoint.state.pausedReason;
  if (reason == PausedReason::Operator) return endpoint.openLetters > 0 ? Need::PausedByOperator : Need::None;
  switch (endpoint.state.health()) {
    case Health::Paused:
      return Need::Paused;
    case Health::Open:
      return Need::Open;
    case Health::Failing:
      return Need::Failing;
    case Health::Healthy:
      break;
  }
  return endpoint.openLetters > 0 ? Need::Letters : Need::None;
}

std::vector<const EndpointNow*> needingAttention(const std::vector<const EndpointNow*>& endpoints) {
  std::vector<const EndpointNow*> needing;
  std::ranges::copy_if(endpoints, std::back_inserter(needing),
                       [](const EndpointNow* one) { return needOf(*one) != Need::None; });
  const auto worse = [](const EndpointNow* one, const EndpointNow* other) {
    const auto held = [](const EndpointNow& endpoint) { return endpoint.state.queueDepth + endpoint.openLetters; };
    return std::tuple(needOf(*one), held(*other)) < std::tuple(needOf(*other), held(*one));
  };
  std::ranges::stable_sort(needing, worse);
  return needing;
}

}  // namespace lull::api
