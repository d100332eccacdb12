#include <lull/dispatch/attempt_slots.hpp>

#include <gtest/gtest.h>

namespace lull::dispatch {
namespace {

using std::chrono::milliseconds;

const auto kStart = AttemptSlots::Clock::time_point{} + std::chrono::hours(1);

TEST(AttemptSlots, YoungAttemptsTakeSharedSlots) {
  AttemptSlots slots(2, 100);
  EXPECT_EQ(slots.free(kStart), 2U);
  const auto first = slots.take("a", kStart);
  slots.take("a", kStart);
  EXPECT_EQ(slots.free(kStart), 0U);
  slots.giveBack(first);
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
  slots.giveBack(first);
  EXPECT_TRUE(slots.runs("a"));
  slots.giveBack(second);
  EXPECT_FALSE(slots.runs("a"));
  EXPECT_EQ(slots.socketsLeft(), 3U);
}

}  // namespace
}  // namespace lull::dispatch
