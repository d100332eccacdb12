#include "model/driver.hpp"

#include <algorithm>

/// Ends what is held, in the ways in which attempts end.
namespace lull::model {

namespace {

constexpr std::size_t kMostSpent = 8;
// The last two are rare: they pause the endpoint.
constexpr std::array<Op, 8> kSettling{Op::Complete, Op::Reschedule, Op::Bury, Op::RetryAfter,
                                      Op::Release,  Op::BuryUnsent, Op::Gone, Op::Refused};

Op anySettling(bool setsAside, Random& random) {
  if (setsAside && below(random, 3) == 0) return below(random, 2) == 0 ? Op::SetAside : Op::SkipNow;
  return kSettling[below(random, kSettling.size())];
}

}  // namespace

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
    attempt.failure = FailureClass::Connect;
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

// What the endpoints of the settlements may send next.
ports::ClaimRequest Driver::drawNext(const std::vector<ports::Settlement>& settlements, Random& random) const {
  static constexpr std::array<std::uint32_t, 6> kLimits{16, 16, 16, 16, 2, 1};
  const auto draw = [&] { return focused() ? kLimits.front() : kLimits[below(random, kLimits.size())]; };
  ports::ClaimRequest next;
  std::set<EndpointName> endpoints;
  for (const auto& settlement : settlements) endpoints.insert(settlement.endpoint);
  for (const auto& id : endpoints) {
    if (!focused() && below(random, 6) == 0) continue;
    next.limits.push_back({id, draw(), draw(), kLease});
  }
  next.most = draw();
  return next;
}

ports::ClaimBatch Driver::settleAll(const std::vector<ports::Settlement>& settlements, const std::vector<Claim>& claims,
                                    const ports::ClaimRequest& next) {
  const auto isSame = [](const Claim& one, const Claim& other) {
    return one.endpoint == other.endpoint && one.key == other.key && one.token == other.token;
  };
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const bool repeated = std::any_of(claims.begin(), claims.begin() + static_cast<std::ptrdiff_t>(i),
                                      [&](const Claim& other) { return isSame(other, claims[i]); });
    if (repeated || !valid(claims[i])) continue;
    const bool meantToSend = !claims[i].expired && !claims[i].poisoned;
    if (settlements[i].action == ports::SettleAction::Complete) ledger_.delivered(claims[i]);
    if (meantToSend && (!settlements[i].attempt || (settlements[i].pause && !settlements[i].pause->answered)))
      ledger_.withdrawn(claims[i]);
  }
  for (const auto& settlement : settlements) ledger_.endedInLane(settlement.endpoint, settlement.token);
  auto outcome = adapters_.queue.settle(adapters_.clock.now(), settlements, next);
  check(outcome.ok(), "settle failed");
  const auto expected = reference_.settle(now(), settlements);
  check(
      outcome->settled == expected.settled && outcome->stale == expected.stale,
      "settle counts " + std::to_string(outcome->settled) + " settled instead of " + std::to_string(expected.settled));
  check(outcome->next.registryRevision == state().revision, "settle names another registry revision");
  // What it claims is what a claim of these endpoints would give now.
  const auto claimed = reference_.claim(now(), next.limits, next.most);
  visited_ = reference_.visited();
  if (!next.limits.empty()) turns_.settled(settlements, claimed);
  return take(std::move(outcome->next), claimed, "settle");
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
  const bool claimsNext = op == Op::SettleNext;
  if (claimsNext && focused()) op = Op::Complete;
  if (claimsNext && !focused()) op = anySettling(hasOneLane(first), random);
  std::vector<Claim> claims{first};
  std::vector<ports::Settlement> settlements{settlementFor(op, first, random)};
  held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(at));
  spent_.push_back(first);
  // Settlements come in batches: another one, or the same once more, goes with it now and then.
  if (!focused() && below(random, 3) == 0) {
    const bool repeat = held_.empty() || below(random, 4) == 0;
    const auto other = repeat ? 0 : below(random, held_.size());
    const Claim second = repeat ? first : held_[other];
    claims.push_back(second);
    settlements.push_back(settlementFor(kSettling[below(random, 6)], second, random));
    if (!repeat) held_.erase(held_.begin() + other);
    if (!repeat) spent_.push_back(second);
  }
  while (spent_.size() > kMostSpent) spent_.erase(spent_.begin());
  settleAll(settlements, claims, claimsNext ? drawNext(settlements, random) : ports::ClaimRequest{});
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
  auto by = settlementFor(kSettling[below(random, kSettling.size())], claim, random);
  if (below(random, 4) == 0) by.token += 1;
  const auto endpoint = state().endpoints.find(by.endpoint);
  if (endpoint != state().endpoints.end()) {
    const auto slot = endpoint->second.queue.find(by.key.packed());
    if (slot != endpoint->second.queue.end() && slot->second.message.token == by.token) by.token = 0;
  }
  settleAll({by}, {}, below(random, 2) == 0 ? drawNext({by}, random) : ports::ClaimRequest{});
  return true;
}

}  // namespace lull::model
