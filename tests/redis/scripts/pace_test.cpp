#include "harness.hpp"

#include <deque>
#include <numeric>

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::Ge;

/// Endpoints that may begin so many attempts a second. Every claim here is of an attempt that begins.
class PaceScript : public ScriptHarness {
 protected:
  /// Claims whatever may be claimed, and says it was delivered; returns how many.
  std::size_t send(std::int64_t now, const std::string& id = "a") {
    const auto reply = claim(now, {id});
    std::vector<Settle> settled;
    for (const auto& one : reply.claims) settled.push_back({.action = "c", .claim = one});
    if (!settled.empty()) settle(settled, now);
    return reply.claims.size();
  }
  void queue(int count, const std::string& id = "a") {
    tell(manyKeys(count), kNow);
    while (redis({"LLEN", names_.stream()}).integer > 0) fan(kNow);
    ASSERT_EQ(redis({"HLEN", names_.messages(id)}).integer, count);
  }
  std::int64_t wake(const std::string& id = "a") { return score(names_.wakeIndex(), id).value_or(-1); }
};

TEST_F(PaceScript, BeginsAHundredMillisecondsWorthAtOnceAndThenOneATurn) {
  createLanes("a", Lanes::Each);
  limitRate("a", 50);
  queue(100);
  EXPECT_EQ(send(kNow), 5U);
  EXPECT_EQ(send(kNow), 0U);
  EXPECT_EQ(wake(), kNow + 20) << "when the next turn begins, so nobody asks in vain";
  EXPECT_EQ(send(kNow + 19), 0U);
  EXPECT_EQ(send(kNow + 20), 1U);
  EXPECT_EQ(send(kNow + 60), 2U);
  EXPECT_EQ(send(kNow + 10'000), 5U) << "what was not used is not saved up";
}

class PaceOf : public PaceScript, public ::testing::WithParamInterface<int> {};

TEST_P(PaceOf, NoHundredMillisecondsSeeMoreThanTwiceTheirShare) {
  const auto rate = GetParam();
  constexpr std::int64_t kWatched = 2, kTick = 10, kTicks = 100 / kTick;
  createLanes("a", Lanes::Each);
  limitRate("a", static_cast<std::uint16_t>(rate));
  settings_.mostQueued = 100'000;
  queue(3 * rate);
  std::deque<std::size_t> lately;
  std::size_t inAll = 0, most = 0;
  for (std::int64_t at = 0; at < kWatched * 1000; at += kTick) {
    lately.push_back(send(kNow + at));
    inAll += lately.back();
    if (lately.size() > kTicks) lately.pop_front();
    most = std::max(most, std::accumulate(lately.begin(), lately.end(), std::size_t{0}));
  }
  EXPECT_LE(most, std::max<std::size_t>(static_cast<std::size_t>(rate) / 5, 1));
  EXPECT_NEAR(static_cast<double>(inAll), static_cast<double>(kWatched * rate), 0.1 * rate + 1);
}

INSTANTIATE_TEST_SUITE_P(All, PaceOf, ::testing::Values(1, 7, 10, 30, 50, 333, 1000));

TEST_F(PaceScript, CountsWhatFiringAndSettlingLease) {
  createEndpoint("a");
  limitRate("a", 20);
  permits_ = 100;
  nextMost_ = 100;
  admit({{.key = "1n1"}, {.key = "1n2"}, {.key = "1n3"}, {.key = "1n4"}}, kNow);
  const auto fired = fire(kNow);
  EXPECT_EQ(fired.items.at(6).integer, 2) << "two may begin at once";
  EXPECT_EQ(redis({"ZCARD", names_.queue("a")}).integer, 2);
  EXPECT_EQ(wake(), kNow + 50);
  EXPECT_EQ(send(kNow), 0U);
  EXPECT_EQ(send(kNow + 50), 1U);
}

TEST_F(PaceScript, DoesNotHoldUpTheWindowsOfOthers) {
  createEndpoint("a");
  createEndpoint("b");
  limitRate("a", 1);
  permits_ = 100;
  stopsWhenFull_ = true;
  admit({{.key = "1n1"}, {.key = "1n2"}, {.key = "1n3"}}, kNow);
  const auto fired = fire(kNow);
  EXPECT_EQ(fired.items.at(0).integer, 3);
  EXPECT_EQ(redis({"ZCARD", names_.leases("b")}).integer, 3);
  EXPECT_EQ(redis({"ZCARD", names_.leases("a")}).integer, 1);
}

TEST_F(PaceScript, ANewRateHoldsAtOnceAndKeepsWhatHasBegun) {
  createLanes("a", Lanes::Each);
  limitRate("a", 10);
  queue(200);
  EXPECT_EQ(send(kNow), 1U);
  limitRate("a", 10, kNow);
  EXPECT_EQ(send(kNow + 50), 0U) << "an edit gives no turn away";
  limitRate("a", 1000, kNow + 50);
  EXPECT_THAT(send(kNow + 50), Ge(10U));
  limitRate("a", 0, kNow + 50);
  EXPECT_EQ(state("a", "pace"), "");
  EXPECT_THAT(send(kNow + 50), Ge(1U));
}

TEST_F(PaceScript, APaceThatCannotBeReadLimitsNothing) {
  createLanes("a", Lanes::Each);
  for (const std::string pace : {"x", "0 0", "10", "10 9007199254740991"}) {
    queue(1);
    redis({"HSET", names_.state("a"), "pace", pace});
    EXPECT_THAT(send(kNow), Ge(1U)) << pace;
  }
}

}  // namespace
}  // namespace lull::redis
