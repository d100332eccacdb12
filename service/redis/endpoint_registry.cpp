#include "endpoint_codec.hpp"
#include "keys.hpp"
#include "packing.hpp"
#include "purge.hpp"
#include "random_id.hpp"
#include "stats_codec.hpp"

#include <lull/redis/endpoint_registry.hpp>
#include <lull/runtime/log.hpp>

namespace lull::redis {

namespace {

constexpr auto kIdempotencyWindow = std::chrono::hours(24);

Error unreadable(const UnreadableValue& why) {
  return {ErrorCode::Internal,
          std::string("The endpoint registry holds what this version cannot read: ") + why.what() + "."};
}

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
  return "ep_" + time + randomId(11);
}

// What endpoint_replace.lua takes for `enabled`.
std::string enabling(const Registration& registration, ports::Resume resume) {
  if (!registration.enabled) return "0";
  return resume == ports::Resume::Always ? "2" : "1";
}

std::string number(Instant at) {
  return std::to_string(millisOf(at));
}

// For who reads one endpoint to see or change it: without its values neither is possible.
Result<Endpoint> readable(Endpoint endpoint) {
  if (!endpoint.unreadable.empty()) return Error{ErrorCode::Internal, std::move(endpoint.unreadable)};
  return endpoint;
}

}  // namespace

// Four items of registry.lua's reply: id, blob, version, paused reason.
Endpoint EndpointRegistry::fromReply(const std::vector<Reply>& items, std::size_t at) const {
  auto endpoint = readEndpoint(items.at(at).text, items.at(at + 1).text, sealer_);
  endpoint.version = std::stoull(items.at(at + 2).text);
  endpoint.registration.enabled = items.at(at + 3).text.empty();
  return endpoint;
}

ports::SnapshotPtr EndpointRegistry::cached() const {
  return *cached_.lock();
}

Result<ports::SnapshotPtr> EndpointRegistry::current() {
  const Keys keys(store_.prefix());
  std::unique_lock loading(loading_, std::defer_lock);
  while (true) {
    const auto known = cached();
    auto listed = store_.run("registry", {keys.meta(), keys.registrations()},
                             {known->revision == 0 ? "" : std::to_string(known->revision)});
    if (!listed) return listed.error();
    if (std::stoull(listed->items.at(0).text) == known->revision) return known;
    if (!loading.owns_lock()) {
      loading.lock();  // Another thread may have loaded meanwhile: look again.
      continue;
    }
    std::vector<std::string> stateKeys{keys.meta(), keys.registrations()};
    std::vector<std::string> arguments{""};
    for (std::size_t i = 1; i < listed->items.size(); ++i) {
      stateKeys.push_back(keys.state(listed->items[i].text));
      arguments.push_back(listed->items[i].text);
    }
    if (arguments.size() == 1) return adopt(std::move(*listed), *known);
    auto read = store_.run("registry", stateKeys, arguments);
    if (!read) return read.error();
    // An endpoint created between the two calls is missing here: keep the older revision, so that the next look finds
    // it.
    if (read->items.at(0).text != listed->items.at(0).text) continue;
    return adopt(std::move(*read), *known);
  }
}

Result<ports::SnapshotPtr> EndpointRegistry::adopt(Reply reply, const ports::RegistrySnapshot& known) {
  auto fresh = std::make_shared<ports::RegistrySnapshot>();
  fresh->revision = std::stoull(reply.items.at(0).text);
  try {
    for (std::size_t i = 1; i + 3 < reply.items.size(); i += 4) {
      auto endpoint = std::make_shared<const Endpoint>(fromReply(reply.items, i));
      if (!endpoint->unreadable.empty())
        runtime::log(runtime::LogLevel::Error, "Lull.Redis", endpoint->unreadable, {{"endpointId", endpoint->id}});
      fresh->endpoints.emplace(endpoint->id, std::move(endpoint));
    }
  } catch (const UnreadableValue& why) {
    return unreadable(why);
  }
  auto cache = cached_.lock();
  // Another thread may have loaded a newer one meanwhile; revisions only grow, except when the store was emptied.
  if ((*cache)->revision < fresh->revision || fresh->revision < known.revision) *cache = fresh;
  return ports::SnapshotPtr(fresh);
}

