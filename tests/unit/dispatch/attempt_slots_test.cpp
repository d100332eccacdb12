#include <lull/dispatch/attempt_slots.hpp>

#include <gtest/gtest.h>

namespace lull::dispatch {
namespace {

using std::chrono::milliseconds;

const auto kStart = AttemptSlots::SteadyClock::time_point{} + std::chrono::hours(1);

TEST(AttemptSlots, YoungAttemptsTakeSharedSlots) {
  AttemptSlots slots(2, 100);
  EXPECT_EQ(slots.free(kStart), 2U);
  const auto first = slots.take("a", kStart);
  slots.take("a", kStart);
  EXPECT_EQ(slots.free(kStart), 0U);
  slots.giveBack(first, true, kStart);
  EXPECT_EQ(slots.free(kStart), 1U);
}

TEST(AttemptSlots, AnAttemptOlderThanASecondFreesItsSharedSlot) {
  AttemptSlots slots(2, 100);
  slots.take("a", kStart);
  slots.take("a", kStart);
  EXPECT_EQ(slots.free(kStart + milliseconds(999)), 0U);
  EXPECT_EQ(slots.free(kStart + milliseconds(1000)), 2U);
  EXPECT_EQ(slots.running(), 2U);
}

TEST(AttemptSlots, SocketsBoundWhatHangs) {
  AttemptSlots slots(2, 3);
  for (int i = 0; i < 2; ++i) slots.take("a", kStart);
  const auto later = kStart + milliseconds(1500);
  EXPECT_EQ(slots.free(later), 1U) << "two shared slots are free, but only one socket";
  slots.take("a", later);
  EXPECT_EQ(slots.free(later), 0U);
  EXPECT_EQ(slots.free(later + milliseconds(5000)), 0U) << "age gives no socket back";
}

TEST(AttemptSlots, KnowsOfWhichEndpointsSomethingRuns) {
  AttemptSlots slots(2, 3);
  const auto first = slots.take("a", kStart);
  const auto second = slots.take("a", kStart);
  EXPECT_TRUE(slots.runs("a"));
  EXPECT_FALSE(slots.runs("b"));
  EXPECT_EQ(slots.socketsLeft(), 1U);
  slots.giveBack(first, true, kStart);
  EXPECT_TRUE(slots.runs("a"));
  slots.giveBack(second, true, kStart);
  EXPECT_FALSE(slots.runs("a"));
  EXPECT_EQ(slots.socketsLeft(), 3U);
}

TEST(AttemptSlots, AnEndpointAnswersWhenItsLastAttemptWasShortAndNoneHangs) {
  AttemptSlots slots(2, 100);
  EXPECT_FALSE(slots.answers("a", kStart)) << "nothing is known of it";
  const auto first = slots.take("a", kStart);
  EXPECT_FALSE(slots.answers("a", kStart));
  slots.giveBack(first, true, kStart + milliseconds(999));
  EXPECT_TRUE(slots.answers("a", kStart + milliseconds(999)));
  const auto later = kStart + milliseconds(2000);
  const auto second = slots.take("a", later);
  EXPECT_TRUE(slots.answers("a", later + milliseconds(999)));
  EXPECT_FALSE(slots.answers("a", later + milliseconds(1000))) << "one hangs";
  slots.giveBack(second, true, later + milliseconds(1000));
  EXPECT_FALSE(slots.answers("a", later + milliseconds(1000))) << "the last one was long";
  slots.giveBack(slots.take("a", later), true, later);
  EXPECT_TRUE(slots.answers("a", later));
  slots.giveBack(slots.take("a", later), false, later);
  EXPECT_FALSE(slots.answers("a", later)) << "refused at once is no answer";
}

TEST(AttemptSlots, WhatOthersTakeOfTheSharedSlotsIsThereForThoseThatAnswer) {
  AttemptSlots slots(4, 100);
  slots.giveBack(slots.take("well", kStart), true, kStart);
  for (int i = 0; i < 4; ++i) slots.take("unknown", kStart);
  EXPECT_EQ(slots.free(kStart), 0U);
  EXPECT_EQ(slots.freeForAnswering(kStart), 4U);
  for (int i = 0; i < 3; ++i) slots.take("well", kStart);
  EXPECT_EQ(slots.freeForAnswering(kStart), 1U) << "among themselves they share what there is";
  slots.take("well", kStart);
  EXPECT_EQ(slots.freeForAnswering(kStart), 0U);
  EXPECT_EQ(slots.freeForAnswering(kStart + milliseconds(1000)), 4U);
}

TEST(AttemptSlots, SocketsOfTheSecondHalfAreSharedSoThatEveryEndpointFindsSome) {
  AttemptSlots slots(1000, 200);
  const auto later = kStart + milliseconds(1500);
  for (int i = 0; i < 99; ++i) slots.take("hangs", kStart);
  EXPECT_EQ(slots.socketsFor("hangs", 4, later), 200U) << "the first half is for whoever comes";
  slots.take("hangs", kStart);
  EXPECT_EQ(slots.socketsFor("hangs", 4, later), 25U) << "a fair share of the second half";
  // Of the other 100, 75 belong to the three endpoints of which nothing runs; a sixteenth of the rest is spare.
  EXPECT_EQ(slots.socketsFor("well", 4, later), 26U);
  EXPECT_EQ(slots.socketsFor("well", 4, kStart), 26U);
  EXPECT_EQ(slots.socketsFor("hangs", 4, kStart + milliseconds(500)), 26U) << "nobody knows yet that it hangs";
  EXPECT_EQ(slots.socketsFor("well", 50, later), 2U);
  EXPECT_EQ(slots.socketsFor("well", 1000, later), 1U) << "never none";
}

}  // namespace
}  // namespace lull::dispatch
