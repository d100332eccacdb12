#include <lull/history/lag_buckets.hpp>
#include <lull/history/roll_up.hpp>

#include <gtest/gtest.h>

namespace lull::history {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant kHour = *parseRfc3339("2026-11-23T21:00:00Z");

ports::HistoryStep stepAt(Millis after, std::uint64_t accepted, std::uint64_t depth = 0) {
  ports::HistoryStep step;
  step.at = kHour + after;
  step.accepted = accepted;
  step.coalesced = 1;
  step.delivered = 2;
  step.failed = 3;
  step.deadLettered = 4;
  step.lagP50 = 20;
  step.lagP99 = 30;
  step.oldestDueAge = Millis{static_cast<std::int64_t>(100 - accepted)};
  step.queueDepth = depth;
  return step;
}

TEST(RollUp, OfTheShortestStepIsWhatWasWritten) {
  const ports::HistoryRecords records{{stepAt(seconds(0), 5, 7), stepAt(seconds(10), 6)}, {}, {}, kHour + seconds(20)};
  const auto steps = rollUp(records, seconds(10));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].at, kHour);
  EXPECT_EQ(steps[0].accepted, 5U);
  EXPECT_EQ(steps[0].coalesced, 1U);
  EXPECT_EQ(steps[0].delivered, 2U);
  EXPECT_EQ(steps[0].failed, 3U);
  EXPECT_EQ(steps[0].deadLettered, 4U);
  EXPECT_EQ(steps[0].lagP50, lagOf(20));
  EXPECT_EQ(steps[0].lagP99, lagOf(30));
  EXPECT_EQ(steps[0].oldestDueAge, Millis{95});
  EXPECT_EQ(steps[0].queueDepth, 7U);
}

TEST(RollUp, AddsCountsAndTakesTheGreatestAgeAndTheLastDepth) {
  ports::HistoryRecords records{{stepAt(seconds(10), 5, 7), stepAt(seconds(50), 6, 9), stepAt(seconds(60), 1, 1)},
                                {{kHour, 40, 41}},
                                {},
                                kHour + seconds(110)};
  auto steps = rollUp(records, minutes(1));
  ASSERT_EQ(steps.size(), 1U) << "the minute that still runs is left out";
  EXPECT_EQ(steps[0].at, kHour);
  EXPECT_EQ(steps[0].accepted, 11U);
  EXPECT_EQ(steps[0].oldestDueAge, Millis{95});
  EXPECT_EQ(steps[0].queueDepth, 9U);
  EXPECT_EQ(steps[0].lagP50, lagOf(40));
  EXPECT_EQ(steps[0].lagP99, lagOf(41));
  records.end = kHour + minutes(2);
  steps = rollUp(records, minutes(1));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[1].lagP50, std::nullopt) << "nothing was delivered in it";
}

TEST(RollUp, OfLongStepsTakesPercentilesOfAllLags) {
  const ports::HistoryRecords records{
      {stepAt(seconds(0), 5), stepAt(minutes(5), 6), stepAt(hours(1), 1)},
      {{kHour, 1, 1}},
      {{kHour, {{10, 60}, {50, 1}}}, {kHour + minutes(5), {{10, 1}, {20, 39}}}, {kHour + minutes(60), {{7, 1}}}},
      kHour + hours(2)};
  const auto fives = rollUp(records, minutes(5));
  ASSERT_EQ(fives.size(), 3U);
  EXPECT_EQ(fives[0].lagP50, lagOf(10));
  EXPECT_EQ(fives[0].lagP99, lagOf(50));
  EXPECT_EQ(fives[1].lagP50, lagOf(20));
  const auto whole = rollUp(records, hours(1));
  ASSERT_EQ(whole.size(), 2U);
  EXPECT_EQ(whole[0].accepted, 11U);
  EXPECT_EQ(whole[0].lagP50, lagOf(10));
  EXPECT_EQ(whole[0].lagP99, lagOf(20)) << "of 101 lags one is longer";
  EXPECT_EQ(whole[1].lagP50, lagOf(7));
}

TEST(RollUp, LeavesOutStepsOfWhichNothingIsKnown) {
  const ports::HistoryRecords records{{stepAt(seconds(0), 5), stepAt(hours(3), 6)}, {}, {}, kHour + hours(9)};
  const auto steps = rollUp(records, hours(1));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[1].at, kHour + hours(3));
}

TEST(EverySlot, FillsTheDayUpToTheSlotThatStillRuns) {
  const auto now = kHour + minutes(12);
  const std::vector<ports::AttemptSlot> slots{
      {kHour - hours(30), {9, 9}}, {kHour, {3, 1}}, {kHour + minutes(10), {5, 5}}};
  const auto all = everySlot(slots, Instant{}, Instant{}, now);
  ASSERT_EQ(all.size(), 288U);
  EXPECT_EQ(all.front().at, kHour + minutes(10) - hours(24));
  EXPECT_EQ(all.back().at, kHour + minutes(5));
  EXPECT_EQ(all[286].counts.attempts, 3U);
  EXPECT_EQ(all[286].counts.failures, 1U);
  EXPECT_EQ(all.back().counts.attempts, 0U);
}

TEST(EverySlot, BeginsWithTheEndpointOrWhereItIsAskedTo) {
  const auto now = kHour + minutes(12);
  EXPECT_EQ(everySlot({}, Instant{}, kHour - minutes(1), now).size(), 3U);
  EXPECT_EQ(everySlot({}, kHour + minutes(1), Instant{}, now).size(), 1U) << "slots that begin then or later";
  EXPECT_EQ(everySlot({}, kHour, Instant{}, now).size(), 2U);
  EXPECT_TRUE(everySlot({}, now, Instant{}, now).empty());
}

}  // namespace
}  // namespace lull::history
