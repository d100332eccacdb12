#include "model/reference.hpp"

#include "message_codec.hpp"

#include <algorithm>
#include <utility>

namespace lull::model {

std::uint32_t changeTypeOf(const KeyName& item) {
  return ItemKey::fromPacked(item).value().changeType;
}

void Reference::count(const std::string& name, std::uint64_t by) {
  if (by > 0) state_.counters[name] += by;
}

std::uint64_t Reference::pending() const {
  std::uint64_t messages = 0;
  for (const auto& [id, endpoint] : state_.endpoints)
    for (const auto& [key, slot] : endpoint.queue) messages += slot.successor ? 2U : 1U;
  return messages;
}

// MaxAge does not count the time an endpoint was paused.
Ms Reference::activeClock(const EndpointModel& endpoint, Ms now) const {
  return now - endpoint.pausedTotal - (endpoint.paused.empty() ? 0 : now - endpoint.pausedSince);
}

std::vector<std::uint64_t> Reference::admit(Ms now, const std::vector<Event>& events, const std::string& scope,
                                            std::uint32_t& repeats) {
  // A replica whose clock lags opens no window before the last one that fired, or the two would be closer than
  // Interval.
  now = std::max(now, state_.lastFire);
  std::vector<std::uint64_t> sequences;
  repeats = 0;
  for (const auto& event : events) {
    const auto key = ItemKey{event.changeType, event.itemId}.packed();
    const KeptName name{scope, event.id, event.type, key};
    if (const auto kept = ids_.find(name); !event.id.empty() && kept != ids_.end() && kept->second.until > now) {
      sequences.push_back(kept->second.sequence);
      ++repeats;
      continue;
    }
    const auto sequence = ++state_.sequence;
    sequences.push_back(sequence);
    events_.emplace(sequence, event);
    if (!event.id.empty()) ids_[name] = {sequence, now + rules_.idempotencyWindow};
    count("accepted");
    const Ms occurred = event.occurredAt ? std::min(millisOf(*event.occurredAt), now) : now;
    const auto [place, opened] = state_.windows.try_emplace(key);
    auto& window = place->second;
    auto& content = window.content;
    if (opened) {
      window.first = now;
      window.firstSequence = sequence;
      window.due = std::min(now + rules_.interval, now + rules_.maxWait);
    } else {
      count("coalesced");
      if (window.due > now) window.due = std::min(now + rules_.interval, window.first + rules_.maxWait);
    }
    if (opened || occurred >= content.occurred) {
      content.payload = redis::packPayload(event);
      content.occurred = occurred;
      content.winner = sequence;
    }
    if (!event.traceparent.empty()) content.trace = event.traceparent;
    content.upto = sequence;
    ++content.events;
    learn(window, event, opened);
    if ((state_.every & event.changeType) != 0)
      state_.stream.push_back(
          {sequence, now, occurred, event.changeType, key, event.traceparent, redis::packPayload(event)});
  }
  // An id that was forgotten stays forgotten for replicas whose clocks lag.
  if (repeats < events.size()) std::erase_if(ids_, [now](const auto& entry) { return entry.second.until <= now; });
  return sequences;
}

void Reference::queue(EndpointModel& endpoint, const KeyName& key, const Content& content, Ms windowDue, Ms now) {
  count("created");
  MessageModel fresh;
  fresh.content = content;
  fresh.idSequence = content.upto;
  fresh.age0 = activeClock(endpoint, now);
  fresh.due = fresh.entryDue = now;
  fresh.windowDue = windowDue;
  const auto found = endpoint.queue.find(key);
  if (found == endpoint.queue.end()) {
    endpoint.queue[key].message = std::move(fresh);
    return;
  }
  auto& slot = found->second;
  if (slot.message.leasedUntil && !slot.successor) {
    slot.successor = std::move(fresh);
    return;
  }
  mergeWaiting(slot.message.leasedUntil ? *slot.successor : slot.message, fresh, now);
  count("superseded");
}

void Reference::mergeWaiting(MessageModel& waiting, const MessageModel& newer, Ms now) const {
  auto& mine = waiting.content;
  const auto& theirs = newer.content;
  if (theirs.occurred > mine.occurred || (theirs.occurred == mine.occurred && theirs.winner > mine.winner)) {
    mine.payload = theirs.payload;
    mine.occurred = theirs.occurred;
    mine.winner = theirs.winner;
  }
  if (!theirs.trace.empty()) mine.trace = theirs.trace;
  mine.events += theirs.events;
  mine.upto = theirs.upto;
  waiting.age0 = newer.age0;
  if (!waiting.attempted) return;
  // A new generation: the receiver may have processed what was attempted.
  waiting.idSequence = mine.upto;
  waiting.due = std::min(waiting.due, now + rules_.firstRetryDelay);
  waiting.windowDue = newer.windowDue;
  waiting.losses = 0;
  waiting.lostAlone = false;
  waiting.attempted = waiting.attemptedBefore = false;
}

std::uint64_t Reference::flush(Ms now, const KeyName& only) {
  std::uint64_t flushed = 0;
  for (auto& [key, window] : state_.windows) {
    if (!only.empty() && key != only) continue;
    ++flushed;
    window.due = std::min(window.due, now);
  }
  return flushed;
}

// Exactly by this much, because nothing records the server's clock here (attach.lua).
void Reference::restart() {
  constexpr std::uint64_t kJump = 10'000'000;
  for (auto* number : {&state_.sequence, &state_.token, &state_.letterNumber, &state_.revision}) *number += kJump;
}

void Reference::create(Ms now, const EndpointName& id, const Change& as) {
  ++state_.revision;
  state_.letters[id];
  limits_[id] = as.limits;
  auto& endpoint = state_.endpoints[id];
  endpoint.mask = as.mask;
  endpoint.version = 1;
  keepFilter(endpoint, as);
  endpoint.kind = as.kind;
  if (as.kind != Kind::Debounced) {
    endpoint.own.stop = as.stop;
    takeEvery(endpoint, as.mask);
  }
  if (!as.enabled) {
    endpoint.paused = "operator";
    endpoint.pausedSince = now;
  }
}

void Reference::resume(EndpointModel& endpoint, Ms now) {
  if (!endpoint.paused.empty()) endpoint.pausedTotal += now - endpoint.pausedSince;
  endpoint.paused.clear();
  endpoint.pausedSince = 0;
  if (std::exchange(endpoint.own.full, false)) endpoint.own.draining = true;
  const auto blocked = endpoint.queue.find(std::exchange(endpoint.own.blocked, {}));
  if (blocked == endpoint.queue.end() || blocked->second.message.leasedUntil) return;
  // What could not be delivered is attempted afresh.
  auto& message = blocked->second.message;
  message.attempts = message.losses = message.step = 0;
  message.lostAlone = false;
  message.firstFailed = 0;
  message.entryDue = now;
  if (message.due > now) message.place = 0;
  message.due = std::min(message.due, now);
  message.age0 = activeClock(endpoint, now);
}

bool Reference::replace(Ms now, const EndpointName& id, const Change& change) {
  auto& endpoint = state_.endpoints.at(id);
  if (change.kind != endpoint.kind) {
    if (!endpoint.queue.empty() || !state_.letters[id].empty()) return false;
    if (change.kind == Kind::Debounced && !state_.stream.empty()) return false;
  }
  full_.erase(id);
  limits_[id] = change.limits;
  ++state_.revision;
  ++endpoint.version;
  changeLanes(endpoint, change, now);
  endpoint.mask = change.mask;
  keepFilter(endpoint, change);
  if (change.enabled && (!endpoint.paused.empty() || change.resume == ports::Resume::Always)) {
    closeBreaker(endpoint, now);
    resume(endpoint, now);
    endpoint.gate = 0;
    endpoint.fails = endpoint.ramp = 0;
  } else if (!change.enabled && endpoint.paused.empty()) {
    endpoint.paused = "operator";
    endpoint.pausedSince = now;
  }
  // Waiting messages of a removed bit are cancelled; what is in flight ends as it ends.
  std::vector<KeyName> unwanted;
  for (const auto& [key, slot] : endpoint.queue)
    if ((change.mask & changeTypeOf(itemOf(key, slot.message))) == 0 && !slot.message.leasedUntil)
      unwanted.push_back(key);
  for (const auto& key : unwanted)
    if (endpoint.queue.contains(key)) cancel(endpoint, key, now);
  return true;
}

void Reference::remove(Ms now, const EndpointName& id) {
  purgeQueue(now, id, "");
  ++state_.revision;
  state_.endpoints.erase(id);
}

// It leaves its lane, and the next one follows.
std::uint64_t Reference::cancel(EndpointModel& endpoint, const KeyName& key, Ms now) {
  const auto found = endpoint.queue.find(key);
  const std::uint64_t messages = found->second.successor ? 2 : 1;
  count("cancelled", messages);
  endpoint.queue.erase(found);
  follow(endpoint, key, now);
  return messages;
}

}  // namespace lull::model