Result<ports::CreateOutcome> EndpointRegistry::create(const Registration& registration,
                                                      const ports::CreateIdempotency& idempotency) {
  const Keys keys(store_.prefix());
  const auto now = clock_.now();
  const Endpoint endpoint{newEndpointId(now), registration, now, now, 1};
  const bool idempotent = !idempotency.key.empty();
  const auto fingerprint = idempotent ? digest(idempotency.fingerprint) : "";
  // Stored behind the fingerprint: the id, because the blob does not hold it.
  auto reply = store_.run("endpoint_create",
                          {keys.meta(), keys.registrations(), keys.wakeIndex(), keys.state(endpoint.id),
                           keys.createdBy(), keys.createdByOrder()},
                          {endpoint.id, packEndpoint(endpoint, sealer_), std::to_string(registration.changeTypes),
                           registration.enabled ? "1" : "0", number(now), fingerprint,
                           std::to_string(Millis(kIdempotencyWindow).count()), digest(idempotency.key),
                           std::to_string(most_)});
  if (!reply) return reply.error();
  if (reply->items.at(0).integer == 1) return ports::CreateOutcome{endpoint, false};
  if (reply->items.at(0).integer == 2) {
    return Error{ErrorCode::Conflict, "There are as many endpoints as Limits:Endpoints allows (" +
                                          std::to_string(most_) + "): delete some, or raise it."};
  }
  if (reply->items.at(1).text != fingerprint) {
    return Error{ErrorCode::IdempotencyMismatch,
                 "This Idempotency-Key was used before with another body; use a new key for a new endpoint."};
  }
  try {
    const auto& stored = reply->items.at(2).text;
    const auto packed = std::string_view(stored).substr(endpoint.id.size());
    auto first = readable(readEndpoint(stored.substr(0, endpoint.id.size()), packed, sealer_));
    if (!first) return first.error();
    first->version = 1;
    return ports::CreateOutcome{*std::move(first), true};
  } catch (const UnreadableValue& why) {
    return unreadable(why);
  }
}

Result<Endpoint> EndpointRegistry::replace(const EndpointId& id, std::uint64_t expectedVersion,
                                           const Registration& registration, ports::Resume resume) {
  auto before = find(id);
  if (!before) return before.error();
  const Keys keys(store_.prefix());
  Endpoint endpoint{id, registration, before->createdAt, clock_.now(), expectedVersion};
  auto reply =
      store_.run("endpoint_replace",
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

// Claims of those bits stopped with the replacement itself (claim.lua looks at the mask): this only clears the queue.
// What is in flight ends as it ends; settle.lua lets none of it wait again. A bit that is subscribed again meanwhile
// keeps its messages: some of them may have come since.
Status EndpointRegistry::cancelRemovedBits(const EndpointId& id, std::uint32_t removed) {
  const auto matches = [&](const QueueEntry& entry) {
    return !entry.stored.leased && (entry.stored.message.key.changeType & removed) != 0;
  };
  auto purged = purgeQueue(store_, clock_, id, {matches, false, true});
  if (!purged) return purged.error();
  return Done{};
}

Status EndpointRegistry::remove(const EndpointId& id, std::optional<std::uint64_t> expectedVersion) {
  const Keys keys(store_.prefix());
  const auto endpoint = find(id);
  if (!endpoint && endpoint.error().code == ErrorCode::NotFound) return endpoint.error();
  // For the people who look at its dead letters later. A full Redis refuses the name, not the deletion.
  if (endpoint) (void)store_.call({"HSET", keys.deletedNames(), id, endpoint->registration.name});
  auto reply = store_.run("endpoint_remove",
                          {keys.meta(), keys.registrations(), keys.wakeIndex(), keys.counters(), keys.queue(id),
                           keys.messages(id), keys.leases(id), keys.state(id), keys.history(id), keys.attempts(id)},
                          {id, expectedVersion ? std::to_string(*expectedVersion) : ""});
  if (!reply) return reply.error();
  if (reply->integer == -2) return unknownEndpoint();
  if (reply->integer == -1) return changedMeanwhile();
  return Done{};
}

Result<Endpoint> EndpointRegistry::find(const EndpointId& id) {
  const Keys keys(store_.prefix());
  auto reply = store_.run("registry", {keys.meta(), keys.registrations(), keys.state(id)}, {"", id});
  if (!reply) return reply.error();
  if (reply->items.size() < 5) return unknownEndpoint();
  try {
    return readable(fromReply(reply->items, 1));
  } catch (const UnreadableValue& why) {
    return unreadable(why);
  }
}

Result<std::vector<EndpointState>> EndpointRegistry::states(const std::vector<EndpointId>& ids) {
  auto report = readStats(store_, clock_.now(), ids);
  if (!report) return report.error();
  return std::move(report->states);
}

}  // namespace lull::redis
