#include "model/reference.hpp"

#include <algorithm>
#include <tuple>

namespace lull::model {

namespace {

constexpr std::uint64_t kPoisonLosses = 3;

using Due = std::pair<Ms, KeyName>;
using Turn = std::tuple<Ms, int, KeyName>;  // due, place, key

std::vector<Due> expiredLeases(const EndpointModel& endpoint, Ms now) {
  std::vector<Due> expired;
  for (const auto& [key, slot] : endpoint.queue)
    if (slot.message.leasedUntil && *slot.message.leasedUntil <= now)
      expired.emplace_back(*slot.message.leasedUntil, key);
  std::sort(expired.begin(), expired.end());
  return expired;
}

std::vector<Turn> dueMessages(const EndpointModel& endpoint, Ms now) {
  std::vector<Turn> due;
  for (const auto& [key, slot] : endpoint.queue)
    if (!slot.message.leasedUntil && slot.message.due <= now)
      due.emplace_back(slot.message.due, slot.message.place, key);
  std::sort(due.begin(), due.end());
  return due;
}

std::uint64_t liveLeases(const EndpointModel& endpoint, Ms now) {
  return static_cast<std::uint64_t>(std::count_if(endpoint.queue.begin(), endpoint.queue.end(), [&](const auto& entry) {
    return entry.second.message.leasedUntil && *entry.second.message.leasedUntil > now;
  }));
}

/// Buried without another attempt: an expired one says what its last attempt came to, a poisoned one what it did.
void buriedUnsent(LetterModel& letter, const std::vector<AttemptMark>& history) {
  if (letter.reason == static_cast<int>(DeathReason::Poisoned)) {
    letter.error = "The process that sent it ended, three times in a row.";
  } else if (history.empty()) {
    letter.error = "It was not attempted before Delivery:MaxAge had passed.";
  } else {
    letter.status = history.back().status;
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

std::optional<Ms> Reference::nextClaim(Ms now, const EndpointName& id) const {
  const auto& endpoint = state_.endpoints.at(id);
  if (!endpoint.paused.empty()) return std::nullopt;
  std::optional<Ms> next;
  const auto earlier = [&](Ms at) { next = std::min(next.value_or(at), at); };
  const auto full = full_.find(id);
  const bool isFull = full != full_.end();
  for (const auto& [key, slot] : endpoint.queue) {
    const auto& leasedUntil = slot.message.leasedUntil;
    if (leasedUntil && (!isFull || *leasedUntil > full->second)) earlier(*leasedUntil);
    if (!leasedUntil && !isFull) earlier(endpoint.sweep > 0 ? now : slot.message.due);
  }
  if (next) next = std::max({*next, endpoint.gate, endpoint.openUntil, now});
  return next;
}

std::vector<ExpectedClaim> Reference::claim(Ms now, const std::vector<ports::ClaimLimit>& limits, std::uint32_t most) {
  std::vector<ExpectedClaim> claims;
  for (const auto& limit : limits) {
    if (claims.size() >= most) break;  // the others keep their turn for the next call
    if (state_.endpoints.contains(limit.endpoint)) visit(now, limit, most, claims);
  }
  return claims;
}

void Reference::visit(Ms now, const ports::ClaimLimit& limit, std::uint32_t most, std::vector<ExpectedClaim>& claims) {
  auto& endpoint = state_.endpoints.at(limit.endpoint);
  if (!endpoint.paused.empty()) return;
  sweep(endpoint, now);
  const auto live = liveLeases(endpoint, now);
  const auto upTo = [&](std::uint64_t inFlight) { return inFlight > live ? inFlight - live : 0; };
  const std::uint64_t inFlight =
      endpoint.ramp > 0 ? std::min<std::uint64_t>(endpoint.ramp, limit.inFlight) : limit.inFlight;
  Visit visit{endpoint, claims};
  visit.open = endpoint.openUntil > 0;
  visit.room = std::min<std::uint64_t>({limit.most, most - claims.size(), upTo(limit.inFlight)});
  visit.sends = visit.open ? (live == 0 ? 1 : 0) : upTo(inFlight);
  if (endpoint.gate > now || endpoint.openUntil > now) visit.room = 0;

  const auto expired = expiredLeases(endpoint, now);
  const auto waiting = dueMessages(endpoint, now);
  for (std::size_t i = 0; i < expired.size() && i < visit.room && give(now, limit, expired[i].second, visit); ++i) {
  }
  for (std::size_t i = 0;
       i < waiting.size() && visit.taken < visit.room && give(now, limit, std::get<KeyName>(waiting[i]), visit); ++i) {
  }
  if (visit.open && visit.sent > 0) endpoint.openUntil = now + std::max(endpoint.openStep, rules_.probe);
  full_.erase(limit.endpoint);
  if (live + visit.taken >= inFlight || (visit.open && live + visit.taken > 0)) full_[limit.endpoint] = now;
}

// Claims one message. False when it is to be sent and no more may be: it stays as it is, and the visit ends.
bool Reference::give(Ms now, const ports::ClaimLimit& limit, const KeyName& key, Visit& visit) {
  if ((visit.endpoint.mask & changeTypeOf(key)) == 0) {
    cancel(visit.endpoint, key);  // it was in flight when its bit was removed
    return true;
  }
  auto slot = visit.endpoint.queue.at(key);
  auto& message = slot.message;
  const bool lost = message.leasedUntil.has_value();
  const bool absorbed = lost && takeOver(slot, now);
  ExpectedClaim claim{limit.endpoint, key, {}};
  claim.poisoned = message.losses >= kPoisonLosses && message.lostAlone;
  claim.expired = activeClock(visit.endpoint, now) - message.age0 > rules_.maxAge;
  claim.probe = visit.open && claim.toBeSent();
  claim.takenOver = lost;
  if (claim.toBeSent()) {
    if (visit.sent == visit.sends) return false;
    ++visit.sent;
  }
  message.attemptedBefore = message.attempted;
  message.attempted = true;
  ++message.attempts;
  message.token = ++state_.token;
  message.leasedUntil = now + limit.lease.count();
  message.alone = false;
  message.place = 0;
  ++visit.taken;
  claim.message = message;
  visit.claims.push_back(std::move(claim));
  visit.endpoint.queue.at(key) = std::move(slot);
  if (absorbed) count("superseded");
  return true;
}

// Whether its successor was absorbed.
bool Reference::takeOver(SlotModel& slot, Ms now) const {
  ++slot.message.losses;
  slot.message.lostAlone = slot.message.alone;
  if (!slot.successor) return false;
  mergeWaiting(slot.message, *slot.successor, now);
  slot.successor.reset();
  return true;
}

std::optional<std::uint64_t> Reference::renew(Ms now, const Claim& claim, Ms lease, bool alone) {
  const auto endpoint = state_.endpoints.find(claim.endpoint);
  if (endpoint == state_.endpoints.end()) return std::nullopt;
  const auto slot = endpoint->second.queue.find(claim.message.key.packed());
  if (slot == endpoint->second.queue.end()) return std::nullopt;
  auto& message = slot->second.message;
  if (!message.leasedUntil || message.token != claim.token) return std::nullopt;
  message.leasedUntil = now + lease;
  message.alone = alone;
  if (!endpoint->second.paused.empty()) return std::nullopt;
  return state_.revision;
}

// What the closed breaker held back becomes due when the endpoint is looked at next, in the order in which it would
// have been.
void Reference::sweep(EndpointModel& endpoint, Ms now) const {
  std::vector<Turn> held;
  for (const auto& [key, slot] : endpoint.queue) {
    const auto& message = slot.message;
    if (!message.leasedUntil && message.due > now && message.due <= endpoint.sweep)
      held.emplace_back(message.due, message.place, key);
  }
  std::sort(held.begin(), held.end());
  for (const auto& turn : held) makeDue(endpoint, endpoint.queue.at(std::get<KeyName>(turn)).message, now);
  endpoint.sweep = 0;
}

void Reference::closeBreaker(EndpointModel& endpoint, Ms now) const {
  if (endpoint.openUntil == 0) return;
  endpoint.openUntil = endpoint.openStep = 0;
  Ms latest = now;
  for (const auto& [key, slot] : endpoint.queue)
    if (!slot.message.leasedUntil) latest = std::max(latest, slot.message.due);
  if (latest > now) endpoint.sweep = latest;
}

ports::SettleOutcome Reference::settle(Ms now, const std::vector<ports::Settlement>& settlements) {
  ports::SettleOutcome outcome;
  for (const auto& by : settlements) {
    const auto found = state_.endpoints.find(by.endpoint);
    const auto key = by.key.packed();
    if (found == state_.endpoints.end() || !found->second.queue.contains(key) ||
        !found->second.queue.at(key).message.leasedUntil || found->second.queue.at(key).message.token != by.token) {
      ++outcome.stale;
      continue;
    }
    ++outcome.settled;
    auto& endpoint = found->second;
    auto& slot = endpoint.queue.at(key);
    full_.erase(by.endpoint);
    if (by.attempt && ++endpoint.logged > 200) endpoint.logged = 200;
    switch (by.action) {
      case ports::SettleAction::Complete:
        complete(endpoint, by, now);
        break;
      case ports::SettleAction::Reschedule:
        reschedule(endpoint, by, now);
        break;
      case ports::SettleAction::SetAside:
        break;  // no step of the model asks for it
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
  promoteSuccessor(endpoint, key);
  endpoint.success = now;
  endpoint.streak = 0;
  lives(endpoint, now);
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
  slot.history.push_back({by.attempt->attempt, static_cast<int>(by.attempt->outcome), by.attempt->code.value_or(0)});
  slot.message.step = by.step;
  slot.message.entryDue = millisOf(by.due);
  judge(endpoint, by, now);
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
  slot.history.push_back({by.attempt->attempt, static_cast<int>(by.attempt->outcome), by.attempt->code.value_or(0)});
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
    slot.history.push_back({by.attempt->attempt, static_cast<int>(by.attempt->outcome), by.attempt->code.value_or(0)});
    judge(endpoint, by, now);
  } else {
    undoClaim(slot.message);
  }
  auto& letters = state_.letters[by.endpoint];
  const bool isNew = !letters.contains(key);
  if (isNew && letters.size() >= rules_.maxLetters) {
    pause(endpoint, "dead-letters-full", now);
    backToWaiting(endpoint, key, now, now);
    return;
  }
  auto& letter = letters[key];
  if (isNew) letter.number = ++state_.letterNumber;
  letter.reason = static_cast<int>(by.reason);
  letter.status = by.attempt ? by.attempt->code.value_or(0) : 0;
  letter.error = errorOf(by);
  if (!by.attempt) buriedUnsent(letter, slot.history);
  letter.deadAt = now;
  letter.supersededAt = 0;
  letter.history = slot.history;
  letter.message = slot.message;
  letter.message.leasedUntil.reset();
  letter.message.token = 0;
  letter.message.attemptedBefore = letter.message.alone = false;
  count("deadLettered");
  promoteSuccessor(endpoint, key);
}

void Reference::pause(EndpointModel& endpoint, const std::string& reason, Ms now) {
  if (!endpoint.paused.empty()) return;
  endpoint.paused = reason;
  endpoint.pausedSince = now;
  ++endpoint.version;
  ++state_.revision;
}

void Reference::promoteSuccessor(EndpointModel& endpoint, const KeyName& key) {
  const auto successor = std::move(endpoint.queue.at(key).successor);
  endpoint.queue.erase(key);
  if (!successor) return;
  endpoint.queue[key].message = *successor;
  if ((endpoint.mask & changeTypeOf(key)) == 0) cancel(endpoint, key);
}

void Reference::backToWaiting(EndpointModel& endpoint, const KeyName& key, Ms due, Ms now) {
  if ((endpoint.mask & changeTypeOf(key)) == 0) {
    cancel(endpoint, key);  // its bit was removed while it was in flight
    return;
  }
  auto& slot = endpoint.queue.at(key);
  auto& message = slot.message;
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
