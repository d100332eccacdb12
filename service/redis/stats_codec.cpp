#include "stats_codec.hpp"

#include "keys.hpp"

#include <algorithm>

namespace lull::redis {

namespace {

constexpr std::string_view kRemovedPrefix = "removed_";

void readCounters(const std::vector<Reply>& items, ports::FleetCounters& counters) {
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const auto& name = items[i].text;
    const auto value = std::stoull(items[i + 1].text);
    if (name == "accepted") counters.eventsAccepted = value;
    if (name == "coalesced") counters.eventsCoalesced = value;
    if (name == "created") counters.created = value;
    if (name == "revived") counters.revived = value;
    if (name == "delivered") counters.delivered = value;
    if (name == "superseded") counters.superseded = value;
    if (name == "deadLettered") counters.deadLettered = value;
    if (name == "cancelled") counters.cancelled = value;
    if (name.starts_with(kRemovedPrefix)) counters.deadLettersRemoved[name.substr(kRemovedPrefix.size())] = value;
  }
}

EndpointState readEndpoint(const std::vector<Reply>& items) {
  EndpointState state;
  state.queueDepth = static_cast<std::uint64_t>(items.at(0).integer);
  state.inFlight = static_cast<std::uint64_t>(items.at(1).integer);
  state.deadLetters = static_cast<std::uint64_t>(items.at(2).integer);
  if (items.at(4).integer >= 0) state.nextAttemptAt = instantOf(items.at(4).integer);
  state.pausedReason = parsePausedReason(items.at(5).text).value_or(PausedReason::Operator);
  state.breakerOpen = items.at(6).integer != 0;
  state.consecutiveFailures = static_cast<std::uint32_t>(items.at(7).integer);
  if (!items.at(8).text.empty()) state.lastSuccessAt = instantOf(std::stoll(items.at(8).text));
  state.lastError = items.at(9).text;
  return state;
}

}  // namespace

Result<StatsReport> readStats(Store& store, Instant now, const std::vector<EndpointId>& ids) {
  const Keys names(store.prefix());
  std::vector<std::string> keys{names.counters(), names.windowIndex(), names.letterIndex()};
  for (const auto& id : ids) {
    keys.insert(keys.end(),
                {names.queue(id), names.messages(id), names.leases(id), names.state(id), names.letters(id)});
  }
  auto reply = store.run("stats", keys, {std::to_string(millisOf(now))});
  if (!reply) return reply.error();
  StatsReport report;
  auto& counters = report.counters;
  counters.windowsOpen = static_cast<std::uint64_t>(reply->items.at(0).integer);
  counters.deadLetters = static_cast<std::uint64_t>(reply->items.at(2).integer);
  readCounters(reply->items.at(3).items, counters);
  const auto ageOf = [&](std::int64_t due) { return due < 0 ? Millis{0} : std::max(now - instantOf(due), Millis{0}); };
  counters.oldestDueAge = ageOf(reply->items.at(1).integer);
  for (std::size_t i = 4; i < reply->items.size(); ++i) {
    const auto& items = reply->items[i].items;
    counters.oldestDueAge = std::max(counters.oldestDueAge, ageOf(items.at(3).integer));
    report.states.push_back(readEndpoint(items));
    counters.pending += report.states.back().queueDepth;
    counters.inFlight += report.states.back().inFlight;
  }
  return report;
}

}  // namespace lull::redis
