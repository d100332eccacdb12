#include <lull/dispatch/retry_policy.hpp>

#include <algorithm>

namespace lull::dispatch {

namespace {

using ports::SettleAction;

ports::Settlement base(const Claim& claim, SettleAction action) {
  ports::Settlement settlement;
  settlement.action = action;
  settlement.endpoint = claim.endpoint;
  settlement.key = claim.message.key;
  settlement.token = claim.token;
  settlement.probe = claim.probe;
  return settlement;
}

AttemptRecord recordOf(const Claim& claim, const AttemptEnd& end) {
  const auto& result = end.result;
  return {end.startedAt, claim.message.id, claim.message.key, claim.message.attempts, result.outcome,
          result.status, result.duration,  result.error,      result.responseExcerpt};
}

void park(ports::Settlement& settlement, const AttemptEnd& end) {
  if (!end.result.retryAfter || !end.result.parks) return;
  settlement.parkedUntil = end.now + *end.result.retryAfter;
  settlement.countsForBreaker = false;
}

// Delay = max(schedule, Retry-After). Where Retry-After parks the whole endpoint the message keeps to its schedule, so
// that resuming the endpoint lets it go; and it is no fault that the breaker counts.
void scheduleRetry(ports::Settlement& settlement, const AttemptEnd& end, Millis delay) {
  settlement.action = SettleAction::Reschedule;
  if (!end.result.parks) delay = std::max(delay, end.result.retryAfter.value_or(delay));
  settlement.due = end.now + delay;
  park(settlement, end);
}

}  // namespace

std::optional<Millis> retryDelay(const RetrySettings& settings, std::uint32_t attempts, double draw) {
  if (attempts == 0 || attempts > settings.schedule.size()) return std::nullopt;
  const auto delay = settings.schedule[attempts - 1];
  return delay + Millis{static_cast<Millis::rep>(static_cast<double>(delay.count()) * settings.jitter * draw)};
}

ports::Settlement settlementOf(const Claim& claim, const AttemptEnd& end, const RetrySettings& settings) {
  auto settlement = base(claim, SettleAction::Complete);
  if (end.result.outcome == Outcome::Released) return releaseOf(claim);
  settlement.attempt = recordOf(claim, end);
  switch (end.result.outcome) {
    case Outcome::Delivered:
    case Outcome::Released:
      break;
    case Outcome::Gone:
      settlement.action = SettleAction::PauseGone;
      break;
    case Outcome::Refused:
      settlement.action = SettleAction::PauseRefused;
      break;
    case Outcome::Permanent:
      settlement.action = SettleAction::Bury;
      settlement.reason = DeathReason::Permanent;
      break;
    case Outcome::Retryable: {
      const auto delay = retryDelay(settings, claim.message.attempts, end.draw);
      if (delay) {
        scheduleRetry(settlement, end, *delay);
      } else {
        settlement.action = SettleAction::Bury;
        settlement.reason = DeathReason::Exhausted;
        park(settlement, end);
      }
      break;
    }
  }
  return settlement;
}

ports::Settlement burialOf(const Claim& claim, DeathReason reason) {
  auto settlement = base(claim, SettleAction::Bury);
  settlement.reason = reason;
  return settlement;
}

ports::Settlement releaseOf(const Claim& claim, Instant notBefore) {
  auto settlement = base(claim, SettleAction::Release);
  settlement.due = notBefore;
  return settlement;
}

}  // namespace lull::dispatch
