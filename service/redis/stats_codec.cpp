#include "stats_codec.hpp"

#include "keys.hpp"
#include "reply_reader.hpp"

#include <algorithm>

namespace lull::redis {

namespace {

constexpr std::string_view kRemovedPrefix = "removed_";

void readCounters(const ReplyItems& items, ports::FleetCounters& counters) {
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const auto& name = items.text(i);
    const auto value = unsignedOr0(items.text(i + 1));
    if (name == "accepted") counters.eventsAccepted = value;
    if (name == "coalesced") counters.eventsCoalesced = value;
    if (name == "created") counters.created = value;
    if (name == "revived") counters.revived = value;
    if (name == "delivered") counters.delivered = value;
    if (name == "superseded") counters.superseded = value;
    if (name == "deadLettered") counters.deadLettered = value;
    if (name == "unreadable") counters.unreadable = value;
    if (name == "cancelled") counters.cancelled = value;
    if (name.starts_with(kRemovedPrefix)) counters.deadLettersRemoved[name.substr(kRemovedPrefix.size())] = value;
  }
}

EndpointState readEndpoint(const ReplyItems& items) {
  EndpointState state;
  state.queueDepth = items.count(0);
  state.inFlight = items.count(1);
  state.deadLetters = items.count(2);
  if (items.integer(4) >= 0) state.nextAttemptAt = instantOf(items.integer(4));
  state.pausedReason = parsePausedReason(items.text(5)).value_or(PausedReason::Operator);
  state.breakerOpen = items.integer(6) != 0;
  state.consecutiveFailures = static_cast<std::uint32_t>(items.count(7));
  if (const auto success = unsignedOr0(items.text(8)); success != 0)
    state.lastSuccessAt = instantOf(static_cast<std::int64_t>(success));
  state.lastError = items.text(9);
  return state;
}

StatsReport reportIn(const Reply& reply, Instant now, std::size_t endpoints) {
  const ReplyItems items(reply);
  StatsReport report;
  auto& counters = report.counters;
  counters.windowsOpen = items.count(0);
  counters.deadLetters = items.count(2);
  readCounters(items.items(3), counters);
  const auto ageOf = [&](std::int64_t due) { return due < 0 ? Millis{0} : std::max(now - instantOf(due), Millis{0}); };
  counters.oldestDueAge = ageOf(items.integer(1));
  for (std::size_t i = 4; i < 4 + endpoints; ++i) {
    const auto endpoint = items.items(i);
    counters.oldestDueAge = std::max(counters.oldestDueAge, ageOf(endpoint.integer(3)));
    report.states.push_back(readEndpoint(endpoint));
    counters.pending += report.states.back().queueDepth;
    counters.inFlight += report.states.back().inFlight;
  }
  return report;
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
  return readReply("The statistics", [&] { return reportIn(*reply, now, ids.size()); });
}

}  // namespace lull::redis
