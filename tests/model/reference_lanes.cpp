#include "model/reference.hpp"

#include <algorithm>
#include <set>

/// Endpoints that take every event, as docs/lanes-design.md and the pages of the contract describe them: each lane is a
/// line of messages, and what stands first is its head.
namespace lull::model {

namespace {

/// What a message takes of its endpoint's bytes: what it carries, and what every packed message has.
std::uint64_t weightOf(const KeyName& key, const MessageModel& message) {
  constexpr std::uint64_t kFixed = 108;
  return kFixed + key.size() + message.item.size() + message.content.trace.size() + message.origin.size() +
         message.content.payload.size();
}

std::uint64_t bytesOf(const EndpointModel& endpoint) {
  std::uint64_t bytes = 0;
  for (const auto& [key, slot] : endpoint.queue) bytes += weightOf(key, slot.message);
  return bytes;
}

KeyName keyAt(const EndpointModel& endpoint, const KeyName& item, std::uint64_t position) {
  return MessageKey{endpoint.kind == Kind::Item ? item : "", position}.packed();
}

MessageModel messageOf(const StreamEvent& event) {
  MessageModel message;
  message.content = {event.sequence, 1, event.occurred, event.sequence, event.trace, event.payload};
  message.idSequence = event.sequence;
  message.windowDue = event.admitted;
  message.item = event.item;
  return message;
}

}  // namespace

KeyName itemOf(const KeyName& key, const MessageModel& message) {
  return message.item.empty() ? key : message.item;
}

bool isBehind(const EndpointModel& endpoint, const KeyName& key) {
  if (endpoint.kind == Kind::Debounced || endpoint.kind == Kind::Each) return false;
  const auto lane = endpoint.own.lanes.find(MessageKey::fromPacked(key)->lane);
  if (lane == endpoint.own.lanes.end() || lane->second.front() == key) return false;
  return std::find(lane->second.begin(), lane->second.end(), key) != lane->second.end();
}

bool isQueued(const EndpointModel& endpoint, const KeyName& key, const MessageModel& message) {
  return !message.leasedUntil && !message.aside && !isBehind(endpoint, key);
}

bool Reference::drains(EndpointModel& endpoint) const {
  if (!endpoint.own.draining) return false;
  constexpr double kShorter = 0.9;
  endpoint.own.draining =
      static_cast<double>(endpoint.queue.size()) > kShorter * static_cast<double>(rules_.maxQueued) ||
      static_cast<double>(bytesOf(endpoint)) > kShorter * static_cast<double>(rules_.maxQueuedBytes);
  return endpoint.own.draining;
}

// The messages that an event makes are weighed before they exist, so that none is beyond the caps.
bool Reference::mayTake(const EndpointModel& endpoint, const StreamEvent& event) const {
  if (endpoint.own.full || endpoint.queue.size() >= rules_.maxQueued) return false;
  const auto weight = weightOf(keyAt(endpoint, event.item, event.sequence), messageOf(event));
  return bytesOf(endpoint) + weight <= rules_.maxQueuedBytes;
}

// An endpoint that drains is not full again; what it misses is added to what it missed before.
void Reference::miss(EndpointModel& endpoint, const StreamEvent& event, bool drains) const {
  auto& own = endpoint.own;
  if (!drains && !own.full) own.missed = own.missedFirst = 0;
  own.full = own.full || !drains;
  if (own.missed++ == 0) own.missedFirst = event.sequence;
  own.missedLast = event.sequence;
}

FanCount Reference::fan(Ms now, std::uint32_t bits) {
  now = state_.lastFan = std::max(now, state_.lastFan);
  state_.every = 0;
  for (const auto& [id, endpoint] : state_.endpoints)
    if (endpoint.kind != Kind::Debounced) state_.every |= endpoint.mask;
  FanCount done;
  std::set<EndpointName> filled;
  std::map<EndpointName, bool> draining;  // as it is when the call meets the endpoint
  std::set<EndpointName> brought;
  std::uint64_t judged = 0;
  while (!state_.stream.empty()) {
    const auto event = state_.stream.front();
    if ((bits & event.changeType) == 0) {
      done.unnamed = event.changeType;
      break;
    }
    bool stopped = false;
    for (auto& [id, endpoint] : state_.endpoints) {
      if (endpoint.kind == Kind::Debounced || (endpoint.mask & event.changeType) == 0 || id <= state_.fanAt) continue;
      if (!draining.contains(id)) draining[id] = drains(endpoint);
      const bool isFor = endpoint.own.since.at(event.changeType) < event.sequence && lets(endpoint, event);
      const bool takes = isFor && !draining[id] && mayTake(endpoint, event);
      stopped = judged >= 10 * rules_.fanMessages || (takes && done.messages >= rules_.fanMessages);
      if (stopped) break;
      ++judged;
      state_.fanAt = id;
      if (takes) {
        ++done.messages;
        if (brought.insert(id).second) bringForward(endpoint, now);
        auto message = messageOf(event);
        message.age0 = activeClock(endpoint, now);
        append(endpoint, event.sequence, std::move(message), now);
      } else if (isFor) {
        miss(endpoint, event, draining[id]);
        if (endpoint.own.full) filled.insert(id);
        done.missed.push_back({id, event.item, event.sequence});
      }
    }
    if (stopped) break;
    state_.fanAt.clear();
    state_.stream.pop_front();
  }
  count("created", done.messages);
  count("dropped", done.missed.size());
  bool paused = false;
  for (const auto& id : filled) {
    auto& endpoint = state_.endpoints.at(id);
    if (!endpoint.paused.empty()) continue;
    endpoint.paused = "queue-full";
    endpoint.pausedSince = now;
    ++endpoint.version;
    paused = true;
  }
  if (paused) ++state_.revision;
  return done;
}

// A new event is a reason to ask a failing receiver again, but not at once after it was asked.
void Reference::bringForward(EndpointModel& endpoint, Ms now) const {
  const auto lane = endpoint.own.lanes.find("");
  if (endpoint.kind != Kind::Endpoint || lane == endpoint.own.lanes.end()) return;
  const auto head = endpoint.queue.find(lane->second.front());
  if (head == endpoint.queue.end() || head->second.message.leasedUntil) return;
  auto& message = head->second.message;
  const auto due = std::max(now, endpoint.own.attemptedAt + rules_.probe);
  if (message.due <= due) return;
  message.due = due;
  message.place = 0;
}

void Reference::append(EndpointModel& endpoint, std::uint64_t position, MessageModel message, Ms now) {
  const auto key = keyAt(endpoint, message.item, position);
  message.due = message.entryDue = now;
  message.place = 0;
  endpoint.queue[key].message = std::move(message);
  if (endpoint.kind == Kind::Each) return;
  // A letter may have got its position while an event that was accepted before was still in the stream.
  auto& lane = endpoint.own.lanes[MessageKey::fromPacked(key)->lane];
  lane.insert(lane.empty() ? lane.end() : std::upper_bound(lane.begin() + 1, lane.end(), key), key);
}

void Reference::follow(EndpointModel& endpoint, const KeyName& key, Ms now) {
  if (endpoint.kind == Kind::Debounced || endpoint.kind == Kind::Each) return;
  const auto found = endpoint.own.lanes.find(MessageKey::fromPacked(key)->lane);
  if (found == endpoint.own.lanes.end()) return;
  auto& lane = found->second;
  const bool wasHead = lane.front() == key;
  std::erase(lane, key);
  // Messages that the endpoint no longer wants are cancelled when it is their turn.
  while (wasHead && !lane.empty()) {
    const auto next = endpoint.queue.find(lane.front());
    if (wants(endpoint, next->first, next->second.message, Judged::Promotion)) {
      auto& head = next->second.message;
      head.due = now;
      head.place = 0;
      head.age0 = activeClock(endpoint, now);
      return;
    }
    count("cancelled");
    endpoint.queue.erase(next);
    lane.pop_front();
  }
  if (lane.empty()) endpoint.own.lanes.erase(found);
}

// What it still had to learn as a debounced endpoint when it turned.
void Reference::giveOpenWindows(EndpointModel& endpoint, const Fired& fired, Ms now) {
  for (const auto& [key, window] : fired) {
    const bool owed = window.firstSequence <= endpoint.own.toldFrom;
    if (!owed || (endpoint.mask & changeTypeOf(key)) == 0 || !lets(endpoint, window, Judged::Turned)) continue;
    const auto position = ++state_.sequence;
    MessageModel message;
    message.content = window.content;
    message.idSequence = position;
    message.windowDue = std::max(window.due, window.first);
    message.age0 = activeClock(endpoint, now);
    message.item = key;
    message.replay = true;
    append(endpoint, position, std::move(message), now);
    count("created");
  }
}

void Reference::takeEvery(EndpointModel& endpoint, std::uint32_t fresh) {
  state_.every |= fresh;
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1U)
    if ((fresh & bit) != 0) endpoint.own.since[bit] = state_.sequence;
}

