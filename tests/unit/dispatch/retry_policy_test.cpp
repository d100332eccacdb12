#include <lull/dispatch/retry_policy.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lull::dispatch {
namespace {

using ports::BreakerSign;
using ports::SettleAction;
using std::chrono::seconds;

const RetrySettings kTwoRetries{{seconds(5), seconds(60)}, 0.2};
const Instant kNow = instantOf(1'000'000);

/// Of a message whose schedule has `step` entries used up, made when that wants it.
Claim claimAt(std::uint32_t step) {
  Claim claim;
  claim.endpoint = "ep_a";
  claim.message.id = "msg_1";
  claim.message.key = {1, ItemId(7)};
  claim.key = MessageKey::ofItem(claim.message.key);
  claim.message.attempts = step + 1;
  claim.step = step;
  claim.entryDue = kNow - seconds(2);
  claim.token = 42;
  return claim;
}

/// The schedule wants its next attempt only `in` from now.
Claim broughtForward(std::uint32_t step, Millis in) {
  auto claim = claimAt(step);
  claim.entryDue = kNow + in;
  claim.broughtForward = true;
  return claim;
}

AttemptEnd endOf(Outcome outcome, std::optional<int> status = std::nullopt,
                 std::optional<Millis> retryAfter = std::nullopt) {
  AttemptResult result;
  result.outcome = outcome;
  result.code = status;
  result.retryAfter = retryAfter;
  result.parks = status == 429 || status == 503;
  return {result, kNow - seconds(1), kNow, 0.0};
}

TEST(RetryDelay, FollowsTheScheduleAndThenEnds) {
  EXPECT_EQ(retryDelay(kTwoRetries, 0, 0.0), seconds(5));
  EXPECT_EQ(retryDelay(kTwoRetries, 1, 0.0), seconds(60));
  EXPECT_EQ(retryDelay(kTwoRetries, 2, 0.0), std::nullopt);
  EXPECT_EQ(retryDelay({{}, 0.2}, 0, 0.0), std::nullopt) << "an empty schedule makes one attempt";
}

TEST(RetryDelay, JitterOnlyLengthensAndIsBounded) {
  EXPECT_EQ(retryDelay(kTwoRetries, 0, 0.5), Millis(5500));
  EXPECT_LT(*retryDelay(kTwoRetries, 0, 0.999999), seconds(6));
}

TEST(SettlementOf, KeepsTheClaimsIdentity) {
  const auto settlement = settlementOf(claimAt(0), endOf(Outcome::Delivered, 200), kTwoRetries);
  EXPECT_EQ(settlement.action, SettleAction::Complete);
  EXPECT_EQ(settlement.endpoint, "ep_a");
  EXPECT_EQ(settlement.token, 42U);
  ASSERT_TRUE(settlement.attempt);
  EXPECT_EQ(settlement.attempt->at, kNow - seconds(1)) << "the log names the start of the attempt";
  EXPECT_EQ(settlement.attempt->attempt, 1U);
}

TEST(SettlementOf, ReschedulesWhatMaySucceedLaterAndUsesUpAnEntry) {
  const auto settlement = settlementOf(claimAt(1), endOf(Outcome::Retryable, 500), kTwoRetries);
  EXPECT_EQ(settlement.action, SettleAction::Reschedule);
  EXPECT_EQ(settlement.due, kNow + seconds(60));
  EXPECT_EQ(settlement.step, 2U);
  EXPECT_EQ(settlement.sign, BreakerSign::Failed);
}

TEST(SettlementOf, AnAttemptThatWasBroughtForwardUsesUpNoEntryAndWaitsForTheScheduleAgain) {
  const auto settlement = settlementOf(broughtForward(1, seconds(40)), endOf(Outcome::Retryable, 500), kTwoRetries);
  EXPECT_EQ(settlement.action, SettleAction::Reschedule);
  EXPECT_EQ(settlement.due, kNow + seconds(40));
  EXPECT_EQ(settlement.step, 1U);
  EXPECT_EQ(settlement.sign, BreakerSign::Failed) << "the receiver failed all the same";
}

TEST(SettlementOf, ExhaustedIsTheAttemptOfTheLastEntryNotOneBeforeIt) {
  const auto early = settlementOf(broughtForward(2, seconds(1)), endOf(Outcome::Retryable, 500), kTwoRetries);
  EXPECT_EQ(early.action, SettleAction::Reschedule);
  EXPECT_EQ(early.due, kNow + seconds(1));
  const auto last = settlementOf(claimAt(2), endOf(Outcome::Retryable, 500), kTwoRetries);
  EXPECT_EQ(last.action, SettleAction::Bury);
  EXPECT_EQ(last.reason, DeathReason::Exhausted);
  EXPECT_EQ(last.sign, BreakerSign::Failed);
}

TEST(SettlementOf, HowOftenItWasAttemptedDoesNotExhaustIt) {
  auto busy = broughtForward(0, seconds(3));
  busy.message.attempts = 1000;
  EXPECT_EQ(settlementOf(busy, endOf(Outcome::Retryable, 500), kTwoRetries).action, SettleAction::Reschedule);
  busy = claimAt(1);
  busy.message.attempts = 1000;
  EXPECT_EQ(settlementOf(busy, endOf(Outcome::Retryable, 500), kTwoRetries).action, SettleAction::Reschedule);
}

TEST(SettlementOf, RetryAfterOfOtherStatusesDelaysItsMessageOnly) {
  const auto longer = settlementOf(claimAt(0), endOf(Outcome::Retryable, 500, seconds(90)), kTwoRetries);
  EXPECT_EQ(longer.action, SettleAction::Reschedule);
  EXPECT_EQ(longer.due, kNow + seconds(90));
  EXPECT_EQ(longer.sign, BreakerSign::Failed);
  const auto shorter = settlementOf(claimAt(0), endOf(Outcome::Retryable, 500, seconds(1)), kTwoRetries);
  EXPECT_EQ(shorter.due, kNow + seconds(5)) << "the schedule is the least";
  const auto early =
      settlementOf(broughtForward(0, seconds(2)), endOf(Outcome::Retryable, 500, seconds(9)), kTwoRetries);
  EXPECT_EQ(early.due, kNow + seconds(9));
  EXPECT_EQ(early.step, 0U);
}

TEST(SettlementOf, RetryAfterParksAndSpendsNothing) {
  for (const int status : {429, 503}) {
    const auto parked = settlementOf(claimAt(2), endOf(Outcome::Retryable, status, seconds(30)), kTwoRetries);
    EXPECT_EQ(parked.action, SettleAction::Park) << "also of the last entry";
    EXPECT_EQ(parked.due, kNow + seconds(30));
    EXPECT_EQ(parked.sign, BreakerSign::None);
    EXPECT_TRUE(parked.attempt) << "it stands in the log";
  }
  const auto plain = settlementOf(claimAt(0), endOf(Outcome::Retryable, 503), kTwoRetries);
  EXPECT_EQ(plain.action, SettleAction::Reschedule) << "without a Retry-After it is a failure like any other";
}

TEST(SettlementOf, ABrokerThatIsAwayParksWithoutAChargeAndWithoutAging) {
  auto away = endOf(Outcome::Released, std::nullopt, seconds(3));
  away.result.parks = true;
  away.startedAt = kNow - seconds(5);
  away.result.sentence = "The broker fs is away.";
  const auto parked = settlementOf(claimAt(2), away, kTwoRetries);
  EXPECT_EQ(parked.action, SettleAction::Park);
  EXPECT_EQ(parked.due, kNow + seconds(3));
  EXPECT_EQ(parked.sign, BreakerSign::None);
  EXPECT_TRUE(parked.ageless);
  EXPECT_EQ(parked.began, away.startedAt);
  ASSERT_TRUE(parked.attempt);
  EXPECT_EQ(parked.attempt->outcome, Outcome::Released);
  EXPECT_EQ(parked.attempt->sentence, "The broker fs is away.");
  const auto asked = settlementOf(claimAt(2), endOf(Outcome::Retryable, 503, seconds(30)), kTwoRetries);
  EXPECT_FALSE(asked.ageless) << "a receiver that asks for a pause is there";
  EXPECT_EQ(settlementOf(claimAt(0), endOf(Outcome::Released, std::nullopt, seconds(3)), kTwoRetries).action,
            SettleAction::Release);
}

TEST(SettlementOf, AParkLastsASecondAtLeast) {
  const auto parked = settlementOf(claimAt(0), endOf(Outcome::Retryable, 503, seconds(0)), kTwoRetries);
  EXPECT_EQ(parked.action, SettleAction::Park);
  EXPECT_EQ(parked.due, kNow + seconds(1)) << "or it would be asked again and again without a pause";
}

TEST(SettlementOf, APermanentStatusShowsThatTheReceiverLives) {
  const auto judged = settlementOf(claimAt(0), endOf(Outcome::Permanent, 422), kTwoRetries);
  EXPECT_EQ(judged.action, SettleAction::Bury);
  EXPECT_EQ(judged.sign, BreakerSign::Lives);
  const auto unsendable = settlementOf(claimAt(0), endOf(Outcome::Permanent), kTwoRetries);
  EXPECT_EQ(unsendable.action, SettleAction::Bury);
  EXPECT_EQ(unsendable.sign, BreakerSign::None) << "nobody was asked";
}

TEST(SettlementOf, WhatOurOwnStopCutOffIsNoFaultOfTheReceiverAndUsesUpNothing) {
  auto end = endOf(Outcome::Retryable);
  end.result.cutOff = true;
  const auto first = settlementOf(claimAt(0), end, kTwoRetries);
  EXPECT_EQ(first.action, SettleAction::Reschedule);
  EXPECT_EQ(first.due, kNow + seconds(5));
  EXPECT_EQ(first.step, 0U);
  EXPECT_EQ(first.sign, ports::BreakerSign::None);
  const auto last = settlementOf(claimAt(2), end, kTwoRetries);
  EXPECT_EQ(last.action, SettleAction::Reschedule) << "no message dies of our stop";
  EXPECT_EQ(last.due, kNow + seconds(60));
  EXPECT_EQ(last.step, 2U);
  EXPECT_EQ(settlementOf(broughtForward(1, seconds(30)), end, kTwoRetries).due, kNow + seconds(30));
  EXPECT_EQ(settlementOf(claimAt(0), end, {{}, 0.2}).action, SettleAction::Reschedule);
}

TEST(SettlementOf, TakesEachOtherOutcomeForWhatItIs) {
  const auto action = [](Outcome outcome) { return settlementOf(claimAt(0), endOf(outcome, 410), kTwoRetries).action; };
  EXPECT_EQ(action(Outcome::Permanent), SettleAction::Bury);
  EXPECT_EQ(action(Outcome::Held), SettleAction::Hold);
  const auto released = settlementOf(claimAt(0), endOf(Outcome::Released), kTwoRetries);
  EXPECT_EQ(released.action, SettleAction::Release);
  EXPECT_FALSE(released.attempt) << "a request that never began is no attempt";
}

TEST(SettlementOf, PassesOnWhatTheChannelWantsDoneWithTheEndpoint) {
  auto end = endOf(Outcome::Held, 410);
  end.result.pause = PauseOrder{PausedReason::Gone, "It is gone.", true};
  const auto settlement = settlementOf(claimAt(0), end, kTwoRetries);
  ASSERT_TRUE(settlement.pause);
  EXPECT_EQ(settlement.pause->reason, PausedReason::Gone);
  EXPECT_EQ(settlement.pause->notice, "It is gone.");
  EXPECT_TRUE(settlement.pause->answered);
  EXPECT_EQ(outcomeWord(settlement.attempt.value()), "gone");
}

struct ResultRow {
  ReceiverResult result;
  Claim claim;
  SettleAction action;
  Instant due;
  std::uint32_t step;
};

AttemptEnd answeredBy(ReceiverResult result) {
  auto end = endOf(result == ReceiverResult::Ok ? Outcome::Delivered : Outcome::Retryable, 200);
  end.result.answer = ReceiverAnswer{result, "It said so."};
  end.result.sentence = "It said so.";
  return end;
}

std::string about(const ResultRow& row) {
  return std::string(toString(row.result)) + " at step " + std::to_string(row.claim.step) +
         (row.claim.broughtForward ? ", brought forward" : "");
}

TEST(SettlementOf, TheReceiversResultDecides) {
  using enum ReceiverResult;
  const auto first = claimAt(0);  // the schedule has two entries: all are there, the last is there, none is left
  const auto last = claimAt(1);
  const auto spent = claimAt(2);
  const auto early = broughtForward(1, seconds(40));
  const auto earlyAtTheEnd = broughtForward(2, seconds(40));
  const std::vector<ResultRow> rows{
      {Ok, first, SettleAction::Complete, {}, 0},
      {Ok, last, SettleAction::Complete, {}, 0},
      {Ok, spent, SettleAction::Complete, {}, 0},
      {Ok, early, SettleAction::Complete, {}, 0},
      {Ok, earlyAtTheEnd, SettleAction::Complete, {}, 0},
      {Error, first, SettleAction::Reschedule, kNow + seconds(5), 1},
      {Error, last, SettleAction::Reschedule, kNow + seconds(60), 2},
      {Error, spent, SettleAction::Bury, {}, 2},
      {Error, early, SettleAction::Reschedule, kNow + seconds(40), 1},
      {Error, earlyAtTheEnd, SettleAction::Reschedule, kNow + seconds(40), 2},
      {ErrorAndSkip, first, SettleAction::SetAside, kNow + seconds(5), 1},
      {ErrorAndSkip, last, SettleAction::SetAside, kNow + seconds(60), 2},
      {ErrorAndSkip, spent, SettleAction::Bury, {}, 2},
      {ErrorAndSkip, early, SettleAction::SetAside, kNow + seconds(40), 1},
      {ErrorAndSkip, earlyAtTheEnd, SettleAction::SetAside, kNow + seconds(40), 2},
      {SkipNow, first, SettleAction::SetAside, kNow + seconds(5), 0},
      {SkipNow, last, SettleAction::SetAside, kNow + seconds(5), 1},
      {SkipNow, spent, SettleAction::SetAside, kNow + seconds(5), 2},
      {SkipNow, early, SettleAction::SetAside, kNow + seconds(5), 1},
      {SkipNow, earlyAtTheEnd, SettleAction::SetAside, kNow + seconds(5), 2},
  };
  for (const auto& row : rows) {
    const auto settlement = settlementOf(row.claim, answeredBy(row.result), kTwoRetries);
    EXPECT_EQ(settlement.action, row.action) << about(row);
    if (row.action != SettleAction::Complete && row.action != SettleAction::Bury) {
      EXPECT_EQ(settlement.due, row.due) << about(row);
    }
    if (row.action == SettleAction::Bury) {
      EXPECT_EQ(settlement.reason, DeathReason::Exhausted) << about(row);
    } else {
      EXPECT_EQ(settlement.step, row.step) << about(row);
    }
    EXPECT_EQ(settlement.uncounted, row.result == SkipNow) << about(row);
    EXPECT_EQ(settlement.sign, row.result == Ok ? BreakerSign::None : BreakerSign::Lives) << about(row);
    ASSERT_TRUE(settlement.attempt) << about(row);
    EXPECT_EQ(settlement.attempt->result, row.result) << about(row);
    EXPECT_EQ(settlement.attempt->sentence, "It said so.") << about(row);
    EXPECT_EQ(outcomeWord(*settlement.attempt), row.result == Ok ? "delivered" : "retryable") << about(row);
  }
}

TEST(SettlementOf, WhatIsSkippedWithoutAnErrorNeverComesAgainAtOnce) {
  const auto due = [](const RetrySettings& settings, double draw, ReceiverResult result = ReceiverResult::SkipNow) {
    auto end = answeredBy(result);
    end.draw = draw;
    const auto settlement = settlementOf(claimAt(0), end, settings);
    EXPECT_EQ(settlement.action, SettleAction::SetAside);
    return settlement.due - kNow;
  };
  EXPECT_EQ(due(kTwoRetries, 0.5), seconds(5)) << "without jitter, so that they come again in their order";
  EXPECT_EQ(due(kTwoRetries, 0.5, ReceiverResult::ErrorAndSkip), seconds(5));
  EXPECT_EQ(due({{}, 0.2}, 0.9), seconds(1)) << "a schedule without entries gives no delay";
  EXPECT_EQ(due({{Millis{0}, seconds(9)}, 0.2}, 0.9), seconds(1)) << "nor does an entry of no length";
  EXPECT_EQ(due({{Millis{20}}, 0.0}, 0.0), Millis{20});
}

TEST(SettlementOf, AnErrorUnderAScheduleWithoutEntriesIsBuried) {
  for (const auto result : {ReceiverResult::Error, ReceiverResult::ErrorAndSkip}) {
    EXPECT_EQ(settlementOf(claimAt(0), answeredBy(result), {{}, 0.2}).action, SettleAction::Bury);
  }
}

TEST(BurialOf, HasNoAttempt) {
  const auto burial = burialOf(claimAt(1), DeathReason::Expired);
  EXPECT_EQ(burial.action, SettleAction::Bury);
  EXPECT_EQ(burial.reason, DeathReason::Expired);
  EXPECT_FALSE(burial.attempt);
}

}  // namespace
}  // namespace lull::dispatch
