#include "model/reference.hpp"

#include <algorithm>

namespace lull::model {

namespace {

AttemptMark markOf(const AttemptRecord& attempt) {
  return {attempt.attempt, static_cast<int>(attempt.outcome), attempt.code.value_or(0),
          static_cast<int>(attempt.failure)};
}

/// Buried without another attempt: an expired one says what its last attempt came to, a poisoned one what it did.
void buriedUnsent(LetterModel& letter, const std::vector<AttemptMark>& history) {
  if (letter.reason == static_cast<int>(DeathReason::Poisoned)) {
    letter.error = "The process that sent it ended, three times in a row.";
  } else if (history.empty()) {
    letter.error = "It was not attempted before Delivery:MaxAge had passed.";
  } else {
    letter.status = history.back().status;
    letter.failure = history.back().failure;
    // The driver's attempts without a status are all refused connections.
    letter.error = letter.status == 0 ? "The connection was refused."
                                      : "The receiver answered " + std::to_string(letter.status) + ".";
  }
}

}  // namespace

std::string errorOf(const ports::Settlement& settlement) {
  if (!settlement.attempt || settlement.attempt->outcome == Outcome::Delivered) return {};
  if (!settlement.attempt->sentence.empty()) return settlement.attempt->sentence;
  return "The receiver answered " + std::to_string(settlement.attempt->code.value_or(0)) + ".";
}

ports::SettleOutcome Reference::settle(Ms now, const std::vector<ports::Settlement>& settlements) {
  ports::SettleOutcome outcome;
  for (const auto& by : settlements) {
    const auto found = state_.endpoints.find(by.endpoint);
    const auto key = by.key.packed();
    if (found == state_.endpoints.end() || !found->second.queue.contains(key) ||
        !found->second.queue.at(key).message.leasedUntil || found->second.queue.at(key).message.token != by.token) {
      ++outcome.stale;
      if (found == state_.endpoints.end()) continue;
      const auto tombstone = found->second.own.tombstones.find(key);
      if (tombstone == found->second.own.tombstones.end() || tombstone->second.token != by.token) continue;
      found->second.own.tombstones.erase(tombstone);
      follow(found->second, key, now);
      full_.erase(by.endpoint);
      continue;
    }
    ++outcome.settled;
    auto& endpoint = found->second;
    auto& slot = endpoint.queue.at(key);
    full_.erase(by.endpoint);
    if (by.attempt) ++endpoint.logged;
    switch (by.action) {
      case ports::SettleAction::Complete:
        complete(endpoint, by, now);
        break;
      case ports::SettleAction::Reschedule:
        reschedule(endpoint, by, now);
        break;
      case ports::SettleAction::SetAside:
        setAside(endpoint, by, now);
        break;
      case ports::SettleAction::Park:
        park(endpoint, by, now);
        break;
      case ports::SettleAction::Bury:
        bury(endpoint, by, now);
        break;
      case ports::SettleAction::Hold:
        endpoint.error = errorOf(by);
        pause(endpoint, std::string(toString(by.pause->reason)), now);
        if (by.pause->answered) {
          // The attempt is not spent, but the receiver has seen the content.
          ++endpoint.streak;
          --slot.message.attempts;
        } else {
          undoClaim(slot.message);
        }
        backToWaiting(endpoint, key, slot.message.due, now);
        break;
      case ports::SettleAction::Release:
        undoClaim(slot.message);
        giveProbeBack(endpoint, by, now);
        backToWaiting(endpoint, key, std::max(slot.message.due, millisOf(by.due)), now);
        break;
    }
  }
  return outcome;
}

void Reference::complete(EndpointModel& endpoint, const ports::Settlement& by, Ms now) {
  const auto key = by.key.packed();
  count("delivered");
  const auto upto = endpoint.queue.at(key).message.content.upto;
  promoteSuccessor(endpoint, key, now);
  endpoint.success = now;
  endpoint.streak = 0;
  lives(endpoint, now);
  if (endpoint.kind != Kind::Debounced) return;  // each letter tells of another event
  auto& letters = state_.letters[by.endpoint];
  const auto letter = letters.find(key);
  if (letter != letters.end() && letter->second.supersededAt == 0 && upto >= letter->second.message.content.upto)
    letter->second.supersededAt = now;
}

// The receiver has answered: the breaker closes, and after a park one more message may be in flight.
void Reference::lives(EndpointModel& endpoint, Ms now) const {
  endpoint.fails = 0;
  if (endpoint.ramp > 0 && endpoint.gate <= now) ++endpoint.ramp;
  closeBreaker(endpoint, now);
}

// The probe has not shown whether the receiver is alive, so another one may be sent at once.
void Reference::giveProbeBack(EndpointModel& endpoint, const ports::Settlement& by, Ms now) const {
  if (by.probe) endpoint.openUntil = std::min(endpoint.openUntil, now);
}

// Judges an attempt that was no success.
void Reference::judge(EndpointModel& endpoint, const ports::Settlement& by, Ms now) const {
  endpoint.error = errorOf(by);
  if (by.sign == ports::BreakerSign::None) return giveProbeBack(endpoint, by, now);
  ++endpoint.streak;
  if (by.sign == ports::BreakerSign::Lives) return lives(endpoint, now);
  ++endpoint.fails;
  if (rules_.breakerFailures == 0 || endpoint.fails < rules_.breakerFailures) return;
  if (endpoint.kind == Kind::Endpoint) return;  // one lane needs none
  if (endpoint.openUntil == 0) {
    endpoint.openStep = rules_.probe;
    endpoint.openUntil = now + endpoint.openStep;
  } else if (by.probe) {
    endpoint.openStep = std::min(std::max(endpoint.openStep, rules_.probe) * 2, rules_.maxProbe);
    endpoint.openUntil = now + endpoint.openStep;
  }
}

// The request never started: as if the message had not been claimed.
void Reference::undoClaim(MessageModel& message) const {
  --message.attempts;
  message.attempted = message.attemptedBefore;
}

void Reference::reschedule(EndpointModel& endpoint, const ports::Settlement& by, Ms now) {
  const auto key = by.key.packed();
  auto& slot = endpoint.queue.at(key);
  if (slot.message.firstFailed == 0) slot.message.firstFailed = now;
  slot.message.losses = 0;
  slot.message.lostAlone = false;
  slot.history.push_back(markOf(*by.attempt));
  slot.message.step = by.step;
  slot.message.entryDue = millisOf(by.due);
  judge(endpoint, by, now);
  if (endpoint.kind == Kind::Endpoint) endpoint.own.attemptedAt = now;
  backToWaiting(endpoint, key, millisOf(by.due), now);
}

// The next one of the lane goes meanwhile.
void Reference::setAside(EndpointModel& endpoint, const ports::Settlement& by, Ms now) {
  const auto key = by.key.packed();
  auto& slot = endpoint.queue.at(key);
  auto& message = slot.message;
  message.losses = 0;
  message.lostAlone = false;
  message.step = by.step;
  message.entryDue = millisOf(by.due);
  if (by.uncounted) {
    --message.attempts;
    lives(endpoint, now);
  } else {
    if (message.firstFailed == 0) message.firstFailed = now;
    slot.history.push_back(markOf(*by.attempt));
    judge(endpoint, by, now);
  }
  message.aside = message.replay = true;
  follow(endpoint, key, now);
  backToWaiting(endpoint, key, millisOf(by.due), now);
}

// The receiver said when to come again: no attempt is spent, and the message waits for that alone.
void Reference::park(EndpointModel& endpoint, const ports::Settlement& by, Ms now) {
  const auto key = by.key.packed();
  auto& slot = endpoint.queue.at(key);
  if (slot.message.firstFailed == 0) slot.message.firstFailed = now;
  slot.message.losses = 0;
  slot.message.lostAlone = false;
  --slot.message.attempts;
  slot.history.push_back(markOf(*by.attempt));
  endpoint.error = errorOf(by);
  ++endpoint.streak;
  endpoint.ramp = 1;
  endpoint.gate = std::max(endpoint.gate, millisOf(by.due));
  giveProbeBack(endpoint, by, now);
  backToWaiting(endpoint, key, now, now);
}

void Reference::bury(EndpointModel& endpoint, const ports::Settlement& by, Ms now) {
  const auto key = by.key.packed();
  auto& slot = endpoint.queue.at(key);
  if (slot.message.firstFailed == 0) slot.message.firstFailed = now;
  if (by.attempt) {
    slot.history.push_back(markOf(*by.attempt));
    judge(endpoint, by, now);
  } else {
    undoClaim(slot.message);
  }
  if (endpoint.own.stop && wants(endpoint, key, slot.message, Judged::Burial)) {
    endpoint.own.blocked = key;
    pause(endpoint, "blocked", now);
    return backToWaiting(endpoint, key, now, now);
  }
  auto& letters = state_.letters[by.endpoint];
  const bool isNew = !letters.contains(key);
  if (isNew && letters.size() >= rules_.maxLetters) {
    pause(endpoint, "dead-letters-full", now);
    backToWaiting(endpoint, key, now, now);
    return;
  }
  auto& letter = letters[key];
  noteFailedAgain(by.endpoint, key, slot.message);
  letter.death = ++state_.letterNumber;
  if (isNew) letter.number = letter.death;
  letter.reason = static_cast<int>(by.reason);
  letter.status = by.attempt ? by.attempt->code.value_or(0) : 0;
  letter.failure = by.attempt ? static_cast<int>(by.attempt->failure) : 0;
  letter.error = errorOf(by);
  if (!by.attempt) buriedUnsent(letter, slot.history);
  letter.deadAt = now;
  letter.supersededAt = 0;
  letter.history = slot.history;
  letter.message = slot.message;
  letter.message.leasedUntil.reset();
  letter.message.token = 0;
  letter.message.attemptedBefore = letter.message.alone = false;
  letter.message.origin.clear();
  count("deadLettered");
  promoteSuccessor(endpoint, key, now);
}

void Reference::pause(EndpointModel& endpoint, const std::string& reason, Ms now) {
  if (!endpoint.paused.empty()) return;
  endpoint.paused = reason;
  endpoint.pausedSince = now;
  ++endpoint.version;
  ++state_.revision;
}

void Reference::promoteSuccessor(EndpointModel& endpoint, const KeyName& key, Ms now) {
  const auto successor = std::move(endpoint.queue.at(key).successor);
  endpoint.queue.erase(key);
  follow(endpoint, key, now);
  if (!successor) return;
  endpoint.queue[key].message = *successor;
  if ((endpoint.mask & changeTypeOf(key)) == 0) cancel(endpoint, key, now);
}

void Reference::backToWaiting(EndpointModel& endpoint, const KeyName& key, Ms due, Ms now) {
  auto& slot = endpoint.queue.at(key);
  auto& message = slot.message;
  if (!wants(endpoint, key, message, Judged::Settle)) {
    cancel(endpoint, key, now);  // its bit was removed, or its filter changed, while it was in flight
    return;
  }
  message.leasedUntil.reset();
  message.alone = false;
  message.token = 0;
  message.due = due;
  if (slot.successor) mergeWaiting(message, *slot.successor, now);
  message.attemptedBefore = false;
  if (slot.successor) count("superseded");
  slot.successor.reset();
}

}  // namespace lull::model
