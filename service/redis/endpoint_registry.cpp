#include "endpoint_codec.hpp"
#include "packing.hpp"
#include "reply_reader.hpp"

#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/keys.hpp>

#include <algorithm>

namespace lull::redis {

namespace {

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

void enlist(ports::SubscriberList& list, const Endpoint& endpoint, bool hasTurned) {
  const auto& registration = endpoint.registration;
  const ports::Subscriber subscriber{endpoint.id, registration.changeTypes, registration.maxConcurrency,
                                     registration.timeout, !registration.filter.listsNothing()};
  const auto delivery = registration.telling.delivery;
  if (hasTurned && delivery != Delivery::Debounced) list.turned.push_back(subscriber);
  if (delivery == Delivery::Every) list.everyEvent.push_back(subscriber);
  if (delivery == Delivery::Debounced) list.subscribers.push_back(subscriber);
  if (delivery != Delivery::Sync || !hasTurned) return;
  // One that is called within requests gets only the windows that it is owed from before.
  list.subscribers.push_back(subscriber);
  list.uniform = false;
}

// Whether all are told of the same windows.
bool areUniform(const std::vector<ports::Subscriber>& subscribers) {
  const auto differ = [](const ports::Subscriber& one, const ports::Subscriber& other) {
    return one.changeTypes != other.changeTypes || one.filters || other.filters;
  };
  return std::ranges::adjacent_find(subscribers, differ) == subscribers.end();
}

// The map is in the order of the ids, which is that of the registration for those of the same millisecond.
void orderCalls(ports::RegistrySnapshot& snapshot) {
  for (const auto& [id, endpoint] : snapshot.endpoints) {
    if (endpoint->registration.telling.delivery == Delivery::Sync) snapshot.called.push_back(endpoint);
  }
  std::ranges::stable_sort(snapshot.called, {}, [](const auto& endpoint) {
    return std::pair(endpoint->registration.telling.position, endpoint->createdAt);
  });
}

}  // namespace

// Seven items of the reply of registry.lua: id, blob, version, paused reason, mask, lanes, when it turned. A
// registration that cannot be read still gives an endpoint with its queue, to which nothing is sent: an operator has to
// decide what becomes of it.
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
    endpoint.registration.telling = tellingOf(unsignedOr0(items.text(at + 5)));
    if (unsignedOr0(items.text(at + 5)) == kMailboxLanes) endpoint.registration.target.emplace<Mailbox>();
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
    for (std::size_t i = 2; i + 6 < items.size(); i += 7) {
      auto endpoint = std::make_shared<const Endpoint>(fromReply(items, i));
      enlist(*list, *endpoint, !items.text(i + 6).empty());
      fresh->endpoints.emplace(endpoint->id, std::move(endpoint));
    }
    std::ranges::sort(list->subscribers, {}, &ports::Subscriber::endpoint);
    list->uniform = list->uniform && areUniform(list->subscribers);
    std::ranges::sort(list->everyEvent, {}, &ports::Subscriber::endpoint);
    orderCalls(*fresh);
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

}  // namespace lull::redis
