#include "letter_id.hpp"
#include "message_codec.hpp"
#include "model/driver.hpp"

#include <algorithm>
#include <utility>

namespace lull::model {

namespace {

constexpr int kMostTurns = 300;

}  // namespace

// Delivers what is left, as a fleet does once everything is healed: it looks only where the wake-up index says.
void Driver::drain() {
  const auto resumeAll = [&] {
    const auto endpoints = state().endpoints;
    for (const auto& [id, endpoint] : endpoints) {
      if (endpoint.paused.empty()) continue;
      Edit edit{unchanged(id)};
      edit.change.enabled = true;
      replaceEndpoint(id, edit);
    }
  };
  resumeAll();
  flushed_.clear();
  for (const auto& [key, window] : state().windows) flushed_.insert(key);
  check(adapters_.windows.flush({}).value() == reference_.flush(now(), ""), "flush counts otherwise");
  fireAll(Op::Fire, {});
  told_.reset();
  while (!state().stream.empty()) fanOnce(0x7FFFFFFF, now());
  compare();
  resumeAll();  // what has filled up
  ports::ClaimBatch last;
  for (int turn = 0; turn < kMostTurns; ++turn) {
    std::vector<ports::ClaimLimit> limits;
    limits.reserve(last.ready.size());
    for (const auto& id : last.ready) limits.push_back({id, 16, 16, kLease});
    held_.clear();
    last = claimAll(limits, 16);
    for (; !held_.empty(); ++turn) last = settleHeld();
    if (!last.ready.empty()) continue;
    if (!last.nextWake) break;
    adapters_.clock.set(*last.nextWake);
  }
  compare();
  // An endpoint with as many letters as allowed is paused. Its messages are not lost, but an operator has to act.
  std::uint64_t heldBack = 0;
  for (const auto& [id, endpoint] : state().endpoints)
    if (endpoint.paused == "dead-letters-full" || endpoint.paused == "blocked") heldBack += endpoint.queue.size();
  check(state().windows.empty() && reference_.pending() == heldBack, "I1: something is left that nobody looks at");
  check(state().stream.empty(), "I1: the stream is not empty");
  if (heldBack == 0) ledger_.judge(state());
}

// Settles all that is held, and holds what its endpoints may send next.
ports::ClaimBatch Driver::settleHeld() {
  const auto claims = std::exchange(held_, {});
  std::vector<ports::Settlement> settlements;
  ports::ClaimRequest next{{}, 16};
  std::set<EndpointName> endpoints;
  Random unused(0);
  for (const auto& claim : claims) {
    settlements.push_back(
        settlementFor(claim.expired || claim.poisoned ? Op::BuryUnsent : Op::Complete, claim, unused));
    endpoints.insert(claim.endpoint);
  }
  for (const auto& id : endpoints) next.limits.push_back({id, 16, 16, kLease});
  return settleAll(settlements, claims, next);
}

void Driver::compareViews() {
  const auto windows = adapters_.windows.list({}, {});
  check(windows.ok() && windows->items.size() == state().windows.size() && windows->nextCursor.empty(),
        "the list of windows has another length");
  for (const auto& window : windows->items) {
    const auto& model = state().windows.at(window.key.packed());
    check(window.events == model.content.events && millisOf(window.firstAt) == model.first &&
              millisOf(window.dueAt) == model.due,
          "a listed window differs");
  }
  compareLetters();
  const auto counters = adapters_.stats.counters();
  const auto states = adapters_.registry.states(ids_);
  check(counters.ok() && states.ok() && counters->pending == reference_.pending() &&
            counters->windowsOpen == state().windows.size(),
        "the statistics measure otherwise");
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    const auto found = state().endpoints.find(ids_[i]);
    if (found == state().endpoints.end()) continue;
    const auto& seen = (*states)[i];
    const auto& model = found->second;
    check(toString(seen.pausedReason) == model.paused && seen.breakerOpen == (model.openUntil > 0) &&
              seen.consecutiveFailures == model.streak && seen.lastError == model.error &&
              seen.deadLetters == state().letters.at(ids_[i]).size() &&
              seen.missed.has_value() == (model.own.missed > 0) &&
              (!seen.missed ||
               (seen.missed->count == model.own.missed && seen.missed->firstSequence == model.own.missedFirst &&
                seen.missed->lastSequence == model.own.missedLast)),
          "the state of an endpoint differs");
    compareQueue(ids_[i], model);
  }
}

void Driver::compareLetters() {
  std::uint64_t letters = 0;
  for (const auto& [id, all] : state().letters) letters += all.size();
  const auto listed = adapters_.letters.list({}, {});
  check(listed.ok() && listed->items.size() == letters && listed->total == letters && listed->totalIsExact,
        "the list of dead letters has another length");
  for (std::size_t i = 0; i < listed->items.size(); ++i) {
    const auto& letter = listed->items[i];
    const auto& model = state().letters.at(letter.endpointId).at(redis::parseLetterId(letter.id)->key.packed());
    check(i == 0 || listed->items[i - 1].deadAt >= letter.deadAt, "dead letters are not listed newest first");
    check(letter.lastCode.value_or(0) == model.status && letter.lastError == model.error &&
              millisOf(letter.deadAt) == model.deadAt && letter.message.upto == model.message.content.upto &&
              static_cast<int>(letter.reason) == model.reason &&
              letter.supersededAt.has_value() == (model.supersededAt > 0),
          "a listed dead letter differs");
    const auto detail = adapters_.letters.find(letter.id);
    check(detail.ok() && detail->attempts.size() == model.history.size(), "a dead letter tells other attempts");
  }
}

void Driver::compareQueue(const EndpointName& id, const EndpointModel& model) {
  const auto queue = adapters_.queueView.list(id, {}, {});
  check(queue.ok() && queue->items.size() == model.queue.size(), "the list of a queue has another length");
  for (const auto& item : queue->items) {
    const auto found = std::find_if(model.queue.begin(), model.queue.end(), [&](const auto& entry) {
      return redis::webhookId(subject_.epoch(), id, entry.second.message.idSequence) == item.message.id;
    });
    check(found != model.queue.end(), "a queue lists a message that is not there");
    const auto& [key, slot] = *found;
    auto wanted = slot.message.attempts > 0 ? ports::QueueItemState::Retrying : ports::QueueItemState::Waiting;
    if (slot.message.aside) wanted = ports::QueueItemState::SetAside;
    if (isBehind(model, key)) wanted = ports::QueueItemState::Behind;
    if (slot.message.leasedUntil) wanted = ports::QueueItemState::InFlight;
    check(item.state == wanted && item.message.attempts == slot.message.attempts &&
              item.message.upto == slot.message.content.upto &&
              item.lastCode.value_or(0) == (slot.history.empty() ? 0 : slot.history.back().status),
          "a listed message differs");
  }
  const auto attempts = adapters_.queueView.attempts(id, {});
  check(attempts.ok() && attempts->size() == model.logged, "the attempt log has another length");
}

}  // namespace lull::model
