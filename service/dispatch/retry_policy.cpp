#include <lull/dispatch/retry_policy.hpp>
#include <lull/domain/recorded_attempt.hpp>

#include <algorithm>

namespace lull::dispatch {

namespace {

using ports::SettleAction;

ports::Settlement base(const Claim& claim, SettleAction action) {
  ports::Settlement settlement;
  settlement.action = action;
  settlement.endpoint = claim.endpoint;
  settlement.key = claim.key;
  settlement.token = claim.token;
  settlement.probe = claim.probe;
  return settlement;
}

// A Retry-After of no length ("0", or a date that has passed), or a message that is set aside under a schedule that has
// no delay for it, must not lead to attempts without a pause.
constexpr Millis kShortestPause{1000};

void park(ports::Settlement& settlement, const AttemptEnd& end) {
  settlement.action = SettleAction::Park;
  settlement.due = end.now + std::max(*end.result.retryAfter, kShortestPause);
}

// Delay = max(schedule, Retry-After).
void scheduleRetry(ports::Settlement& settlement, const Claim& claim, const AttemptEnd& end,
                   const RetrySettings& settings) {
  settlement.sign = ports::BreakerSign::Failed;
  settlement.action = SettleAction::Reschedule;
  settlement.step = claim.step;
  settlement.due = claim.entryDue;
  if (!claim.broughtForward) {
    const auto delay = retryDelay(settings, claim.step, end.draw);
    if (!delay) {
      settlement.action = SettleAction::Bury;
      settlement.reason = DeathReason::Exhausted;
      return;
    }
    ++settlement.step;
    settlement.due = end.now + *delay;
  }
  settlement.due = std::max(settlement.due, end.now + end.result.retryAfter.value_or(Millis{0}));
}

// What is set aside comes again in the order in which it was, so no delay of it is drawn at random.
constexpr double kWithoutJitter = 0;

// Set aside without an error: it waits for the first entry of the schedule, again and again, and uses up none.
void skip(ports::Settlement& settlement, const Claim& claim, const AttemptEnd& end, const RetrySettings& settings) {
  const auto first = retryDelay(settings, 0, kWithoutJitter).value_or(Millis{0});
  settlement.action = SettleAction::SetAside;
  settlement.uncounted = true;
  settlement.step = claim.step;
  settlement.due = end.now + (first > Millis{0} ? first : kShortestPause);
}

// The receiver took the message and says itself what became of it, so it lives.
void follow(ports::Settlement& settlement, const Claim& claim, const AttemptEnd& end, const RetrySettings& settings) {
  switch (end.result.answer->result) {
    case ReceiverResult::Ok:
      return;
    case ReceiverResult::Error:
      scheduleRetry(settlement, claim, end, settings);
      break;
    case ReceiverResult::ErrorAndSkip:
      scheduleRetry(settlement, claim, {end.result, end.startedAt, end.now, kWithoutJitter}, settings);
      if (settlement.action == SettleAction::Reschedule) settlement.action = SettleAction::SetAside;
      break;
    case ReceiverResult::SkipNow:
      skip(settlement, claim, end, settings);
      break;
  }
  settlement.sign = ports::BreakerSign::Lives;
}

// A stop of this process ended the attempt, so nothing is known of the receiver: the breaker does not count it and it
// uses up no entry of the schedule. The request may have arrived all the same, so the next attempt follows after the
// delay of that entry.
void tryAgain(ports::Settlement& settlement, const Claim& claim, const AttemptEnd& end, const RetrySettings& settings) {
  const auto last = settings.schedule.empty() ? Millis{0} : settings.schedule.back();
  settlement.action = SettleAction::Reschedule;
  settlement.step = claim.step;
  settlement.due =
      claim.broughtForward ? claim.entryDue : end.now + retryDelay(settings, claim.step, end.draw).value_or(last);
}

}  // namespace

std::optional<Millis> retryDelay(const RetrySettings& settings, std::uint32_t step, double draw) {
  if (step >= settings.schedule.size()) return std::nullopt;
  const auto delay = settings.schedule[step];
  return delay + Millis{static_cast<Millis::rep>(static_cast<double>(delay.count()) * settings.jitter * draw)};
}

ports::Settlement settlementOf(const Claim& claim, const AttemptEnd& end, const RetrySettings& settings) {
  auto settlement = base(claim, SettleAction::Complete);
  const bool parks = end.result.parks && end.result.retryAfter;
  if (end.result.outcome == Outcome::Released && !parks) return releaseOf(claim);
  settlement.attempt = recordOf(claim.message, end.result, end.startedAt);
  if (end.result.answer) {
    follow(settlement, claim, end, settings);
    return settlement;
  }
  switch (end.result.outcome) {
    case Outcome::Delivered:
      break;
    case Outcome::Released:
      settlement.ageless = true;
      settlement.began = end.startedAt;
      park(settlement, end);
      break;
    case Outcome::Held:
      settlement.action = SettleAction::Hold;
      settlement.pause = end.result.pause.value_or(PauseOrder{});
      break;
    case Outcome::Permanent:
      settlement.action = SettleAction::Bury;
      settlement.reason = DeathReason::Permanent;
      // Without an answer the message could not be sent at all, which tells nothing about the receiver.
      if (end.result.code) settlement.sign = ports::BreakerSign::Lives;
      break;
    case Outcome::Retryable:
      if (end.result.cutOff)
        tryAgain(settlement, claim, end, settings);
      else if (parks)
        park(settlement, end);
      else
        scheduleRetry(settlement, claim, end, settings);
      break;
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
