#include "message_codec.hpp"
#include "model/driver.hpp"
#include "model/words.hpp"

namespace lull::model {

namespace {

constexpr std::size_t kMostEndpoints = 2;
constexpr std::size_t kMostEver = 3;

Registration registrationOf(const Change& as) {
  Registration registration;
  registration.name = "model";
  registration.webhook().url = "http://192.0.2.1/";
  registration.changeTypes = as.mask;
  registration.enabled = as.enabled;
  if (as.kind != Kind::Debounced) {
    registration.telling.delivery = Delivery::Every;
    registration.telling.order = static_cast<Order>(static_cast<int>(as.kind) - 1);
  }
  if (as.stop) registration.telling.onFailure = OnFailure::Stop;
  registration.webhook().secrets.current = "whsec_AAAA";
  registration.maxConcurrency = as.limits.inFlight;
  if (as.limits.timeout) registration.timeout = Millis{*as.limits.timeout};
  registration.filter = as.filter;
  return registration;
}

// Mostly one that has the first key's bit, which every sequence uses.
std::uint32_t drawMask(Random& random) {
  static constexpr std::array<std::uint32_t, 4> kMasks{1, 3, 3, 2};
  return kMasks[below(random, kMasks.size())];
}

}  // namespace

AttemptLimits drawLimits(Random& random) {
  static constexpr std::array<std::uint32_t, 5> kInFlight{0, 0, 1, 2, 4};
  static constexpr std::array<Ms, 3> kTimeouts{0, 0, 5000};
  AttemptLimits limits;
  if (const auto drawn = kInFlight[below(random, kInFlight.size())]; drawn > 0) limits.inFlight = drawn;
  if (const auto drawn = kTimeouts[below(random, kTimeouts.size())]; drawn > 0) limits.timeout = drawn;
  return limits;
}

const EndpointName* Driver::anyEndpoint(Random& random) const {
  if (state().endpoints.empty()) return nullptr;
  if (focused()) return state().endpoints.contains(ids_.front()) ? &ids_.front() : nullptr;
  auto it = state().endpoints.begin();
  std::advance(it, below(random, state().endpoints.size()));
  return &it->first;
}

void Driver::createEndpoint(const Change& as) {
  const auto created = adapters_.registry.create(registrationOf(as), {});
  check(created.ok() && !created->replayed && created->endpoint.version == 1, "create failed");
  ids_.push_back(created->endpoint.id);
  reference_.create(now(), created->endpoint.id, as);
}

Change Driver::unchanged(const EndpointName& id) const {
  const auto& endpoint = state().endpoints.at(id);
  Change change{endpoint.mask, endpoint.paused.empty(), endpoint.kind, endpoint.own.stop};
  change.limits = reference_.limitsOf(id);
  change.filter = endpoint.filter;
  return change;
}

void Driver::replaceEndpoint(const EndpointName& id, const Edit& edit) {
  const auto& change = edit.change;
  const auto version = state().endpoints.at(id).version;
  const bool otherLanes = change.kind != state().endpoints.at(id).kind;
  const auto replaced =
      adapters_.registry.replace(id, edit.outdated ? version - 1 : version, registrationOf(change), change.resume);
  if (edit.outdated) {
    check(!replaced.ok() && replaced.error().code == ErrorCode::Stale, "an outdated edit was taken");
    return;
  }
  if (!reference_.replace(now(), id, change)) {
    check(!replaced.ok() && replaced.error().code == ErrorCode::Conflict, "lanes changed although they hold some");
    return;
  }
  for (const auto& key : modelKeys())
    if ((change.mask & key.changeType) == 0) ledger_.unsubscribed(id, key.packed());
  forgive(id, change.filter);
  if (otherLanes) ledger_.lanesChanged(id);
  check(replaced.ok() && replaced->version == state().endpoints.at(id).version, "replace gave another version");
}

// What its filter no longer lets pass, it is not owed. Messages of a debounced endpoint were judged when their windows
// fired, so it still is owed what they tell.
void Driver::forgive(const EndpointName& id, const Filter& filter) {
  const bool merges = state().endpoints.at(id).kind == Kind::Debounced;
  for (const auto& [sequence, event] : reference_.events()) {
    const auto key = ItemKey{event.changeType, event.itemId}.packed();
    const auto window = state().windows.find(key);
    const bool isOpen = window != state().windows.end() && window->second.firstSequence <= sequence;
    if (merges && !isOpen) continue;
    if (refusedBy(filter, event) != FilterPart::None) ledger_.unwanted(id, key, sequence);
  }
}

Filter Driver::otherFilter(Random& random) const {
  if (focused()) return refusingAll();
  return below(random, 4) == 0 ? Filter{} : drawFilter(random);
}

bool Driver::editEndpoint(Op op, Random& random) {
  const auto* id = anyEndpoint(random);
  if (id == nullptr) return false;
  coverEndpoint(op, *id);
  Edit edit{unchanged(*id)};
  if (op == Op::Pause || op == Op::Resume) edit.change.enabled = op == Op::Resume;
  if (op == Op::ChangeFilter) edit.change.filter = otherFilter(random);
  if (op == Op::ChangeMask) edit.change.mask = drawMask(random);
  if (op == Op::ChangeMask && !focused()) edit.change.limits = drawLimits(random);
  if (op == Op::Resume && below(random, 4) != 0) edit.change.resume = ports::Resume::Always;
  edit.outdated = !focused() && below(random, 12) == 0;
  replaceEndpoint(EndpointName(*id), edit);
  return true;
}

bool Driver::changeKind(Random& random) {
  const auto* id = anyEndpoint(random);
  if (id == nullptr) return false;
  coverEndpoint(Op::ChangeKind, *id);
  Edit edit{unchanged(*id)};
  auto& change = edit.change;
  const bool turns = focused() && change.kind == Kind::Debounced;
  change.kind = static_cast<Kind>(turns ? 1 + below(random, 3) : below(random, 4));
  // A window that stays open while it turns twice and back is told once more than needed, which the ledger would not
  // forgive.
  const bool turnsBack = change.kind == Kind::Debounced && state().endpoints.at(*id).own.turned > 0;
  if (turnsBack && !turnedBack_.insert(*id).second) change.kind = Kind::Each;
  change.stop = change.kind == Kind::Endpoint && below(random, 2) == 0;
  if (!turns && below(random, 3) == 0) change.mask = drawMask(random);
  if (!turns && below(random, 4) == 0) change.enabled = !change.enabled;
  if (!turns && below(random, 4) == 0) change.filter = drawFilter(random);
  replaceEndpoint(EndpointName(*id), edit);
  return true;
}

bool Driver::recreate(Random& random) {
  const auto* id = anyEndpoint(random);
  const bool remove =
      id != nullptr && (focused() || state().endpoints.size() >= kMostEndpoints || below(random, 2) == 0);
  if (!remove && ids_.size() >= kMostEver) return false;
  if (remove) {
    const EndpointName gone = *id;
    coverEndpoint(Op::Recreate, gone);
    check(adapters_.registry.remove(gone).ok(), "remove failed");
    reference_.remove(now(), gone);
    for (const auto& key : modelKeys()) ledger_.unsubscribed(gone, key.packed());
    compare();
    const auto again = adapters_.registry.remove(gone);
    check(!again.ok() && again.error().code == ErrorCode::NotFound, "an endpoint was deleted twice");
  }
  if (ids_.size() >= kMostEver) return true;
  Change as{drawMask(random), below(random, 8) != 0};
  if (lanes()) as.kind = static_cast<Kind>(below(random, 4));
  as.limits = drawLimits(random);
  if (below(random, 2) == 0) as.filter = drawFilter(random);
  createEndpoint(as);
  return true;
}

bool Driver::operateQueue(Op op, Random& random) {
  const auto* found = anyEndpoint(random);
  if (found == nullptr) return false;
  const EndpointName id = *found;
  if (op == Op::RetryQueue) return retryQueue(id, random);
  if (!focused() && below(random, 3) == 0) return purgeMessage(id, random);
  ports::QueueFilter filter;
  KeyName only;
  if (!focused() && below(random, 2) == 0) {
    filter.changeType = modelKeys().back().changeType;
    only = modelKeys().back().packed();
  }
  if (state().endpoints.at(id).kind != Kind::Debounced) coverEndpoint(op, id);
  for (const auto& [key, slot] : state().endpoints.at(id).queue) {
    if (!only.empty() && itemOf(key, slot.message) != only) continue;
    forgo(id, key, slot.successor ? *slot.successor : slot.message);
    ledger_.orderVoid(id, key);
  }
  if (state().endpoints.at(id).kind == Kind::Debounced) {
    for (const auto& key : keys_)
      if (only.empty() || key.packed() == only) cover(op, id, key.packed());
  }
  const auto purged = adapters_.queueView.purge(id, filter);
  check(purged.ok() && *purged == reference_.purgeQueue(now(), id, only), "purging a queue counts otherwise");
  return true;
}

void Driver::forgo(const EndpointName& id, const KeyName& key, const MessageModel& message) {
  const auto upto = message.content.upto;
  ledger_.givenUp(
      id, Ledger::placeOf(MessageKey::fromPacked(key).value(), itemOf(key, message), message.idSequence, upto), upto);
}

bool Driver::retryQueue(const EndpointName& id, Random& random) {
  coverEndpoint(Op::RetryQueue, id);
  ports::QueueFilter filter;
  const auto choice = focused() ? 3 : below(random, 4);
  if (choice == 0) filter.changeType = modelKeys().back().changeType;
  if (choice == 1) filter.ids = {"none that there is"};
  const auto chosen = [&](const KeyName& key) {
    return filter.ids.empty() && (!filter.changeType || *filter.changeType == changeTypeOf(key));
  };
  const auto retried = adapters_.queueView.retry(id, filter);
  const auto expected = reference_.retryQueue(now(), id, chosen, filter.empty());
  if (expected) {
    check(retried.ok() && *retried == *expected, "retrying a queue counts otherwise");
  } else {
    check(!retried.ok() && retried.error().code == ErrorCode::Conflict, "a paused lane was retried");
  }
  return true;
}

// Chooses a webhook-id: that of a message, or an older one whose content was merged into newer content since.
bool Driver::purgeMessage(const EndpointName& id, Random& random) {
  const auto& queue = state().endpoints.at(id).queue;
  if (queue.empty()) return false;
  auto it = queue.begin();
  std::advance(it, below(random, queue.size()));
  const KeyName key = it->first;
  const auto& message = it->second.message;
  const bool outdated = below(random, 4) == 0;
  cover(Op::PurgeQueue, id, key);
  ports::QueueFilter filter;
  filter.ids = {redis::webhookId(subject_.epoch(), id, message.idSequence - (outdated ? 1 : 0))};
  for (const auto& [other, slot] : queue)
    if (outdated && slot.message.idSequence == message.idSequence - 1) return false;  // another item has that one
  if (!outdated) forgo(id, key, message);
  if (!outdated) ledger_.orderVoid(id, key);
  const auto purged = adapters_.queueView.purge(id, filter);
  check(purged.ok() && *purged == (outdated ? 0U : 1U), "purging a message counts otherwise");
  if (!outdated) reference_.purgeMessage(now(), id, key);
  return true;
}

}  // namespace lull::model
