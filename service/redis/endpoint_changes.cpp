#include "endpoint_codec.hpp"
#include "endpoint_removal.hpp"
#include "key_digest.hpp"
#include "packing.hpp"
#include "queue_purge.hpp"
#include "reply_reader.hpp"
#include "stats_codec.hpp"

#include <lull/ports/absent.hpp>
#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/keys.hpp>

/// The half of EndpointRegistry that serves the REST API: it writes registrations and reads them from Redis.
/// endpoint_registry.cpp keeps the snapshot for the loops.
namespace lull::redis {

namespace {

constexpr auto kIdempotencyWindow = std::chrono::hours(24);

Error changedMeanwhile() {
  return {ErrorCode::Stale, "The endpoint was changed by someone else meanwhile; read it again."};
}

// What endpoint_replace.lua takes for `enabled`.
std::string enabling(const Registration& registration, ports::Resume resume) {
  if (!registration.enabled) return resume == ports::Resume::Refused ? "3" : "0";
  return resume == ports::Resume::Always ? "2" : "1";
}

std::string stopOf(const Telling& telling) {
  return telling.onFailure == OnFailure::Stop ? "1" : "0";
}

/// What is unique of an endpoint that has a queue of a broker; empty for any other.
std::string queueDigest(const Registration& registration) {
  const auto digest = [](const auto& target) {
    if (target.queue.empty()) return std::string();
    return keyDigest(std::to_string(target.broker.size()) + ":" + target.broker + target.queue);
  };
  if (const auto* target = registration.rabbit()) return digest(*target);
  if (const auto* target = registration.amqp()) return digest(*target);
  return {};
}

Error queueTaken() {
  const std::string sentence = "Another endpoint has this queue of this broker.";
  return {ErrorCode::Conflict, sentence, {{"/target/queue", sentence}}};
}

/// What endpoint_replace.lua answered.
struct Replaced {
  std::int64_t version = 0;  ///< or why nothing was replaced
  Holdings holdings;
};
constexpr std::int64_t kOtherVersion = -1;
constexpr std::int64_t kNoEndpoint = -2;
constexpr std::int64_t kHoldsSome = -3;
constexpr std::int64_t kOnTheirWay = -4;
constexpr std::int64_t kQueueTaken = -5;

Replaced replacedIn(const Reply& reply) {
  const ReplyItems items(reply);
  Replaced replaced{items.integer(0), {}};
  if (replaced.version == kHoldsSome) replaced.holdings = {items.count(1), items.count(2)};
  return replaced;
}

Error refusedReplacement(const Replaced& replaced, const Telling& stored, const Telling& next) {
  switch (replaced.version) {
    case kNoEndpoint:
      return ports::noSuchEndpoint();
    case kHoldsSome: {
      const auto judged = judgeChange(stored, next, replaced.holdings);
      return judged ? changedMeanwhile() : judged.error();
    }
    case kOnTheirWay:
      return {ErrorCode::Conflict,
              "Accepted events still wait to be given out to endpoints, this one among them; try again in a moment."};
    case kQueueTaken:
      return queueTaken();
    default:
      return changedMeanwhile();
  }
}

std::string number(Instant at) {
  return std::to_string(millisOf(at));
}

/// What endpoint_create.lua answered: stored as asked, no room, its queue is another's, or what an earlier call stored.
struct Created {
  bool fresh = false;
  bool full = false;
  bool queueTaken = false;
  std::string fingerprint;
  std::string stored;
};

Created createdIn(const Reply& reply) {
  const ReplyItems items(reply);
  Created created{items.integer(0) == 1, items.integer(0) == 2, items.integer(0) == 3, {}, {}};
  if (created.fresh || created.full || created.queueTaken) return created;
  created.fingerprint = items.text(1);
  created.stored = items.text(2);
  return created;
}

// For readers of one endpoint who want to show or change it: neither is possible without its values.
Result<Endpoint> readable(Endpoint endpoint) {
  if (!endpoint.unreadable.empty()) return Error{ErrorCode::Internal, std::move(endpoint.unreadable)};
  return endpoint;
}

}  // namespace

Result<ports::CreateOutcome> EndpointRegistry::create(const Registration& registration,
                                                      const ports::CreateIdempotency& idempotency,
                                                      const std::string& owner) {
  if (registration.isMailbox()) {
    return Error{ErrorCode::Conflict, "A mailbox is registered by its client, at the paths of mailboxes."};
  }
  const auto& keys = shard_.keys();
  const auto now = shard_.now();
  const Endpoint endpoint{newEndpointId(now), registration, now, now, 1, owner};
  const bool idempotent = !idempotency.key.empty();
  const auto fingerprint = idempotent ? keyDigest(idempotency.fingerprint) : "";
  // Stored behind the fingerprint: the id, because the blob does not hold it.
  auto reply =
      shard_.run("endpoint_create",
                 {keys.meta(), keys.registrations(), keys.state(endpoint.id), keys.createdBy(), keys.createdByOrder(),
                  keys.queueOwners()},
                 {endpoint.id, packEndpoint(endpoint, sealer_), std::to_string(registration.changeTypes),
                  registration.enabled ? "1" : "0", number(now), fingerprint,
                  std::to_string(Millis(kIdempotencyWindow).count()), keyDigest(idempotency.key), std::to_string(most_),
                  lanesOf(registration.telling), stopOf(registration.telling), queueDigest(registration)});
  if (!reply) return reply.error();
  const auto earlier = readReply("The answer to a registration", [&] { return createdIn(*reply); });
  if (!earlier) return earlier.error();
  if (earlier->full) return tooManyEndpoints(most_);
  if (earlier->queueTaken) return queueTaken();
  if (earlier->fresh) return ports::CreateOutcome{endpoint, false};
  const auto& stored = earlier->stored;
  if (earlier->fingerprint != fingerprint) {
    return Error{ErrorCode::IdempotencyMismatch,
                 "This Idempotency-Key was used before with another body; use a new key for a new endpoint."};
  }
  // Behind the fingerprint stands the id, because the blob does not hold it.
  const auto first = readReply("The endpoint registry", [&, &blob = stored] {
    if (blob.size() < endpoint.id.size()) throw UnreadableValue("a stored registration ends too early");
    auto read =
        readEndpoint(blob.substr(0, endpoint.id.size()), std::string_view(blob).substr(endpoint.id.size()), sealer_);
    read.version = 1;
    return read;
  });
  if (!first) return first.error();
  if (auto usable = readable(*first); !usable) return usable.error();
  return ports::CreateOutcome{*first, true};
}

Result<Endpoint> EndpointRegistry::replace(const EndpointId& id, std::uint64_t expectedVersion,
                                           const Registration& registration, ports::Resume resume) {
  auto before = find(id);
  if (!before) return before.error();
  const auto& keys = shard_.keys();
  Endpoint endpoint{id, registration, before->createdAt, shard_.now(), expectedVersion, before->owner};
  if (before->registration.isMailbox()) {
    // All else is its client's.
    endpoint.registration = before->registration;
    endpoint.registration.enabled = registration.enabled;
  }
  const auto& telling = endpoint.registration.telling;
  auto reply = shard_.run("endpoint_replace",
                          {keys.meta(), keys.registrations(), keys.wakeIndex(), keys.state(id), keys.queue(id),
                           keys.leases(id), keys.messages(id), keys.letterOrder(id), keys.stream(), keys.behind(id),
                           keys.heads(id), keys.setAside(id), keys.mailed(), keys.queueOwners()},
                          {id, packEndpoint(endpoint, sealer_), std::to_string(endpoint.registration.changeTypes),
                           enabling(registration, resume), number(endpoint.updatedAt), std::to_string(expectedVersion),
                           lanesOf(telling), stopOf(telling), queueDigest(endpoint.registration)});
  if (!reply) return reply.error();
  const auto replaced = readReply("The answer to a replacement", [&] { return replacedIn(*reply); });
  if (!replaced) return replaced.error();
  if (replaced->version < 0) return refusedReplacement(*replaced, before->registration.telling, telling);
  endpoint.version = static_cast<std::uint64_t>(replaced->version);
  const auto removed = before->registration.changeTypes & ~endpoint.registration.changeTypes;
  if (removed != 0) {
    if (auto cancelled = cancelRemovedBits(id, removed); !cancelled) return cancelled.error();
  }
  return endpoint;
}

// Messages of the removed bits cannot be claimed since the replacement (claim.lua looks at the mask), so this only
// empties the queue. Attempts in flight end as usual, and settle.lua lets none of their messages wait again. A bit to
// which the endpoint has been subscribed again meanwhile keeps its messages, because some may be new.
Status EndpointRegistry::cancelRemovedBits(const EndpointId& id, std::uint32_t removed) {
  const auto matches = [&](const QueueEntry& entry) {
    return !entry.stored.leased && (entry.stored.message.key.changeType & removed) != 0;
  };
  auto purged = purgeQueue(shard_, id, {matches, false, true});
  if (!purged) return purged.error();
  return Done{};
}

Status EndpointRegistry::remove(const EndpointId& id, std::optional<std::uint64_t> expectedVersion) {
  const auto endpoint = find(id);
  if (!endpoint && endpoint.error().code == ErrorCode::NotFound) return endpoint.error();
  Removal removal;
  if (endpoint) removal.epitaph = packEpitaph({endpoint->owner, endpoint->registration.name});
  if (expectedVersion) removal.version = std::to_string(*expectedVersion);
  const auto removed = removeEndpoint(shard_, id, removal);
  if (!removed) return removed.error();
  if (*removed == kNoSuchEndpoint) return ports::noSuchEndpoint();
  if (*removed == kNotAsExpected) return changedMeanwhile();
  return Done{};
}

Result<Endpoint> EndpointRegistry::find(const EndpointId& id) {
  const auto& keys = shard_.keys();
  auto reply = shard_.run("registry", {keys.meta(), keys.registrations(), keys.state(id)}, {"", id});
  if (!reply) return reply.error();
  auto found = readReply("The endpoint registry", [&] {
    const ReplyItems items(*reply);
    return items.size() < 9 ? std::nullopt : std::optional(fromReply(items, 2));
  });
  if (!found) return found.error();
  if (!*found) return ports::noSuchEndpoint();
  return readable(**std::move(found));
}

Result<EndpointIds> EndpointRegistry::registeredBy(const std::string& owner) {
  const auto snapshot = current();
  if (!snapshot) return snapshot.error();
  EndpointIds ids;
  for (const auto& [id, endpoint] : (*snapshot)->endpoints) {
    if (endpoint->owner == owner) ids.insert(id);
  }
  const auto deleted = shard_.call({"HGETALL", shard_.keys().deletedNames()});
  if (!deleted) return deleted.error();
  const auto& items = deleted->items;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (readEpitaph(items[i + 1].text).owner == owner) ids.insert(items[i].text);
  }
  return ids;
}

Result<std::vector<EndpointState>> EndpointRegistry::states(const std::vector<EndpointId>& ids) {
  return readStates(shard_, shard_.now(), ids);
}

Result<std::vector<EndpointState>> EndpointRegistry::statesWithWaits(const std::vector<EndpointId>& ids) {
  constexpr std::size_t kLooks = 10;  // each costs a read of the whole message
  return readStates(shard_, shard_.now(), ids, kLooks);
}

}  // namespace lull::redis
