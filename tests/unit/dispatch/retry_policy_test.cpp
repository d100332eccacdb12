#include <lull/dispatch/retry_policy.hpp>

#include <gtest/gtest.h>

namespace lull::dispatch {
namespace {

using ports::SettleAction;
using std::chrono::seconds;

const RetrySettings kTwoRetries{{seconds(5), seconds(60)}, 0.2};
const Instant kNow = instantOf(1'000'000);

Claim claimAt(std::uint32_t attempts) {
  Claim claim;
  claim.endpoint = "ep_a";
  claim.message.id = "msg_1";
  claim.message.key = {1, ItemId(7)};
  claim.message.attempts = attempts;
  claim.token = 42;
  return claim;
}

AttemptEnd endOf(Outcome outcome, std::optional<int> status = std::nullopt,
                 std::optional<Millis> retryAfter = std::nullopt) {
  AttemptResult result;
  result.outcome = outcome;
  result.status = status;
  result.retryAfter = retryAfter;
  result.parks = status == 429 || status == 503;
  return {result, kNow - seconds(1), kNow, 0.0};
}

TEST(RetryDelay, FollowsTheScheduleAndThenEnds) {
  EXPECT_EQ(retryDelay(kTwoRetries, 1, 0.0), seconds(5));
  EXPECT_EQ(retryDelay(kTwoRetries, 2, 0.0), seconds(60));
  EXPECT_EQ(retryDelay(kTwoRetries, 3, 0.0), std::nullopt);
  EXPECT_EQ(retryDelay({{}, 0.2}, 1, 0.0), std::nullopt) << "an empty schedule makes one attempt";
}

TEST(RetryDelay, JitterOnlyLengthensAndIsBounded) {
  EXPECT_EQ(retryDelay(kTwoRetries, 1, 0.5), Millis(5500));
  EXPECT_LT(*retryDelay(kTwoRetries, 1, 0.999999), seconds(6));
}

TEST(SettlementOf, KeepsTheClaimsIdentity) {
  const auto settlement = settlementOf(claimAt(1), endOf(Outcome::Delivered, 200), kTwoRetries);
  EXPECT_EQ(settlement.action, SettleAction::Complete);
  EXPECT_EQ(settlement.endpoint, "ep_a");
  EXPECT_EQ(settlement.token, 42U);
  ASSERT_TRUE(settlement.attempt);
  EXPECT_EQ(settlement.attempt->at, kNow - seconds(1)) << "the log names the start of the attempt";
  EXPECT_EQ(settlement.attempt->attempt, 1U);
}

TEST(SettlementOf, ReschedulesWhatMaySucceedLater) {
  const auto settlement = settlementOf(claimAt(2), endOf(Outcome::Retryable, 500), kTwoRetries);
  EXPECT_EQ(settlement.action, SettleAction::Reschedule);
  EXPECT_EQ(settlement.due, kNow + seconds(60));
  EXPECT_FALSE(settlement.parkedUntil);
  EXPECT_TRUE(settlement.countsForBreaker);
}

TEST(SettlementOf, RetryAfterOfOtherStatusesDelaysItsMessageOnly) {
  const auto longer = settlementOf(claimAt(1), endOf(Outcome::Retryable, 500, seconds(90)), kTwoRetries);
  EXPECT_EQ(longer.due, kNow + seconds(90));
  EXPECT_FALSE(longer.parkedUntil);
  EXPECT_TRUE(longer.countsForBreaker);
  const auto shorter = settlementOf(claimAt(1), endOf(Outcome::Retryable, 500, seconds(1)), kTwoRetries);
  EXPECT_EQ(shorter.due, kNow + seconds(5)) << "the schedule is the least";
}

TEST(SettlementOf, RetryAfterParksAndIsNoFaultOfTheBreaker) {
  const auto longer = settlementOf(claimAt(1), endOf(Outcome::Retryable, 503, seconds(30)), kTwoRetries);
  EXPECT_EQ(longer.due, kNow + seconds(5)) << "the park holds it back, so that a resume lets it go";
  EXPECT_EQ(longer.parkedUntil, kNow + seconds(30));
  EXPECT_FALSE(longer.countsForBreaker);
  const auto shorter = settlementOf(claimAt(1), endOf(Outcome::Retryable, 503, seconds(1)), kTwoRetries);
  EXPECT_EQ(shorter.due, kNow + seconds(5));
  EXPECT_EQ(shorter.parkedUntil, kNow + seconds(1));
}

TEST(SettlementOf, BuriesTheLastAttemptAsExhausted) {
  const auto settlement = settlementOf(claimAt(3), endOf(Outcome::Retryable, 500), kTwoRetries);
  EXPECT_EQ(settlement.action, SettleAction::Bury);
  EXPECT_EQ(settlement.reason, DeathReason::Exhausted);
}

TEST(SettlementOf, TakesEachOtherOutcomeForWhatItIs) {
  const auto action = [](Outcome outcome) { return settlementOf(claimAt(1), endOf(outcome, 410), kTwoRetries).action; };
  EXPECT_EQ(action(Outcome::Permanent), SettleAction::Bury);
  EXPECT_EQ(action(Outcome::Gone), SettleAction::PauseGone);
  EXPECT_EQ(action(Outcome::Refused), SettleAction::PauseRefused);
  const auto released = settlementOf(claimAt(1), endOf(Outcome::Released), kTwoRetries);
  EXPECT_EQ(released.action, SettleAction::Release);
  EXPECT_FALSE(released.attempt) << "a request that never began is no attempt";
}

TEST(BurialOf, HasNoAttempt) {
  const auto burial = burialOf(claimAt(4), DeathReason::Expired);
  EXPECT_EQ(burial.action, SettleAction::Bury);
  EXPECT_EQ(burial.reason, DeathReason::Expired);
  EXPECT_FALSE(burial.attempt);
}

}  // namespace
}  // namespace lull::dispatch
