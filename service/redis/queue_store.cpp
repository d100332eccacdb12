#include "claim_codec.hpp"
#include "message_codec.hpp"
#include "packing.hpp"
#include "reply_reader.hpp"
#include "settlement_codec.hpp"

#include <lull/redis/alert_queue.hpp>
#include <lull/redis/keys.hpp>
#include <lull/redis/queue_store.hpp>

#include <map>

namespace lull::redis {

namespace {

// A look finds the endpoints that stand behind many others which are ready but may start nothing.
constexpr std::size_t kMostReadyOfALook = 4096;

void append(std::vector<std::string>& keys, const std::vector<std::string>& more) {
  keys.insert(keys.end(), more.begin(), more.end());
}

std::string millisText(Instant at) {
  return std::to_string(millisOf(at));
}

}  // namespace

Result<ports::ClaimBatch> QueueStore::claim(Instant now, const std::vector<ports::ClaimLimit>& limits,
                                            std::uint32_t most) {
  const auto& names = shard_.keys();
  const auto slot = sign_.slot();
  std::vector<std::string> keys{names.meta(), names.counters(), names.wakeIndex()};
  std::vector<std::string> arguments{std::to_string(millisOf(now)),
                                     std::to_string(most),
                                     std::to_string(settings_.maxAge.count()),
                                     std::to_string(settings_.probe.count()),
                                     std::to_string(settings_.firstRetryDelay.count()),
                                     std::to_string(limits.empty() ? kMostReadyOfALook : kMostReadyNamed),
                                     std::to_string(slot)};
  for (const auto& limit : limits) {
    const auto& id = limit.endpoint;
    keys.insert(keys.end(),
                {names.queue(id), names.messages(id), names.leases(id), names.state(id), names.history(id)});
    append(keys, names.lanes(id));
  }
  append(arguments, limitArguments(limits));
  auto reply = shard_.run("claim", keys, arguments);
  if (!reply) return reply.error();
  auto claimed = readReply("A queue", [&] { return claimedIn(*reply, {now, limits, shard_.epoch(), slot}); });
  if (!claimed) return claimed.error();
  return keepReadable(shard_, *std::move(claimed));
}

Result<std::optional<std::uint64_t>> QueueStore::renew(Instant now, const Claim& claim, Millis lease, bool alone) {
  const auto& names = shard_.keys();
  const auto& id = claim.endpoint;
  auto reply = shard_.run("renew", {names.meta(), names.messages(id), names.leases(id), names.state(id)},
                          {millisText(now), claim.key.packed(), std::to_string(claim.token),
                           std::to_string(lease.count()), alone ? "1" : "0", std::to_string(sign_.slot())});
  if (!reply) return reply.error();
  return readReply("The answer to a renewal", [&] {
    const ReplyItems items(*reply);
    return items.integer(0) == 1 ? std::optional(items.count(1)) : std::nullopt;
  });
}

namespace {

/// The endpoints of a settling call, in the order of the call: what may be claimed of each.
std::map<EndpointId, ports::ClaimLimit> settledEndpoints(const std::vector<ports::Settlement>& settlements,
                                                         const ports::ClaimRequest& next) {
  std::map<EndpointId, ports::ClaimLimit> endpoints;
  for (const auto& settlement : settlements)
    endpoints.try_emplace(settlement.endpoint, ports::ClaimLimit{settlement.endpoint, 0, 0, Millis{0}});
  for (const auto& limit : next.limits) {
    if (const auto found = endpoints.find(limit.endpoint); found != endpoints.end()) found->second = limit;
  }
  return endpoints;
}

}  // namespace

Result<ports::SettleOutcome> QueueStore::settle(Instant now, const std::vector<ports::Settlement>& settlements,
                                                const ports::ClaimRequest& next) {
  const auto& names = shard_.keys();
  const auto slot = sign_.slot();
  std::vector<std::string> keys{names.meta(),        names.counters(),   names.wakeIndex(),
                                names.letterIndex(), names.alertOrder(), names.alerts(),
                                names.groups(),      names.jobs(),       names.retried()};
  std::vector<ports::ClaimLimit> limits;
  std::map<EndpointId, std::size_t> places;
  for (auto& [id, limit] : settledEndpoints(settlements, next)) {
    limits.push_back(limit);
    places.emplace(id, limits.size());
    keys.insert(keys.end(), {names.queue(id), names.messages(id), names.leases(id), names.state(id), names.history(id),
                             names.attempts(id), names.letters(id), names.letterOrder(id)});
    append(keys, names.lanes(id));
  }
  std::vector<std::string> arguments{millisText(now),
                                     std::to_string(settings_.breakerFailures),
                                     std::to_string(settings_.probe.count()),
                                     std::to_string(settings_.maxProbe.count()),
                                     std::to_string(settings_.maxDeadLetters),
                                     std::to_string(settings_.firstRetryDelay.count()),
                                     std::to_string(next.most),
                                     std::to_string(settings_.maxAge.count()),
                                     std::to_string(kMostReadyNamed),
                                     std::to_string(slot),
                                     std::to_string(limits.size())};
  append(arguments, limitArguments(limits));
  for (const auto& settlement : settlements) {
    const auto& attempt = settlement.attempt;
    const auto kept = attempt ? std::optional(boundedAttempt(*attempt)) : std::nullopt;
    arguments.insert(
        arguments.end(),
        {settlement.key.packed(), settlementFacts(settlement, places.at(settlement.endpoint)),
         kept ? kept->sentence : "", kept ? packAttempt(*kept, settlement.endpoint) : "", settlementExtra(settlement)});
  }
  auto reply = shard_.run("settle", keys, arguments);
  if (!reply) return reply.error();
  auto outcome = readReply("The answer to settlements", [&] {
    const ReplyItems items(*reply);
    for (std::size_t i = 3; i + 1 < items.size(); i += 2) logAlert(items.text(i), items.text(i + 1));
    return std::pair(
        ports::SettleOutcome{
            static_cast<std::uint32_t>(items.count(0)), static_cast<std::uint32_t>(items.count(1)), {}},
        claimedIn(items.at(2), {now, limits, shard_.epoch(), slot}));
  });
  if (!outcome) return outcome.error();
  outcome->first.next = keepReadable(shard_, std::move(outcome->second));
  return std::move(outcome->first);
}

}  // namespace lull::redis
