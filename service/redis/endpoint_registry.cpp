#include "endpoint_codec.hpp"
#include "key_digest.hpp"
#include "packing.hpp"
#include "purge.hpp"
#include "reply_reader.hpp"
#include "stats_codec.hpp"

#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/keys.hpp>
#include <lull/text/random.hpp>

#include <algorithm>

namespace lull::redis {

namespace {

constexpr auto kIdempotencyWindow = std::chrono::hours(24);

Error unknownEndpoint() {
  return {ErrorCode::NotFound, "There is no endpoint with this id."};
}

Error changedMeanwhile() {
  return {ErrorCode::Conflict, "The endpoint was changed by someone else meanwhile; read it again."};
}

// Ids ascend in order of creation (the map of a snapshot lists them so): 9 characters of time, 11 at random.
EndpointId newEndpointId(Instant now) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string time(9, '0');
  auto rest = static_cast<std::uint64_t>(millisOf(now));
  for (auto digit = time.rbegin(); digit != time.rend(); ++digit, rest /= 36) *digit = kDigits[rest % 36];
  return "ep_" + time + text::randomId(11);
}

// What endpoint_replace.lua takes for `enabled`.
std::string enabling(const Registration& registration, ports::Resume resume) {
  if (!registration.enabled) return "0";
  return resume == ports::Resume::Always ? "2" : "1";
}

std::string number(Instant at) {
  return std::to_string(millisOf(at));
}

struct Listed {
  std::uint64_t revision = 0;
  std::vector<EndpointId> ids;
};

Listed idsIn(const Reply& reply) {
  const ReplyItems items(reply);
  Listed listed{unsignedOf(items.text(0)), {}};
  for (std::size_t i = 2; i < items.size(); ++i) listed.ids.push_back(items.text(i));
  return listed;
}

/// What endpoint_create.lua answered: stored as asked, no room, or what an earlier call stored.
struct Created {
  bool fresh = false;
  bool full = false;
  std::string fingerprint;
  std::string stored;
};

Created createdIn(const Reply& reply) {
  const ReplyItems items(reply);
  Created created{items.integer(0) == 1, items.integer(0) == 2, {}, {}};
  if (created.fresh || created.full) return created;
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

// Five items of the reply of registry.lua: id, blob, version, paused reason, mask. A registration that cannot be read
// still gives an endpoint with its queue, to which nothing is sent: an operator has to decide what becomes of it.
Endpoint EndpointRegistry::fromReply(const ReplyItems& items, std::size_t at) const {
  Endpoint endpoint;
  try {
    endpoint = readEndpoint(items.text(at), items.text(at + 1), sealer_);
  } catch (const UnreadableValue& why) {
    endpoint.id = items.text(at);
    endpoint.damaged = true;
    endpoint.unreadable = std::string("The registration of this endpoint cannot be read: ") + why.what() +
                          ". Its notifications wait; delete it and register it again, or restore the value in Redis.";
    endpoint.registration.name = "(unreadable)";
    endpoint.registration.changeTypes = static_cast<std::uint32_t>(unsignedOr0(items.text(at + 4)));
  }
  endpoint.version = unsignedOr0(items.text(at + 2));
  endpoint.registration.enabled = items.text(at + 3).empty();
  return endpoint;
}

ports::SnapshotPtr EndpointRegistry::cached() const {
  return cached_.lock()->snapshot;
}

ports::SubscribersPtr EndpointRegistry::subscribers() const {
  return cached_.lock()->subscribers;
}

Status EndpointRegistry::refresh() {
  auto loaded = current();
  if (!loaded) return std::move(loaded).error();
  return Done{};
}

Result<ports::SnapshotPtr> EndpointRegistry::current() {
  const auto& keys = shard_.keys();
  std::unique_lock loading(loading_, std::defer_lock);
  while (true) {
    const auto known = *cached_.lock();
    const auto revision = known.snapshot->revision;
    auto listed =
        shard_.run("registry", {keys.meta(), keys.registrations()}, {revision == 0 ? "" : std::to_string(revision)});
    if (!listed) return listed.error();
    const auto ids = readReply("The endpoint registry", [&] { return idsIn(*listed); });
    if (!ids) return ids.error();
    if (ids->revision == revision) return known.snapshot;
    if (!loading.owns_lock()) {
      loading.lock();  // Another thread may have loaded meanwhile: look again.
      continue;
    }
    if (ids->ids.empty()) return adopt(*listed, known);
    std::vector<std::string> stateKeys{keys.meta(), keys.registrations()};
    std::vector<std::string> arguments{""};
    for (const auto& id : ids->ids) {
      stateKeys.push_back(keys.state(id));
      arguments.push_back(id);
    }
    auto read = shard_.run("registry", stateKeys, arguments);
    if (!read) return read.error();
    const auto again = readReply("The endpoint registry", [&] { return unsignedOf(ReplyItems(*read).text(0)); });
    if (!again) return again.error();
    // An endpoint created between the two calls is missing here. The older revision is kept, so that the next look
    // finds the endpoint.
    if (*again != ids->revision) continue;
    return adopt(*read, known);
  }
}

Result<ports::SnapshotPtr> EndpointRegistry::adopt(const Reply& reply, const Cache& known) {
  const auto read = readReply("The endpoint registry", [&] {
    const ReplyItems items(reply);
    auto fresh = std::make_shared<ports::RegistrySnapshot>();
    auto list = std::make_shared<ports::SubscriberList>();
    list->revision = fresh->revision = unsignedOf(items.text(0));
    for (std::size_t i = 2; i + 4 < items.size(); i += 5) {
      auto endpoint = std::make_shared<const Endpoint>(fromReply(items, i));
      fresh->endpoints.emplace(endpoint->id, std::move(endpoint));
    }
    for (const auto& [id, endpoint] : fresh->endpoints)
      list->subscribers.push_back({id, endpoint->registration.changeTypes});
    return Cache{std::move(fresh), std::move(list), items.text(1)};
  });
  if (!read) return read.error();
  {
    auto cache = cached_.lock();
    // Another thread may have loaded a newer one meanwhile; revisions only grow, except when the store was emptied.
    const auto revision = read->snapshot->revision;
    if (cache->snapshot->revision < revision || revision < known.snapshot->revision) *cache = *read;
  }
  tellChanges(known, *read);
  return read->snapshot;
}

// A registration that cannot be read stays where it is, so that it can be repaired; a copy is set aside.
void EndpointRegistry::keepDamaged(const EndpointId& id) {
  const auto key = shard_.keys().registrations();
  const auto blob = shard_.call({"HGET", key, id});
  if (!blob || blob->kind != Reply::Kind::String) return;
  shard_.setValueAside(key, {"registration|" + id, id, blob->text, false}, "", "");
}

// Raises the alerts, once for each change.
void EndpointRegistry::tellChanges(const Cache& known, const Cache& fresh) {
  if (alerts_ == nullptr) return;
  const auto& before = known.snapshot->endpoints;
  for (const auto& [id, endpoint] : fresh.snapshot->endpoints) {
    if (endpoint->unreadable.empty()) continue;
    const auto earlier = before.find(id);
    if (earlier != before.end() && earlier->second->unreadable == endpoint->unreadable) continue;
    if (endpoint->damaged) keepDamaged(id);
    alerts_->raise(ports::AlertKind::Unreadable, id, endpoint->unreadable);
  }
  if (known.born.empty() || known.born == fresh.born) return;
  const auto gone = std::ranges::count_if(
      before, [&](const auto& entry) { return !fresh.snapshot->endpoints.contains(entry.first); });
  if (gone == 0) return;
  alerts_->raise(ports::AlertKind::RegistryLost, "registrations",
                 "Redis was emptied while Lull ran: " + std::to_string(gone) +
                     " endpoint registrations are gone, with their queues and dead letters. Restore the data of Redis, "
                     "or register the endpoints again.");
}

Result<ports::CreateOutcome> EndpointRegistry::create(const Registration& registration,
                                                      const ports::CreateIdempotency& idempotency) {
  const auto& keys = shard_.keys();
  const auto now = shard_.now();
  const Endpoint endpoint{newEndpointId(now), registration, now, now, 1};
  const bool idempotent = !idempotency.key.empty();
  const auto fingerprint = idempotent ? keyDigest(idempotency.fingerprint) : "";
  // Stored behind the fingerprint: the id, because the blob does not hold it.
  auto reply = shard_.run(
      "endpoint_create",
      {keys.meta(), keys.registrations(), keys.state(endpoint.id), keys.createdBy(), keys.createdByOrder()},
      {endpoint.id, packEndpoint(endpoint, sealer_), std::to_string(registration.changeTypes),
       registration.enabled ? "1" : "0", number(now), fingerprint, std::to_string(Millis(kIdempotencyWindow).count()),
       keyDigest(idempotency.key), std::to_string(most_)});
  if (!reply) return reply.error();
  const auto earlier = readReply("The answer to a registration", [&] { return createdIn(*reply); });
  if (!earlier) return earlier.error();
  if (earlier->full) {
    return Error{ErrorCode::Conflict, "There are as many endpoints as Limits:Endpoints allows (" +
                                          std::to_string(most_) + "): delete some, or raise it."};
  }
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
  Endpoint endpoint{id, registration, before->createdAt, shard_.now(), expectedVersion};
  auto reply =
      shard_.run("endpoint_replace",
                 {keys.meta(), keys.registrations(), keys.wakeIndex(), keys.state(id), keys.queue(id), keys.leases(id)},
                 {id, packEndpoint(endpoint, sealer_), std::to_string(registration.changeTypes),
                  enabling(registration, resume), number(endpoint.updatedAt), std::to_string(expectedVersion)});
  if (!reply) return reply.error();
  if (reply->integer == -2) return unknownEndpoint();
  if (reply->integer == -1) return changedMeanwhile();
  endpoint.version = static_cast<std::uint64_t>(reply->integer);
  const auto removed = before->registration.changeTypes & ~registration.changeTypes;
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
  const auto& keys = shard_.keys();
  const auto endpoint = find(id);
  if (!endpoint && endpoint.error().code == ErrorCode::NotFound) return endpoint.error();
  auto reply = shard_.run(
      "endpoint_remove",
      {keys.meta(), keys.registrations(), keys.wakeIndex(), keys.counters(), keys.queue(id), keys.messages(id),
       keys.leases(id), keys.state(id), keys.history(id), keys.attempts(id), keys.letters(id), keys.deletedNames()},
      {id, expectedVersion ? std::to_string(*expectedVersion) : "", endpoint ? endpoint->registration.name : ""});
  if (!reply) return reply.error();
  if (reply->integer == -2) return unknownEndpoint();
  if (reply->integer == -1) return changedMeanwhile();
  return Done{};
}

Result<Endpoint> EndpointRegistry::find(const EndpointId& id) {
  const auto& keys = shard_.keys();
  auto reply = shard_.run("registry", {keys.meta(), keys.registrations(), keys.state(id)}, {"", id});
  if (!reply) return reply.error();
  auto found = readReply("The endpoint registry", [&] {
    const ReplyItems items(*reply);
    return items.size() < 7 ? std::nullopt : std::optional(fromReply(items, 2));
  });
  if (!found) return found.error();
  if (!*found) return unknownEndpoint();
  return readable(**std::move(found));
}

Result<std::vector<EndpointState>> EndpointRegistry::states(const std::vector<EndpointId>& ids) {
  return readStates(shard_, shard_.now(), ids);
}

}  // namespace lull::redis
