#include "message_codec.hpp"
#include "model/driver.hpp"

#include <algorithm>

namespace lull::model {

namespace {

constexpr Millis kLease{25'000};
constexpr std::size_t kMostHeld = 24;
constexpr std::size_t kMostSpent = 8;

std::string difference(const Claim& claim, const ExpectedClaim& expected, const std::string& epoch, Ms now) {
  const auto& message = claim.message;
  const auto& model = expected.message;
  std::string text;
  const auto same = [&](bool holds, const char* what) {
    if (!holds) text += std::string(text.empty() ? "" : ", ") + what;
  };
  same(claim.endpoint == expected.endpoint && claim.key.packed() == expected.key, "message");
  same(message.key.packed() == itemOf(expected.key, model), "item");
  same(message.replay == model.replay, "mark of a replay");
  same(message.id == redis::webhookId(epoch, expected.endpoint, model.idSequence), "webhook-id");
  same(message.upto == model.content.upto, "upto");
  same(message.eventCount == model.content.events, "event count");
  same(message.attempts == model.attempts, "attempts");
  same(message.traceparent == model.content.trace, "traceparent");
  same(message.payload == redis::readPayload(model.content.payload), "payload");
  same(message.firstFailedAt.has_value() == (model.firstFailed != 0) &&
           (!message.firstFailedAt || millisOf(*message.firstFailedAt) == model.firstFailed),
       "first failure");
  same(claim.token == model.token, "token");
  same(claim.probe == expected.probe, "probe");
  same(claim.losses == model.losses, "losses");
  same(claim.poisoned == expected.poisoned, "poisoned");
  same(claim.expired == expected.expired, "expired");
  same(millisOf(claim.dueAt) == model.windowDue, "due");
  same(claim.step == model.step && millisOf(claim.entryDue) == model.entryDue, "place in the schedule");
  same(claim.broughtForward == (now < model.entryDue), "mark of being brought forward");
  same(claim.lease == kLease, "lease");
  return text;
}

}  // namespace

bool Driver::valid(const Claim& claim) const {
  const auto endpoint = state().endpoints.find(claim.endpoint);
  if (endpoint == state().endpoints.end()) return false;
  const auto slot = endpoint->second.queue.find(claim.key.packed());
  return slot != endpoint->second.queue.end() && slot->second.message.leasedUntil &&
         slot->second.message.token == claim.token;
}

// Whether a step may be about this claim.
bool Driver::chosen(const Claim& claim, Random& random) const {
  return !focused() || (claim.endpoint == ids_.front() && claim.message.key == anyKey(random));
}

bool Driver::claim(Random& random) {
  static constexpr std::array<std::uint32_t, 6> kLimits{16, 16, 16, 16, 2, 1};
  std::vector<ports::ClaimLimit> limits;
  for (const auto& id : ids_) {
    if (focused() ? id != ids_.front() : below(random, 8) == 0) continue;
    const auto draw = [&] { return focused() ? kLimits.front() : kLimits[below(random, kLimits.size())]; };
    limits.push_back({id, draw(), draw(), kLease});
  }
  if (below(random, 2) == 0) std::reverse(limits.begin(), limits.end());
  for (const auto& limit : limits) coverEndpoint(Op::Claim, limit.endpoint);
  claimAll(limits, focused() ? kLimits.front() : kLimits[below(random, kLimits.size())], nullptr);
  return true;
}

// Claims on both sides, compares, holds the claims; returns who is ready for more.
std::vector<EndpointName> Driver::claimAll(const std::vector<ports::ClaimLimit>& limits, std::uint32_t most,
                                           std::optional<Instant>* nextWake) {
  auto batch = adapters_.queue.claim(adapters_.clock.now(), limits, most);
  check(batch.ok(), "claim failed");
  std::set<EndpointName> asleep;  // before the call
  for (const auto& limit : limits) {
    const auto found = state().endpoints.find(limit.endpoint);
    if (found == state().endpoints.end() || !found->second.paused.empty()) asleep.insert(limit.endpoint);
  }
  const auto expected = reference_.claim(now(), limits, most);
  check(batch->registryRevision == state().revision, "claim names another registry revision");
  check(batch->claims.size() == expected.size(),
        "claim gave " + std::to_string(batch->claims.size()) + " instead of " + std::to_string(expected.size()));
  std::uint64_t takenOver = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    auto& claim = batch->claims[i];
    const auto wrong = difference(claim, expected[i], subject_.epoch(), now());
    check(wrong.empty(), "claim " + std::to_string(i) + " has another " + wrong);
    check(!asleep.contains(claim.endpoint), "I5: claimed from a paused or deleted endpoint");
    takenOver += expected[i].takenOver ? 1U : 0U;
    const auto kind = state().endpoints.at(claim.endpoint).kind;
    if (!claim.expired && !claim.poisoned) {
      ledger_.attempted(claim);
      if (kind == Kind::Item || kind == Kind::Endpoint) ledger_.startedInLane(claim, claim.key.lane, now());
    }
    held_.push_back(std::move(claim));
  }
  check(batch->reclaimed == takenOver, "claim counts otherwise what it took over");
  while (held_.size() > kMostHeld) held_.erase(held_.begin());
  if (nextWake != nullptr) *nextWake = batch->nextWake;
  return std::move(batch->ready);
}

ports::Settlement Driver::settlementFor(Op op, const Claim& claim, Random& random) const {
  static constexpr std::array<Ms, 4> kDelays{1, 5000, 60'000, 300'000};
  ports::Settlement by;
  by.endpoint = claim.endpoint;
  by.key = claim.key;
  by.token = claim.token;
  by.probe = claim.probe;
  AttemptRecord attempt{instantOf(now()),
                        claim.message.id,
                        claim.message.key,
                        claim.message.attempts,
                        Outcome::Retryable,
                        PausedReason::None,
                        503,
                        Millis{7},
                        "The receiver answered 503.",
                        ""};
  const auto unanswered = [&] {
    if (below(random, 2) == 0) return;
    attempt.code.reset();
    attempt.sentence = "The connection was refused.";
  };
  by.due = instantOf(now() + (focused() ? kDelays.back() : kDelays[below(random, kDelays.size())]));
  switch (op) {
    case Op::Complete:
      attempt.outcome = Outcome::Delivered;
      attempt.code = 200;
      attempt.sentence.clear();
      break;
    case Op::Reschedule:
      by.action = ports::SettleAction::Reschedule;
      by.step = claim.step + below(random, 2);
      // The first key of a goal leaves its endpoint as it is.
      by.sign = focus_ == 0 ? ports::BreakerSign::None : ports::BreakerSign::Failed;
      unanswered();
      break;
    case Op::SetAside:
      by.action = ports::SettleAction::SetAside;
      by.step = claim.step + below(random, 2);
      by.sign = ports::BreakerSign::Lives;
      attempt.code = 200;
      attempt.sentence = "The receiver answered 200.";
      break;
    case Op::SkipNow:
      by.action = ports::SettleAction::SetAside;
      by.step = claim.step;
      by.uncounted = true;
      by.sign = ports::BreakerSign::Lives;
      break;
    case Op::RetryAfter:
      by.action = ports::SettleAction::Park;
      break;
    case Op::Bury:
      by.action = ports::SettleAction::Bury;
      by.reason = below(random, 2) == 0 ? DeathReason::Exhausted : DeathReason::Permanent;
      by.sign = ports::BreakerSign::Failed;
      unanswered();
      if (by.reason == DeathReason::Permanent) {
        attempt.outcome = Outcome::Permanent;
        by.sign = attempt.code ? ports::BreakerSign::Lives : ports::BreakerSign::None;
      }
      if (focused()) by.sign = ports::BreakerSign::None;
      break;
    case Op::BuryUnsent:
      by.action = ports::SettleAction::Bury;
      by.reason = below(random, 2) == 0 ? DeathReason::Expired : DeathReason::Poisoned;
      return by;
    case Op::Gone:
      by.action = ports::SettleAction::Hold;
      by.pause = PauseOrder{PausedReason::Gone, "It is gone.", true};
      attempt.outcome = Outcome::Held;
      attempt.heldFor = PausedReason::Gone;
      attempt.code = 410;
      break;
    case Op::Refused:
      by.action = ports::SettleAction::Hold;
      by.pause = PauseOrder{PausedReason::Egress, "It is forbidden.", false};
      attempt.outcome = Outcome::Held;
      attempt.heldFor = PausedReason::Egress;
      attempt.code.reset();
      attempt.sentence = "The egress rules forbid 127.0.0.1.";
      break;
    default:
      by.action = ports::SettleAction::Release;
      if (below(random, 2) == 0) by.due = {};
      return by;
  }
  by.attempt = std::move(attempt);
  return by;
}

void Driver::settleAll(const std::vector<ports::Settlement>& settlements, const std::vector<Claim>& claims) {
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const bool repeated = std::any_of(claims.begin(), claims.begin() + static_cast<std::ptrdiff_t>(i),
                                      [&](const Claim& other) { return other.token == claims[i].token; });
    if (repeated || !valid(claims[i])) continue;
    const bool meantToSend = !claims[i].expired && !claims[i].poisoned;
    if (settlements[i].action == ports::SettleAction::Complete) ledger_.delivered(claims[i]);
    if (meantToSend && (!settlements[i].attempt || (settlements[i].pause && !settlements[i].pause->answered)))
      ledger_.withdrawn(claims[i]);
  }
  for (const auto& settlement : settlements) ledger_.endedInLane(settlement.endpoint, settlement.token);
  const auto outcome = adapters_.queue.settle(adapters_.clock.now(), settlements, {});
  check(outcome.ok(), "settle failed");
  const auto expected = reference_.settle(now(), settlements);
  check(
      outcome->settled == expected.settled && outcome->stale == expected.stale,
      "settle counts " + std::to_string(outcome->settled) + " settled instead of " + std::to_string(expected.settled));
}

