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
    if (other.aside == message.aside && !other.leasedUntil && other.due == now && other.place < 0)
      last = std::max(last, other.place);
  }
  message.due = now;
  message.place = std::min(last + 1, 0);
}

std::uint64_t Reference::retryOrder(Ms now, const EndpointName& id, const std::function<bool(const KeyName&)>& chosen,
                                    bool aside, bool all) {
  auto& endpoint = state_.endpoints.at(id);
  std::vector<std::tuple<Ms, int, KeyName>> waiting;
  const bool blockerIsGone = !endpoint.queue.contains(endpoint.own.blocked);
  bool frees = all;
  for (const auto& [key, slot] : endpoint.queue) {
    const auto& message = slot.message;
    const bool stands = aside ? message.aside && !message.leasedUntil : isQueued(endpoint, key, message);
    if (!stands || !chosen(itemOf(key, message))) continue;
    waiting.emplace_back(message.due, message.place, key);
    frees = frees || blockerIsGone || key == endpoint.own.blocked;
  }
  if (all || !waiting.empty()) full_.erase(id);
  std::sort(waiting.begin(), waiting.end());
  for (const auto& [due, place, key] : waiting)
    if (due > now) makeDue(endpoint, endpoint.queue.at(key).message, now);
  if (frees && endpoint.paused == "blocked") {
    resume(endpoint, now);
    ++endpoint.version;
    ++state_.revision;
  }
  return waiting.size();
}

// Nothing: an operator has paused the endpoint, and its one lane may not go on.
std::optional<std::uint64_t> Reference::retryQueue(Ms now, const EndpointName& id,
                                                   const std::function<bool(const KeyName&)>& chosen, bool all) {
  auto& endpoint = state_.endpoints.at(id);
  if (endpoint.kind == Kind::Endpoint && endpoint.paused == "operator") return std::nullopt;
  if (all) {
    endpoint.gate = endpoint.openUntil = endpoint.openStep = 0;
    endpoint.fails = endpoint.ramp = 0;
  }
  // Those that were set aside go first.
  const auto aside = retryOrder(now, id, chosen, true, all);
  return aside + retryOrder(now, id, chosen, false, false);
}

std::uint64_t Reference::purgeQueue(Ms now, const EndpointName& id, const KeyName& onlyItem) {
  auto& endpoint = state_.endpoints.at(id);
  std::vector<KeyName> keys;
  for (const auto& [key, slot] : endpoint.queue)
    if (onlyItem.empty() || itemOf(key, slot.message) == onlyItem) keys.push_back(key);
  // One that stood behind another, and that nobody wants any more, went with it.
  for (const auto& key : keys)
    if (endpoint.queue.contains(key)) purgeInLane(endpoint, key, now);
  if (!keys.empty()) full_.erase(id);
  return keys.size();
}

void Reference::purgeMessage(Ms now, const EndpointName& id, const KeyName& key) {
  auto& endpoint = state_.endpoints.at(id);
  full_.erase(id);
  auto& slot = endpoint.queue.at(key);
  // No message waits for a change type to which the endpoint stopped subscribing while a message was in flight.
  if (!slot.successor || (endpoint.mask & changeTypeOf(key)) == 0) return purgeInLane(endpoint, key, now);
  count("cancelled");
  slot.message = *slot.successor;
  slot.successor.reset();
  slot.history.clear();
}

RetryCount Reference::retryLetters(Ms now, const std::vector<LetterName>& names, bool supersededToo) {
  RetryCount retries;
  std::uint64_t number = 0;
  for (const auto& [id, key] : names) {
    const auto found = state_.endpoints.find(id);
    const auto& letter = state_.letters.at(id).at(key);
    const bool asked = found != state_.endpoints.end() && (letter.supersededAt == 0 || supersededToo);
    const bool may = asked && wants(found->second, key, letter.message, Judged::LetterRetry);
    if (may) full_.erase(id);
    // One number for the whole call, drawn with the first letter that is wanted.
    if (may && number == 0) number = ++state_.letterNumber;
    const auto cause = causeOf(letter);
    LetterModel revived = letter;
    revived.message.origin = std::to_string(number) + "|" + cause;
    if (!may || !revive(found->second, key, revived, now)) {
      ++retries.skipped;
      continue;
    }
    ++retries.retried;
    count("revived");
    noteRetried(number, groupsOf(id, cause, changeTypeOf(itemOf(key, letter.message))), now);
    removeLetters({{id, key}}, "retried");
  }
  return retries;
}

// False when there is no room for it.
bool Reference::revive(EndpointModel& endpoint, const KeyName& key, const LetterModel& letter, Ms now) {
  if (endpoint.kind != Kind::Debounced) return reviveInLane(endpoint, key, letter.message, now);
  if (const auto found = endpoint.queue.find(key); found != endpoint.queue.end()) {
    count("superseded");  // what is queued is newer than what died before it
    auto& queued = found->second.message;
    if (!queued.leasedUntil && queued.due > now) makeDue(endpoint, queued, now);
    return true;
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
  return true;
}

void Reference::removeLetters(const std::vector<LetterName>& names, const std::string& why) {
  for (const auto& [id, key] : names) {
    if (state_.letters.at(id).erase(key) == 1) count("removed_" + why);
  }
}

}  // namespace lull::model
