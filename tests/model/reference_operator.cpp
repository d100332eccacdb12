#include "model/reference.hpp"

#include <algorithm>

namespace lull::model {

std::uint64_t Reference::retryQueue(Ms now, const EndpointName& id) {
  auto& endpoint = state_.endpoints.at(id);
  full_.erase(id);
  endpoint.gate = endpoint.openUntil = endpoint.openStep = 0;
  endpoint.fails = endpoint.ramp = 0;
  std::uint64_t retried = 0;
  for (auto& [key, slot] : endpoint.queue) {
    if (slot.message.leasedUntil) continue;
    ++retried;
    slot.message.due = std::min(slot.message.due, now);
  }
  return retried;
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
  if (endpoint.queue.contains(key)) {
    count("superseded");  // what is queued is newer than what died before it
    return;
  }
  auto& message = endpoint.queue[key].message;
  message = letter.message;
  message.attempted = true;
  message.attempts = message.losses = 0;
  message.lostAlone = false;
  message.firstFailed = 0;
  message.age0 = activeClock(endpoint, now);
  message.step = 0;
  message.due = message.entryDue = now;
}

void Reference::removeLetters(const std::vector<LetterName>& names, const std::string& why) {
  for (const auto& [id, key] : names) {
    if (state_.letters.at(id).erase(key) == 1) count("removed_" + why);
  }
}

}  // namespace lull::model