bool Driver::settleOne(Op op, Random& random) {
  const bool sets = op == Op::SetAside || op == Op::SkipNow;
  const auto hasOneLane = [&](const Claim& claim) {
    return state().endpoints.at(claim.endpoint).kind == Kind::Endpoint;
  };
  std::vector<std::size_t> choice;
  for (std::size_t i = 0; i < held_.size(); ++i)
    if (valid(held_[i]) && chosen(held_[i], random) && (!sets || hasOneLane(held_[i]))) choice.push_back(i);
  if (choice.empty()) return false;
  const auto at = choice[below(random, choice.size())];
  const Claim first = held_[at];
  coverClaim(op, first);
  std::vector<Claim> claims{first};
  std::vector<ports::Settlement> settlements{settlementFor(op, first, random)};
  held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(at));
  spent_.push_back(first);
  // Settlements come in batches: another one, or the same once more, goes with it now and then.
  if (!focused() && below(random, 3) == 0) {
    const bool repeat = held_.empty() || below(random, 4) == 0;
    const auto other = repeat ? 0 : below(random, held_.size());
    const Claim second = repeat ? first : held_[other];
    static constexpr std::array<Op, 6> kOthers{Op::Complete,   Op::Reschedule, Op::Bury,
                                               Op::RetryAfter, Op::Release,    Op::BuryUnsent};
    claims.push_back(second);
    settlements.push_back(settlementFor(kOthers[below(random, kOthers.size())], second, random));
    if (!repeat) held_.erase(held_.begin() + other);
    if (!repeat) spent_.push_back(second);
  }
  while (spent_.size() > kMostSpent) spent_.erase(spent_.begin());
  settleAll(settlements, claims);
  return true;
}

