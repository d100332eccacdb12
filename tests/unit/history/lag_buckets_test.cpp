#include <lull/history/lag_buckets.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace lull::history {
namespace {

TEST(LagBuckets, TellALagToWithinNinePercentAndHalfAMillisecond) {
  for (std::int64_t lag = 1; lag < 700'000'000; lag += 1 + lag / 97) {
    const auto told = static_cast<double>(lagOf(bucketOf(Millis{lag})).count());
    EXPECT_LE(std::abs(told - static_cast<double>(lag)), 0.091 * static_cast<double>(lag) + 0.5) << lag << " ms";
  }
}

TEST(LagBuckets, AscendAndKeepTheEndsInside) {
  EXPECT_EQ(bucketOf(Millis{-5}), 0U);
  EXPECT_EQ(bucketOf(Millis{0}), 0U);
  EXPECT_EQ(lagOf(0), Millis{0});
  EXPECT_EQ(bucketOf(Millis{1}), 1U);
  EXPECT_EQ(bucketOf(Millis{1024}), 41U) << "a bound belongs to the bucket above it";
  EXPECT_EQ(bucketOf(Millis{1023}), 40U);
  EXPECT_EQ(bucketOf(Millis::max()), kLagBuckets - 1);
}

TEST(Percentile, IsTheSmallestLagThatTheShareDoesNotExceed) {
  EXPECT_EQ(percentile({}, 0.5), std::nullopt);
  EXPECT_EQ(percentile({{7, 0}}, 0.5), std::nullopt);
  EXPECT_EQ(percentile({{7, 1}}, 0.5), 7U);
  EXPECT_EQ(percentile({{7, 1}, {9, 1}}, 0.5), 7U);
  EXPECT_EQ(percentile({{7, 1}, {9, 2}}, 0.5), 9U);
  EXPECT_EQ(percentile({{7, 99}, {9, 1}}, 0.99), 7U);
  EXPECT_EQ(percentile({{7, 98}, {9, 2}}, 0.99), 9U);
}

}  // namespace
}  // namespace lull::history
