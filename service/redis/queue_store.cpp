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

/// How many ready endpoints a claim names for the next one.
constexpr std::size_t kMostReady = 256;
// A look finds the endpoints that stand behind many others which are ready but may start nothing.
constexpr std::size_t kMostReadyOfALook = 4096;
constexpr std::int64_t kProbeFlag = 1;
constexpr std::int64_t kExpiredFlag = 2;
constexpr std::int64_t kPoisonedFlag = 4;

void append(std::vector<std::string>& keys, const std::vector<std::string>& more) {
  keys.insert(keys.end(), more.begin(), more.end());
}

std::string millisText(Instant at) {
  return std::to_string(millisOf(at));
}

struct ClaimCall {
  Instant now;
  const std::vector<ports::ClaimLimit>& limits;
  std::string epoch;
  std::uint32_t slot = 0;
};

Claim claimOf(const ClaimCall& call, const ports::ClaimLimit& limit, const std::string& packedKey,
              const std::string& packed) {
  auto stored = readMessage(packed, readMessageKey(packedKey), call.epoch, limit.endpoint);
  Claim claim;
  claim.key = std::move(stored.key);
  claim.endpoint = limit.endpoint;
  claim.message = std::move(stored.message);
  claim.token = stored.token;
  claim.losses = stored.losses;
  claim.step = stored.step;
  claim.entryDue = stored.entryDue;
  claim.broughtForward = call.now < stored.entryDue;
  claim.lease = limit.lease;
  claim.slot = call.slot;
  claim.dueAt = stored.windowDue;
  return claim;
}

struct Claimed {
  ports::ClaimBatch batch;
  std::vector<Damage> damage;
};

// Four items of claim.lua's reply: place of the endpoint, key, packed message, flags. An item that cannot be read gives
// no claim.
void addClaim(const ReplyItems& items, std::size_t at, const ClaimCall& call, Claimed& claimed) {
  const auto place = items.count(at);
  if (place == 0 || place > call.limits.size()) throw UnreadableValue("a claim of an endpoint that was not asked for");
  const auto& limit = call.limits[place - 1];
  const auto flags = items.integer(at + 3);
  try {
    auto claim = claimOf(call, limit, items.text(at + 1), items.text(at + 2));
    claim.probe = (flags & kProbeFlag) != 0;
    claim.poisoned = (flags & kPoisonedFlag) != 0;
    claim.expired = (flags & kExpiredFlag) != 0;
    claimed.batch.claims.push_back(std::move(claim));
  } catch (const UnreadableValue&) {
    claimed.damage.push_back({Damage::What::Message, limit.endpoint, {{items.text(at + 1), items.text(at + 2)}}});
  }
}

Claimed claimedIn(const Reply& reply, const ClaimCall& call) {
  const ReplyItems items(reply);
  Claimed claimed;
  auto& batch = claimed.batch;
  batch.registryRevision = items.count(0);
  if (items.integer(1) >= 0) batch.nextWake = instantOf(items.integer(1));
  batch.reclaimed = items.count(2);
  const auto end = 4 + 4 * items.count(3);
  for (std::size_t at = 4; at < end; at += 4) addClaim(items, at, call, claimed);
  for (std::size_t i = end; i < items.size(); ++i) {
    if (isDamage(items.at(i))) {
      claimed.damage.push_back(damageIn(items.at(i)));
    } else {
      batch.ready.push_back(items.text(i));
    }
  }
  return claimed;
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
                                     std::to_string(limits.empty() ? kMostReadyOfALook : kMostReady),
                                     std::to_string(slot)};
  for (const auto& limit : limits) {
    const auto& id = limit.endpoint;
    keys.insert(keys.end(),
                {names.queue(id), names.messages(id), names.leases(id), names.state(id), names.history(id)});
    append(keys, names.lanes(id));
    arguments.insert(arguments.end(), {id, std::to_string(limit.inFlight), std::to_string(limit.most),
                                       std::to_string(limit.lease.count())});
  }
  auto reply = shard_.run("claim", keys, arguments);
  if (!reply) return reply.error();
  auto claimed = readReply("A queue", [&] { return claimedIn(*reply, {now, limits, shard_.epoch(), slot}); });
  if (!claimed) return claimed.error();
  // The claims that could be read are delivered even when setting the rest aside fails: the next call meets it again.
  for (const auto& damage : claimed->damage) (void)shard_.setAside(damage);
  return std::move(claimed->batch);
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

Result<ports::SettleOutcome> QueueStore::settle(Instant now, const std::vector<ports::Settlement>& settlements) {
  std::map<EndpointId, std::size_t> places;
  for (const auto& settlement : settlements) places.emplace(settlement.endpoint, 0);
  const auto& names = shard_.keys();
  std::vector<std::string> keys{names.meta(),        names.counters(),   names.wakeIndex(),
                                names.letterIndex(), names.alertOrder(), names.alerts()};
  std::vector<std::string> arguments{std::to_string(millisOf(now)),
                                     std::to_string(settings_.breakerFailures),
                                     std::to_string(settings_.probe.count()),
                                     std::to_string(settings_.maxProbe.count()),
                                     std::to_string(settings_.maxDeadLetters),
                                     std::to_string(settings_.firstRetryDelay.count()),
                                     std::to_string(places.size())};
  std::size_t place = 0;
  for (auto& [id, index] : places) {
    index = ++place;
    keys.insert(keys.end(), {names.queue(id), names.messages(id), names.leases(id), names.state(id), names.history(id),
                             names.attempts(id), names.letters(id), names.letterOrder(id)});
    append(keys, names.lanes(id));
    arguments.push_back(id);
  }
  for (const auto& settlement : settlements) {
    const auto& attempt = settlement.attempt;
    const auto kept = attempt ? std::optional(boundedAttempt(*attempt)) : std::nullopt;
    arguments.insert(arguments.end(),
                     {settlement.key.packed(), settlementFacts(settlement, places.at(settlement.endpoint)),
                      kept ? kept->sentence : "", kept ? packAttempt(*kept) : "", pauseText(settlement.pause)});
  }
  auto reply = shard_.run("settle", keys, arguments);
  if (!reply) return reply.error();
  return readReply("The answer to settlements", [&] {
    const ReplyItems items(*reply);
    for (std::size_t i = 2; i + 1 < items.size(); i += 2) logAlert(items.text(i), items.text(i + 1));
    return ports::SettleOutcome{static_cast<std::uint32_t>(items.count(0)), static_cast<std::uint32_t>(items.count(1))};
  });
}

}  // namespace lull::redis
