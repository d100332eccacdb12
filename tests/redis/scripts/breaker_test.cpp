#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::IsEmpty;

/// The breaker, Retry-After and the pauses live in two scripts: settle.lua writes them, claim.lua obeys them.
class BreakerRules : public ScriptHarness {
 protected:
  BreakerRules() {
    settings_.failures = 3;
    createEndpoint("a");
  }
  /// Queues `count` messages and fails each once, due again `later` after now.
  void fail(int count, std::int64_t now, std::int64_t later, int flags = kCounts) {
    for (const auto& key : manyKeys(count)) put(key, now);
    for (int i = 0; i < count; ++i) {
      const auto claimed = claim(now, {"a"}, 1000, 1);
      ASSERT_EQ(claimed.claims.size(), 1U);
      settleOne({.action = "r", .claim = claimed.claims[0], .due = now + later, .flags = flags}, now);
    }
  }
  Claimed probe(std::int64_t now) {
    const auto reply = claim(now, {"a"});
    EXPECT_EQ(reply.claims.size(), 1U);
    if (reply.claims.empty()) return {};
    EXPECT_EQ(reply.claims[0].flags, kWasProbe);
    return reply.claims[0];
  }
  std::int64_t openUntil() {
    const auto value = state("a", "openUntil");
    return value.empty() ? 0 : std::stoll(value);
  }
};

TEST_F(BreakerRules, OpensAfterSoManyFailuresInARow) {
  fail(2, kNow, 100);
  EXPECT_EQ(openUntil(), 0);
  EXPECT_EQ(state("a", "fails"), "2");
  fail(1, kNow + 100, 100);
  EXPECT_EQ(openUntil(), kNow + 100 + settings_.probe);
  EXPECT_THAT(claim(kNow + 100 + settings_.probe - 1, {"a"}).claims, IsEmpty());
}