void Reference::changeLanes(EndpointModel& endpoint, const Change& change, Ms now) {
  auto& own = endpoint.own;
  const auto before = endpoint.kind == Kind::Debounced ? 0 : endpoint.mask;
  const auto after = change.kind == Kind::Debounced ? 0 : change.mask;
  if (change.kind != endpoint.kind) {
    own.lanes.clear();
    own.tombstones.clear();
    if (change.kind == Kind::Endpoint) endpoint.openUntil = endpoint.openStep = endpoint.fails = 0;
  }
  std::erase_if(own.since, [&](const auto& entry) { return (after & entry.first) == 0; });
  takeEvery(endpoint, after & ~before);
  if (change.kind != Kind::Debounced) {
    own.stop = change.stop;
    if (endpoint.kind == Kind::Debounced) {
      own.turned = now;
      own.toldFrom = state_.sequence;
      own.toldTo = 0;
    }
  } else if (endpoint.kind != Kind::Debounced) {
    own.stop = false;
    own.attemptedAt = own.turned = 0;
    own.full = own.draining = false;
    own.toldTo = state_.sequence;
  }
  endpoint.kind = change.kind;
}

// The receiver may be at work on a leased message, so its lane waits until that attempt has ended.
void Reference::purgeInLane(EndpointModel& endpoint, const KeyName& key, Ms now) {
  const auto message = endpoint.queue.at(key).message;
  const bool inLane = endpoint.kind == Kind::Item || endpoint.kind == Kind::Endpoint;
  if (!message.leasedUntil || !inLane) {
    cancel(endpoint, key, now);
    return;
  }
  count("cancelled");
  endpoint.own.tombstones[key] = {message.token, *message.leasedUntil};
  endpoint.queue.erase(key);
}

bool Reference::reviveInLane(EndpointModel& endpoint, const KeyName& key, MessageModel message, Ms now) {
  message.item = itemOf(key, message);
  message.attempted = true;
  message.replay = true;
  message.aside = false;
  message.attempts = message.losses = message.step = 0;
  message.lostAlone = false;
  message.firstFailed = 0;
  message.age0 = activeClock(endpoint, now);
  if (endpoint.queue.size() >= rules_.maxQueued || bytesOf(endpoint) + weightOf(key, message) > rules_.maxQueuedBytes)
    return false;
  append(endpoint, ++state_.sequence, std::move(message), now);
  return true;
}

}  // namespace lull::model
