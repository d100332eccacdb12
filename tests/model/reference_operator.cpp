#include "model/reference.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace lull::model {

// Behind what an operator made due at the same moment before, ahead of what became due by itself in that millisecond.
void Reference::makeDue(EndpointModel& endpoint, MessageModel& message, Ms now) const {
  constexpr int kPlaces = 4096;
  int last = -kPlaces;
  for (const auto& [key, slot] : endpoint.queue) {
    const auto& other = slot.message;
    if (!other.leasedUntil && other.due == now && other.place < 0) last = std::max(last, other.place);
  }
  message.due = now;
  message.place = std::min(last + 1, 0);
}

std::uint64_t Reference::retryQueue(Ms now, const EndpointName& id, const std::function<bool(const KeyName&)>& chosen,
                                    bool all) {
  auto& endpoint = state_.endpoints.at(id);
  if (all) {
    endpoint.gate = endpoint.openUntil = endpoint.openStep = 0;
    endpoint.fails = endpoint.ramp = 0;
  }
  std::vector<std::tuple<Ms, int, KeyName>> waiting;
  for (const auto& [key, slot] : endpoint.queue)
    if (!slot.message.leasedUntil && chosen(key)) waiting.emplace_back(slot.message.due, slot.message.place, key);
  if (all || !waiting.empty()) full_.erase(id);
  std::sort(waiting.begin(), waiting.end());
  for (const auto& [due, place, key] : waiting)
    if (due > now) makeDue(endpoint, endpoint.queue.at(key).message, now);
  return waiting.size();
}

std::uint64_t Reference::purgeQueue(const EndpointName& id, const KeyName& only) {
  auto& endpoint = state_.endpoints.at(id);
  std::uint64_t keys = 0;
  for (auto it = endpoint.queue.begin(); it != endpoint.queue.end();) {
    const KeyName key = (it++)->first;
    if (!only.empty() && key != only) continue;
    cancel(endpoint, key);
    ++keys;
  }
  if (keys > 0) full_.erase(id);
  return keys;
}

void Reference::purgeMessage(const EndpointName& id, const KeyName& key) {
  auto& endpoint = state_.endpoints.at(id);
  full_.erase(id);
  // No message waits for a change type to which the endpoint stopped subscribing while a message was in flight.
  if ((endpoint.mask & changeTypeOf(key)) == 0) {
    cancel(endpoint, key);
    return;
  }
  count("cancelled");
  auto& slot = endpoint.queue.at(key);
  if (!slot.successor) {
    endpoint.queue.erase(key);
    return;
  }
  slot.message = *slot.successor;
  slot.successor.reset();
  slot.history.clear();
}

RetryCount Reference::retryLetters(Ms now, const std::vector<LetterName>& names, bool supersededToo) {
  RetryCount retries;
  for (const auto& [id, key] : names) {
    const auto found = state_.endpoints.find(id);
    const auto& letter = state_.letters.at(id).at(key);
    const bool subscribed = found != state_.endpoints.end() && (found->second.mask & changeTypeOf(key)) != 0;
    if (!subscribed || (letter.supersededAt > 0 && !supersededToo)) {
      ++retries.skipped;
      continue;
    }
    ++retries.retried;
    full_.erase(id);
    count("revived");
    revive(found->second, key, letter, now);
    removeLetters({{id, key}}, "retried");
  }
  return retries;
}

void Reference::revive(EndpointModel& endpoint, const KeyName& key, const LetterModel& letter, Ms now) {
  if (const auto found = endpoint.queue.find(key); found != endpoint.queue.end()) {
    count("superseded");  // what is queued is newer than what died before it
    auto& queued = found->second.message;
    if (!queued.leasedUntil && queued.due > now) makeDue(endpoint, queued, now);
    return;
  }
  MessageModel message = letter.message;
  message.attempted = true;
  message.attempts = message.losses = 0;
  message.lostAlone = false;
  message.firstFailed = 0;
  message.age0 = activeClock(endpoint, now);
  message.step = 0;
  makeDue(endpoint, message, now);
  message.entryDue = now;
  endpoint.queue[key].message = std::move(message);
}

void Reference::removeLetters(const std::vector<LetterName>& names, const std::string& why) {
  for (const auto& [id, key] : names) {
    if (state_.letters.at(id).erase(key) == 1) count("removed_" + why);
  }
}

}  // namespace lull::model
