// The buckets that tell how fast each principal may call.
#include <lull/auth/rate_limiter.hpp>

#include <gtest/gtest.h>

#include <string>

namespace lull::auth {
namespace {

using namespace std::chrono_literals;

class RateLimiterTest : public ::testing::Test {
 protected:
  /// How many requests of the principal are let through at this moment.
  static int admitted(RateLimiter& by, const std::string& principal) {
    int count = 0;
    while (count < 1'000'000 && by.admit(principal) == 0ns) ++count;
    return count;
  }

  RateLimiter::Time now{};
  RateLimiter limiter{3, [this] { return now; }};
};

TEST_F(RateLimiterTest, HoldsWhatASecondBringsAndFillsSteadily) {
  EXPECT_EQ(admitted(limiter, "dam"), 3);
  now += 333ms;
  EXPECT_EQ(admitted(limiter, "dam"), 0);
  now += 1ms;
  EXPECT_EQ(admitted(limiter, "dam"), 1);
  now += 1h;
  EXPECT_EQ(admitted(limiter, "dam"), 3) << "a bucket holds no more than a second";
}

TEST_F(RateLimiterTest, SaysHowLongToWaitAndTakesNothingForIt) {
  admitted(limiter, "dam");
  const auto wait = limiter.admit("dam");
  EXPECT_GT(wait, 333ms);
  EXPECT_LE(wait, 334ms);
  EXPECT_EQ(limiter.admit("dam"), wait) << "asking in vain made the wait longer";
  now += wait;
  EXPECT_EQ(limiter.admit("dam"), 0ns);
}

TEST_F(RateLimiterTest, CountsEachPrincipalForItself) {
  admitted(limiter, "dam");
  EXPECT_EQ(admitted(limiter, "cms"), 3);
}

TEST_F(RateLimiterTest, LetsEverythingThroughAtZero) {
  RateLimiter off(0, [this] { return now; });
  EXPECT_EQ(admitted(off, "dam"), 1'000'000);
}

TEST_F(RateLimiterTest, KeepsABoundedNumberOfBuckets) {
  admitted(limiter, "dam");
  now += 1s;  // later than the sweep at the epoch
  limiter.admit("dam");
  for (std::size_t i = 0; i < RateLimiter::kMostPrincipals; ++i) limiter.admit("made-up-" + std::to_string(i));
  EXPECT_EQ(admitted(limiter, "dam"), 2) << "others took the bucket away";
  EXPECT_LT(admitted(limiter, "newcomer") + admitted(limiter, "another newcomer"), 6) << "they share one bucket";
  now += 10s;
  EXPECT_EQ(admitted(limiter, "newcomer"), 3) << "full buckets make room";
}

}  // namespace
}  // namespace lull::auth