// Settles with a token that is not the message's any more, which must change nothing.
bool Driver::settleLate(Random& random) {
  auto old = spent_;
  std::copy_if(held_.begin(), held_.end(), std::back_inserter(old), [&](const Claim& claim) { return !valid(claim); });
  std::erase_if(old, [&](const Claim& claim) { return !chosen(claim, random); });
  if (old.empty()) return false;
  const auto& claim = old[below(random, old.size())];
  coverClaim(Op::LateSettle, claim);
  static constexpr std::array<Op, 8> kActions{Op::Complete,   Op::Reschedule, Op::RetryAfter, Op::Bury,
                                              Op::BuryUnsent, Op::Release,    Op::Gone,       Op::Refused};
  auto by = settlementFor(kActions[below(random, kActions.size())], claim, random);
  if (below(random, 4) == 0) by.token += 1;
  const auto endpoint = state().endpoints.find(by.endpoint);
  if (endpoint != state().endpoints.end()) {
    const auto slot = endpoint->second.queue.find(by.key.packed());
    if (slot != endpoint->second.queue.end() && slot->second.message.token == by.token) by.token = 0;
  }
  settleAll({by}, {});
  return true;
}

// Renews a claim that is held, or one that is not held any more, which must change nothing.
bool Driver::renew(Random& random) {
  std::vector<Claim> choice;
  std::copy_if(held_.begin(), held_.end(), std::back_inserter(choice),
               [&](const Claim& claim) { return chosen(claim, random) && (!focused() || valid(claim)); });
  if (choice.empty()) return false;
  const auto& claim = choice[below(random, choice.size())];
  if (valid(claim)) coverClaim(Op::Renew, claim);
  const bool alone = below(random, 2) == 0;
  const auto held = adapters_.queue.renew(adapters_.clock.now(), claim, kLease, alone);
  check(held.ok(), "renew failed");
  if (*held) ledger_.renewedInLane(claim, now() + kLease.count());
  check(*held == reference_.renew(now(), claim, kLease.count(), alone), "renew answers otherwise");
  return true;
}

}  // namespace lull::model
