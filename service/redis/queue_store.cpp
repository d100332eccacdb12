#include "keys.hpp"
#include "message_codec.hpp"
#include "packing.hpp"

#include <lull/redis/queue_store.hpp>

#include <map>

namespace lull::redis {

namespace {

/// How many ready endpoints a claim names for the next one.
constexpr std::size_t kMostReady = 256;
constexpr std::int64_t kProbeFlag = 1;
constexpr std::int64_t kExpiredFlag = 2;
constexpr std::int64_t kPoisonedFlag = 4;

std::string actionCode(ports::SettleAction action) {
  switch (action) {
    case ports::SettleAction::Complete:
      return "c";
    case ports::SettleAction::Reschedule:
      return "r";
    case ports::SettleAction::Park:
      return "p";
    case ports::SettleAction::Bury:
      return "b";
    case ports::SettleAction::Release:
      return "x";
    case ports::SettleAction::PauseGone:
      return "g";
    case ports::SettleAction::PauseRefused:
      return "e";
  }
  return "x";
}

// What is kept per failed attempt: the log and a dead letter's history stay bounded whatever a receiver answers.
AttemptRecord bounded(AttemptRecord attempt) {
  constexpr std::size_t kExcerpt = 512;
  constexpr std::size_t kError = 512;
  if (attempt.outcome == Outcome::Delivered) attempt.responseExcerpt.clear();
  if (attempt.responseExcerpt.size() > kExcerpt) attempt.responseExcerpt.resize(kExcerpt);
  if (attempt.error.size() > kError) attempt.error.resize(kError);
  return attempt;
}

// A sentence for the endpoint's lastError, whether or not a status came back.
std::string lastErrorOf(const std::optional<AttemptRecord>& attempt) {
  if (!attempt || attempt->outcome == Outcome::Delivered) return {};
  if (!attempt->error.empty()) return bounded(*attempt).error;
  return attempt->status ? "The receiver answered " + std::to_string(*attempt->status) + "." : std::string{};
}

// The numbers of a settlement, as settle.lua unpacks them.
std::string factsOf(const ports::Settlement& settlement, std::size_t place) {
  const unsigned flags = (settlement.sign == ports::BreakerSign::Failed ? 1U : 0U) + (settlement.probe ? 2U : 0U) +
                         (settlement.sign == ports::BreakerSign::Lives ? 4U : 0U);
  const auto status = settlement.attempt ? settlement.attempt->status.value_or(0) : 0;
  return ByteWriter{}
      .u16(static_cast<std::uint16_t>(place))
      .u64(settlement.token)
      .i64(millisOf(settlement.due))
      .u16(static_cast<std::uint16_t>(settlement.step))
      .u8(static_cast<std::uint8_t>(settlement.reason))
      .u8(static_cast<std::uint8_t>(flags))
      .u16(static_cast<std::uint16_t>(status))
      .take();
}

std::string millisText(Instant at) {
  return std::to_string(millisOf(at));
}

}  // namespace

Result<ports::ClaimBatch> QueueStore::claim(Instant now, const std::vector<ports::ClaimLimit>& limits,
                                            std::uint32_t most) {
  const Keys names(store_.prefix());
  std::vector<std::string> keys{names.meta(), names.counters(), names.wakeIndex()};
  std::vector<std::string> arguments{std::to_string(millisOf(now)),
                                     std::to_string(most),
                                     std::to_string(settings_.maxAge.count()),
                                     std::to_string(settings_.probe.count()),
                                     std::to_string(settings_.firstRetryDelay.count()),
                                     std::to_string(kMostReady)};
  for (const auto& limit : limits) {
    const auto& id = limit.endpoint;
    keys.insert(keys.end(),
                {names.queue(id), names.messages(id), names.leases(id), names.state(id), names.history(id)});
    arguments.insert(arguments.end(), {id, std::to_string(limit.inFlight), std::to_string(limit.most),
                                       std::to_string(limit.lease.count())});
  }
  auto reply = store_.run("claim", keys, arguments);
  if (!reply) return reply.error();
  const auto& items = reply->items;
  ports::ClaimBatch batch;
  batch.registryRevision = static_cast<std::uint64_t>(items.at(0).integer);
  if (items.at(1).integer >= 0) batch.nextWake = instantOf(items.at(1).integer);
  batch.reclaimed = static_cast<std::uint64_t>(items.at(2).integer);
  const auto count = static_cast<std::size_t>(items.at(3).integer);
  const auto epoch = store_.epoch();
  try {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = 4 + 4 * i;
      const auto& limit = limits.at(static_cast<std::size_t>(items.at(at).integer) - 1);
      const auto key = ItemKey::fromPacked(items.at(at + 1).text);
      if (!key) throw UnreadableValue("a queue holds a key that is none");
      auto stored = readMessage(items.at(at + 2).text, *key, epoch, limit.endpoint);
      const auto flags = items.at(at + 3).integer;
      Claim claim;
      claim.endpoint = limit.endpoint;
      claim.message = std::move(stored.message);
      claim.token = stored.token;
      claim.losses = stored.losses;
      claim.step = stored.step;
      claim.entryDue = stored.entryDue;
      claim.broughtForward = now < stored.entryDue;
      claim.lease = limit.lease;
      claim.probe = (flags & kProbeFlag) != 0;
      claim.poisoned = (flags & kPoisonedFlag) != 0;
      claim.expired = (flags & kExpiredFlag) != 0;
      claim.dueAt = stored.windowDue;
      batch.claims.push_back(std::move(claim));
    }
  } catch (const UnreadableValue& why) {
    return Error{ErrorCode::Internal, std::string("A queue holds what this version cannot read: ") + why.what() + "."};
  }
  for (std::size_t i = 4 + 4 * count; i < items.size(); ++i) batch.ready.push_back(items[i].text);
  return batch;
}

Result<std::optional<std::uint64_t>> QueueStore::renew(Instant now, const Claim& claim, Millis lease, bool alone) {
  const Keys names(store_.prefix());
  const auto& id = claim.endpoint;
  auto reply = store_.run("renew", {names.meta(), names.messages(id), names.leases(id), names.state(id)},
                          {millisText(now), claim.message.key.packed(), std::to_string(claim.token),
                           std::to_string(lease.count()), alone ? "1" : "0"});
  if (!reply) return reply.error();
  std::optional<std::uint64_t> revision;
  if (reply->items.at(0).integer == 1) revision = static_cast<std::uint64_t>(reply->items.at(1).integer);
  return revision;
}

Result<ports::SettleOutcome> QueueStore::settle(Instant now, const std::vector<ports::Settlement>& settlements) {
  std::map<EndpointId, std::size_t> places;
  for (const auto& settlement : settlements) places.emplace(settlement.endpoint, 0);
  const Keys names(store_.prefix());
  std::vector<std::string> keys{names.meta(), names.counters(), names.wakeIndex(), names.letterIndex()};
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
    arguments.push_back(id);
  }
  for (const auto& settlement : settlements) {
    const auto& attempt = settlement.attempt;
    arguments.insert(arguments.end(), {actionCode(settlement.action), settlement.key.packed(),
                                       factsOf(settlement, places.at(settlement.endpoint)), lastErrorOf(attempt),
                                       attempt ? packAttempt(bounded(*attempt)) : ""});
  }
  auto reply = store_.run("settle", keys, arguments);
  if (!reply) return reply.error();
  return ports::SettleOutcome{static_cast<std::uint32_t>(reply->items.at(0).integer),
                              static_cast<std::uint32_t>(reply->items.at(1).integer)};
}

}  // namespace lull::redis
