#include <lull/jobs/pace.hpp>

#include <gtest/gtest.h>

namespace lull::jobs {
namespace {

using std::chrono::milliseconds;
constexpr std::size_t kMost = 100;

/// Moves as a loop does that looks every `look`, each step taking `took`; returns how many were moved within `time`.
std::size_t movedIn(std::uint32_t rate, milliseconds time, milliseconds look, milliseconds took = milliseconds(0)) {
  Ticks now{};
  Pace pace(rate, now);
  std::size_t moved = 0;
  while (now - Ticks{} < time) {
    const auto some = pace.allowance(now, kMost);
    pace.spend(some, now, now + took);
    moved += some;
    now += look + took;
  }
  return moved;
}

TEST(Pace, MovesAsManyPerSecondAsWereAskedFor) {
  EXPECT_NEAR(static_cast<double>(movedIn(2000, milliseconds(10'000), milliseconds(20))), 20'000, 200);
  EXPECT_NEAR(static_cast<double>(movedIn(100, milliseconds(10'000), milliseconds(50))), 1'000, 20);
  EXPECT_NEAR(static_cast<double>(movedIn(1, milliseconds(10'000), milliseconds(50))), 10, 1);
}

TEST(Pace, BeginsWithoutABurst) {
  Pace pace(1000, Ticks{});
  EXPECT_EQ(pace.allowance(Ticks{}, kMost), 0U);
  EXPECT_EQ(pace.allowance(Ticks{} + milliseconds(10), kMost), 10U);
}

TEST(Pace, MakesUpForAQuarterOfASecondOnly) {
  Pace pace(1000, Ticks{});
  const auto later = Ticks{} + std::chrono::seconds(60);
  std::size_t moved = 0;
  for (std::size_t some = 1; some > 0; moved += some) {
    some = pace.allowance(later, kMost);
    pace.spend(some, later, later);
  }
  EXPECT_EQ(moved, 250U);
}

TEST(Pace, WithoutARateItRestsAsLongAsItWorked) {
  Pace pace(0, Ticks{});
  EXPECT_EQ(pace.allowance(Ticks{}, kMost), kMost);
  pace.spend(kMost, Ticks{}, Ticks{} + milliseconds(3));
  EXPECT_EQ(pace.allowance(Ticks{} + milliseconds(5), kMost), 0U);
  EXPECT_EQ(pace.rest(Ticks{} + milliseconds(4)), milliseconds(2));
  EXPECT_EQ(pace.allowance(Ticks{} + milliseconds(6), kMost), kMost);
}

TEST(Pace, RestsUntilAFewMayBeMoved) {
  Pace fast(2000, Ticks{});
  EXPECT_EQ(fast.rest(Ticks{}), milliseconds(50)) << "for a hundred";
  EXPECT_EQ(fast.rest(Ticks{} + milliseconds(60)), milliseconds(0));
  Pace slow(2, Ticks{});
  EXPECT_EQ(slow.rest(Ticks{}), milliseconds(500)) << "for one";
}

}  // namespace
}  // namespace lull::jobs