TEST_F(BreakerRules, ASuccessInBetweenStartsTheCountAgain) {
  fail(2, kNow, 100'000);
  put("1n50", kNow + 1);
  settleOne({.action = "c", .claim = claimOne("a", kNow + 1)}, kNow + 1);
  EXPECT_EQ(state("a", "fails"), "0");
  EXPECT_EQ(state("a", "success"), text(kNow + 1));
}

TEST_F(BreakerRules, ZeroFailuresTurnItOffAndUncountedFailuresDoNotCount) {
  fail(5, kNow, 100, 0);
  EXPECT_EQ(state("a", "fails"), "");
  settings_.failures = 0;
  fail(5, kNow + 100, 100);
  EXPECT_EQ(openUntil(), 0);
}

TEST_F(BreakerRules, OneMessageIsTriedPerProbeTheOldestDue) {
  fail(3, kNow, 1'000);
  const auto at = openUntil();
  const auto first = probe(at);
  EXPECT_EQ(first.key, "1n0");
  EXPECT_EQ(first.message.attempts, 2U) << "a probe counts as an attempt";
  const auto again = claim(at, {"a"});
  EXPECT_THAT(again.claims, IsEmpty());
  EXPECT_THAT(again.ready, IsEmpty());
  EXPECT_THAT(claim(at + settings_.probe, {"a"}).claims, IsEmpty()) << "one probe at a time";
}

TEST_F(BreakerRules, AProbeThatFailsDoublesTheDelayUpToTheLongest) {
  fail(3, kNow, 1'000);
  auto at = openUntil();
  for (const auto step : {20'000, 40'000, 40'000}) {
    const auto claimed = probe(at);
    settleOne({.action = "r", .claim = claimed, .due = at + 1, .flags = kCounts | kProbe}, at + 5);
    EXPECT_EQ(openUntil(), at + 5 + step);
    at = openUntil();
  }
}

TEST_F(BreakerRules, AFailureOfAnEarlierLeaseDoesNotLengthenTheDelay) {
  for (const auto& key : manyKeys(4)) put(key, kNow);
  const auto claims = claim(kNow, {"a"}).claims;
  ASSERT_EQ(claims.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) settleOne({.action = "r", .claim = claims[i], .due = kNow + 1}, kNow);
  const auto until = openUntil();
  settleOne({.action = "r", .claim = claims[3], .due = kNow + 1}, kNow + 50);
  EXPECT_EQ(openUntil(), until);
}

TEST_F(BreakerRules, AProbeThatWasNotSentIsGivenBackSoThatTheNextOneIsTriedAtOnce) {
  fail(3, kNow, 1'000);
  auto at = openUntil();
  settleOne({.action = "x", .claim = probe(at), .flags = kProbe, .unattempted = true}, at + 5);
  EXPECT_EQ(openUntil(), at + 5);
  // The message cannot be sent to any receiver. It is buried, and that says nothing about this receiver.
  settleOne({.action = "b", .claim = probe(at + 5), .flags = kProbe, .reason = 1}, at + 6);
  EXPECT_EQ(openUntil(), at + 6);
  EXPECT_EQ(state("a", "streak"), "3");
  probe(at + 6);
}

TEST_F(BreakerRules, APermanentStatusClosesItAndStartsTheCountAnew) {
  fail(2, kNow, 3'600'000);
  put("1n8", kNow);
  settleOne({.action = "b", .claim = claimOne("a", kNow), .flags = kLives, .reason = 1}, kNow);
  EXPECT_EQ(state("a", "fails"), "0") << "not in a row: it lives";
  EXPECT_EQ(state("a", "streak"), "3") << "yet it was no success";
  settings_.failures = 1;
  put("1n9", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 1}, kNow);
  const auto at = openUntil();
  settleOne({.action = "b", .claim = probe(at), .flags = kLives | kProbe, .reason = 1}, at);
  EXPECT_EQ(openUntil(), 0);
  EXPECT_EQ(claim(at + 1, {"a"}).claims.size(), 2U) << "what it held back is due";
}

TEST_F(BreakerRules, ExpiredMessagesAreNoProbeTheyAreBuriedUntilOneIsSent) {
  settings_.maxAge = 60'000;
  settings_.maxProbe = 3'600'000;
  fail(3, kNow, 1'000);
  for (int i = 10; i < 37; ++i) put("1n" + text(i), kNow);
  const auto at = kNow + 70'000;
  for (const auto* key : {"1n98", "1n99"}) put(key, at - 1);
  ASSERT_EQ(openUntil(), kNow + settings_.probe);
  auto burials = claim(at, {"a"}, 16, 20).claims;
  ASSERT_EQ(burials.size(), 16U) << "a call and an endpoint have their limits here, too";
  for (const auto& each : burials) EXPECT_EQ(each.flags, kTooOld);
  EXPECT_EQ(openUntil(), kNow + settings_.probe) << "nobody has probed";
  std::vector<Settle> settlements;
  for (const auto& each : burials)
    settlements.push_back({.action = "b", .claim = each, .reason = 2, .unattempted = true});
  EXPECT_EQ(settle(settlements, at).first, 16);
  const auto rest = claim(at, {"a"}).claims;
  ASSERT_EQ(rest.size(), 15U) << "14 that are too old, and one to be sent";
  EXPECT_EQ(rest.back().key, "1n98");
  EXPECT_EQ(rest.back().flags, kWasProbe);
  EXPECT_EQ(openUntil(), at + settings_.probe);
  EXPECT_THAT(claim(openUntil(), {"a"}).claims, IsEmpty()) << "one probe at a time";
}

TEST_F(BreakerRules, APoisonedMessageIsNoProbe) {
  put("1n1", kNow);
  auto now = kNow;
  auto claimed = claimOne("a", now);
  for (int loss = 0; loss < 3; ++loss, now += settings_.lease, claimed = claimOne("a", now)) {
    run({"renew",
         {names_.meta(), names_.messages("a"), names_.leases("a"), names_.state("a")},
         {text(now), "1n1", std::to_string(claimed.message.token), text(settings_.lease), "1", "5"}});
  }
  ASSERT_EQ(claimed.flags, kPoisoned);
  settleOne({.action = "x", .claim = claimed, .unattempted = true}, now);
  redis({"HSET", names_.state("a"), "openUntil", text(now), "openStep", text(settings_.probe)});
  put("1n2", now);
  const auto claims = claim(now, {"a"}).claims;
  ASSERT_EQ(claims.size(), 2U);
  EXPECT_EQ(claims[0].flags, kPoisoned);
  EXPECT_EQ(claims[1].flags, kWasProbe);
}

TEST_F(BreakerRules, ALostLeaseThatMayNotBeSentNowStaysAsItIs) {
  settings_.failures = 1;
  for (const auto* key : {"1n1", "1n2", "1n3"}) put(key, kNow);
  auto claims = claim(kNow, {"a"}).claims;
  ASSERT_EQ(claims.size(), 3U);
  put("1n2", kNow + 1);
  settleOne({.action = "r", .claim = claims[2], .due = kNow + 3'600'000}, kNow);
  const auto at = kNow + settings_.lease;
  const auto first = probe(at);
  EXPECT_EQ(first.key, "1n1");
  EXPECT_EQ(message("a", "1n2")->losses, 0U);
  EXPECT_TRUE(successor("a", "1n2"));
  settleOne({.action = "c", .claim = claims[1]}, at);
  EXPECT_EQ(counter("delivered"), 1) << "its late settlement still counts";
}

TEST_F(BreakerRules, AProberThatDiesDoesNotHoldTheBreakerForEver) {
  fail(3, kNow, 1'000);
  const auto at = openUntil();
  probe(at);
  const auto next = probe(at + settings_.lease);
  EXPECT_EQ(next.message.losses, 1U);
  EXPECT_EQ(openUntil(), at + settings_.lease + settings_.probe);
}

TEST_F(BreakerRules, ASuccessClosesItAndMakesWhatWaitsDueAHundredPerVisit) {
  settings_.failures = 0;
  fail(250, kNow, 3'600'000);
  settings_.failures = 1;
  put("1n9999", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 1'000}, kNow);
  const auto now = openUntil();
  ASSERT_EQ(now, kNow + settings_.probe);
  settleOne({.action = "c", .claim = probe(now)}, now + 30);
  EXPECT_EQ(openUntil(), 0);
  EXPECT_EQ(state("a", "sweep"), text(kNow + 3'600'000));
  EXPECT_EQ(score(names_.wakeIndex(), "a"), now + 30);
  std::vector<std::size_t> sizes;
  for (int visit = 0; visit < 4; ++visit) sizes.push_back(claim(now + 40, {"a"}).claims.size());
  EXPECT_THAT(sizes, ::testing::ElementsAre(100, 100, 50, 0));
  EXPECT_EQ(state("a", "sweep"), "");
}

TEST_F(BreakerRules, WhatWaitedGoesInTheOrderOfItsDueTimesAndBeforeWhatComesLater) {
  settings_.failures = 0;
  const auto keys = manyKeys(250);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    put(keys[i], kNow);
    settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 3'600'000 - static_cast<int>(i)}, kNow);
  }
  settings_.failures = 1;
  put("2n1", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 1'000}, kNow);
  const auto now = openUntil();
  settleOne({.action = "c", .claim = probe(now)}, now);
  Words order;
  for (int visit = 0; visit < 5; ++visit) {
    for (const auto& each : claim(now + 40, {"a"}, 1000, 70).claims) order.push_back(each.key);
    if (visit == 0) put("1n-1", now + 40);
  }
  ASSERT_EQ(order.size(), 251U);
  EXPECT_EQ(order.back(), "1n-1") << "although its bytes come first";
  order.pop_back();
  EXPECT_EQ(order, Words(keys.rbegin(), keys.rend()));
  EXPECT_EQ(state("a", "sweepFrom"), "");
}

TEST_F(BreakerRules, GoneAndEgressPauseTheEndpointAndSpendNoAttempt) {
  createEndpoint("b");
  put("1n7", kNow);
  const auto revision = claim(kNow, {}).revision;
  settleOne({.action = "h", .claim = claimOne("a", kNow), .flags = kAnswered, .pause = "gone|Paused."}, kNow + 5);
  settleOne({.action = "h", .claim = claimOne("b", kNow)}, kNow + 5);
  EXPECT_EQ(state("a", "paused"), "gone");
  EXPECT_EQ(state("b", "paused"), "egress");
  for (const auto* id : {"a", "b"}) {
    EXPECT_EQ(state(id, "pausedSince"), text(kNow + 5));
    EXPECT_EQ(state(id, "version"), "2") << "an edit read before must not undo the pause";
    EXPECT_EQ(state(id, "error"), "It failed.");
    EXPECT_EQ(message(id, "1n7")->attempts, 0U);
    EXPECT_EQ(message(id, "1n7")->due, kNow);
    EXPECT_THAT(claim(kNow + 10, {id}).claims, IsEmpty());
  }
  EXPECT_TRUE(message("a", "1n7")->attempted()) << "the receiver saw it";
  EXPECT_FALSE(message("b", "1n7")->attempted()) << "the request never started";
  EXPECT_EQ(claim(kNow, {}).revision, revision + 2);
  replaceEndpoint("a", 15, true, kNow + 20);
  EXPECT_EQ(claimOne("a", kNow + 20).message.idSeq, 1U);
}

TEST_F(BreakerRules, APauseKeepsItsFirstReasonAndTime) {
  put("1n7", kNow);
  const auto claimed = claimOne("a", kNow);
  replaceEndpoint("a", 15, false, kNow + 1);
  settleOne({.action = "h", .claim = claimed, .flags = kAnswered, .pause = "gone|Paused."}, kNow + 2);
  EXPECT_EQ(state("a", "paused"), "operator");
  EXPECT_EQ(state("a", "pausedSince"), text(kNow + 1));
  EXPECT_EQ(state("a", "version"), "2");
}

TEST_F(BreakerRules, ALeaseThatIsStillHeldMaySettleAfterThePause) {
  put("1n7", kNow);
  const auto claimed = claimOne("a", kNow);
  replaceEndpoint("a", 15, false, kNow + 1);
  settleOne({.action = "c", .claim = claimed}, kNow + 2);
  EXPECT_FALSE(message("a", "1n7"));
}

}  // namespace
}  // namespace lull::redis
