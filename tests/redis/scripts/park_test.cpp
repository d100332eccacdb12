#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Answers of 429 and 503 with Retry-After: the receiver is alive and says when it wants the next request.
class ParkRules : public ScriptHarness {
 protected:
  ParkRules() { createEndpoint("a"); }

  void putMany(int count) {
    for (const auto& key : manyKeys(count)) put(key, kNow);
  }
  void complete(const std::vector<Claimed>& claims, std::int64_t now) {
    std::vector<Settle> settlements;
    for (const auto& each : claims) settlements.push_back({.action = "c", .claim = each});
    EXPECT_EQ(settle(settlements, now).first, static_cast<std::int64_t>(claims.size()));
  }
};

TEST_F(ParkRules, ParkOnlyTheirEndpointAndDoNotMoveBack) {
  createEndpoint("b");
  putMany(2);
  const auto claims = claim(kNow, {"a"}).claims;
  ASSERT_EQ(claims.size(), 2U);
  settleOne({.action = "p", .claim = claims[0], .due = kNow + 9'000}, kNow);
  settleOne({.action = "p", .claim = claims[1], .due = kNow + 1'000}, kNow);
  EXPECT_EQ(state("a", "gate"), text(kNow + 9'000));
  EXPECT_EQ(score(names_.wakeIndex(), "a"), kNow + 9'000);
  EXPECT_THAT(claim(kNow + 8'999, {"a"}).claims, IsEmpty());
  EXPECT_EQ(claim(kNow + 8'999, {"b"}).claims.size(), 2U);
  EXPECT_EQ(claim(kNow + 9'000, {"a"}).claims.size(), 1U);
}

TEST_F(ParkRules, SpendNoAttemptAndNoEntryOfTheSchedule) {
  settings_.failures = 1;
  put("1n7", kNow);
  const auto first = claimOne("a", kNow);
  settleOne({.action = "p", .claim = first, .due = kNow + 1'000, .flags = 0}, kNow + 5);
  const auto m = message("a", "1n7").value();
  EXPECT_EQ(m.attempts, 0U);
  EXPECT_EQ(m.step, 0U);
  EXPECT_EQ(m.entryDue, kNow);
  EXPECT_EQ(m.due, kNow + 5) << "it waits for the gate only";
  EXPECT_EQ(m.idSeq, first.message.idSeq);
  EXPECT_EQ(m.firstFailed, kNow + 5);
  EXPECT_EQ(historyOf("a", "1n7").size(), 1U) << "what the receiver said is kept";
  EXPECT_EQ(state("a", "openUntil"), "");
  EXPECT_EQ(state("a", "fails"), "");
  EXPECT_EQ(state("a", "streak"), "1") << "and shown";
  const auto again = claimOne("a", kNow + 1'000);
  EXPECT_EQ(again.message.attempts, 1U);
  EXPECT_EQ(again.message.idSeq, first.message.idSeq);
}

TEST_F(ParkRules, LeaveTheNewsThatCameMeanwhileAnIdOfItsOwn) {
  put("1n7", kNow, "old");
  const auto first = claimOne("a", kNow);
  put("1n7", kNow + 1, "new");
  settleOne({.action = "p", .claim = first, .due = kNow + 1'000}, kNow + 5);
  EXPECT_EQ(message("a", "1n7")->idSeq, 2U) << "the receiver saw the old content";
  EXPECT_EQ(message("a", "1n7")->due, kNow + 5);
}

TEST_F(ParkRules, StillLetMessagesGrowTooOld) {
  settings_.maxAge = 10'000;
  park("a", "1n7", kNow + 11'000);
  EXPECT_EQ(claimOne("a", kNow + 11'000).flags, kTooOld);
}

TEST_F(ParkRules, LetNothingGrowOlderWhileABrokerIsAway) {
  constexpr int kAgeless = 32;
  settings_.maxAge = 10'000;
  put("1n7", kNow);
  settleOne({.action = "p", .claim = claimOne("a", kNow + 6'000), .due = kNow + 600'000, .flags = kAgeless},
            kNow + 6'000);
  const auto again = claimOne("a", kNow + 600'000);
  EXPECT_NE(again.flags, kTooOld) << "it is 6 s old, not 600";
  settleOne({.action = "p", .claim = again, .due = kNow + 601'000, .flags = kAgeless}, kNow + 600'000);
  EXPECT_EQ(state("a", "pausedTotal"), text(595'000));
  EXPECT_EQ(claimOne("a", kNow + 605'001).flags, kTooOld) << "and 10 s old once its clock has gone on";
}

TEST_F(ParkRules, AddUpOnlyTheTimeThatNobodyCountedYet) {
  constexpr int kAgeless = 32;
  putMany(2);
  const auto claims = claim(kNow, {"a"}).claims;
  ASSERT_EQ(claims.size(), 2U);
  settleOne({.action = "p", .claim = claims[0], .due = kNow + 9'000, .flags = kAgeless}, kNow + 1'000);
  settleOne({.action = "p", .claim = claims[1], .due = kNow + 9'500, .flags = kAgeless}, kNow + 1'200);
  EXPECT_EQ(state("a", "pausedTotal"), text(8'500));
}

// A host that drops packets: each attempt waits in vain for as long as the park that follows.
TEST_F(ParkRules, LetNothingGrowOlderDuringTheAttemptsThatFoundTheBrokerAway) {
  constexpr int kAgeless = 32;
  settings_.maxAge = 10'000;
  put("1n7", kNow);
  auto now = kNow;
  for (int round = 0; round < 4; ++round) {
    const auto claimed = claimOne("a", now);
    ASSERT_NE(claimed.flags, kTooOld) << round;
    settleOne({.action = "p", .claim = claimed, .due = now + 10'000, .flags = kAgeless, .began = now}, now + 5'000);
    now += 10'000;
  }
  EXPECT_EQ(state("a", "pausedTotal"), text(40'000));
}

TEST_F(ParkRules, AddUpTheTimeOfAttemptsThatRanAtOnceOnce) {
  constexpr int kAgeless = 32;
  putMany(2);
  const auto claims = claim(kNow, {"a"}).claims;
  ASSERT_EQ(claims.size(), 2U);
  for (const auto& each : claims)
    settleOne({.action = "p", .claim = each, .due = kNow + 9'000, .flags = kAgeless, .began = kNow + 100},
              kNow + 5'000);
  EXPECT_EQ(state("a", "pausedTotal"), text(8'900));
}

TEST_F(ParkRules, MustSayWhenTheAttemptBeganThatFoundTheBrokerAway) {
  put("1n7", kNow);
  auto call = settleCall({{.action = "p", .claim = claimOne("a", kNow), .due = kNow + 1, .flags = 32}}, kNow);
  call.arguments.back() = "";
  expectRefused(call, "LULLARG settlement");
}

TEST_F(ParkRules, PutTheMessageBehindThoseThatWait) {
  putMany(2);
  const auto first = claim(kNow, {"a"}, 1, 1).claims.at(0);
  ASSERT_EQ(first.key, "1n0");
  settleOne({.action = "p", .claim = first, .due = kNow + 1'000}, kNow + 1);
  EXPECT_EQ(claimOne("a", kNow + 1'000).key, "1n1") << "one that is always parked must not hold up the others";
}

TEST_F(ParkRules, AreFollowedByOneMessageThenTwiceAsManyUpToTheLimit) {
  park("a", "1n90", kNow + 1'000);
  putMany(40);
  const auto now = kNow + 1'000;
  std::vector<std::size_t> sizes;
  for (int round = 0; round < 5; ++round) {
    const auto claims = claim(now, {"a"}, 10).claims;
    EXPECT_THAT(claim(now, {"a"}, 10).claims, IsEmpty()) << "until one is answered";
    sizes.push_back(claims.size());
    complete(claims, now);
  }
  EXPECT_THAT(sizes, ElementsAre(1, 2, 4, 8, 10));
}

TEST_F(ParkRules, AreForgottenWhenAsManyAreInFlightAsAnyEndpointMayHave) {
  park("a", "1n90", kNow + 1'000);
  putMany(3);
  redis({"HSET", names_.state("a"), "ramp", "1023"});
  const auto claims = claim(kNow + 1'000, {"a"}).claims;
  ASSERT_EQ(claims.size(), 4U);
  complete({claims[0]}, kNow + 1'000);
  EXPECT_EQ(state("a", "ramp"), "1024");
  complete({claims[1]}, kNow + 1'000);
  EXPECT_EQ(state("a", "ramp"), "0");
}

// A process that is short of sockets claims with a limit of one. That must not end the ramp for other processes.
TEST_F(ParkRules, AreNotForgottenByWhoeverMayClaimOneOnly) {
  park("a", "1n90", kNow + 1'000);
  putMany(20);
  complete(claim(kNow + 1'000, {"a"}, 1).claims, kNow + 1'000);
  complete(claim(kNow + 1'000, {"a"}, 1).claims, kNow + 1'000);
  EXPECT_EQ(claim(kNow + 1'000, {"a"}, 16).claims.size(), 3U);
}

TEST_F(ParkRules, StartOverWithAFurtherOne) {
  park("a", "1n90", kNow + 1'000);
  putMany(20);
  complete(claim(kNow + 1'000, {"a"}).claims, kNow + 1'000);
  const auto claims = claim(kNow + 1'000, {"a"}).claims;
  ASSERT_EQ(claims.size(), 2U);
  settleOne({.action = "p", .claim = claims[0], .due = kNow + 2'000}, kNow + 1'010);
  complete({claims[1]}, kNow + 1'020);
  EXPECT_EQ(state("a", "ramp"), "1") << "an answer to what was sent before says nothing of afterwards";
  EXPECT_EQ(claim(kNow + 2'000, {"a"}).claims.size(), 1U);
}

TEST_F(ParkRules, LetExpiredMessagesBeBuriedBesideTheOneThatIsSent) {
  settings_.maxAge = 60'000;
  park("a", "1n90", kNow + 70'000);
  putMany(5);
  put("1n98", kNow + 69'000);
  put("1n99", kNow + 69'000);
  const auto claims = claim(kNow + 70'000, {"a"}).claims;
  ASSERT_EQ(claims.size(), 7U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(claims[i].flags, kTooOld) << i;
  EXPECT_EQ(claims[6].key, "1n98");
  EXPECT_EQ(claims[6].flags, 0);
}

TEST_F(ParkRules, GiveAnOpenBreakersProbeBackTheReceiverSaidWhenToComeAgain) {
  settings_.failures = 1;
  put("1n1", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 1}, kNow);
  const auto at = kNow + settings_.probe;
  settleOne({.action = "p", .claim = claimOne("a", at), .due = at + 1'000, .flags = kProbe}, at + 5);
  EXPECT_THAT(claim(at + 999, {"a"}).claims, IsEmpty());
  const auto next = claimOne("a", at + 1'000);
  EXPECT_EQ(next.flags, kWasProbe) << "it is still open";
  settleOne({.action = "c", .claim = next}, at + 1'000);
  EXPECT_EQ(state("a", "streak"), "0");
  EXPECT_EQ(state("a", "openUntil"), "0");
}

TEST_F(ParkRules, ALostLeaseDoesNotKeepEverybodyAskingWhileNothingMoreMayBeSent) {
  putMany(4);
  const auto claims = claim(kNow, {"a"}, 10, 3).claims;
  ASSERT_EQ(claims.size(), 3U);
  settleOne({.action = "p", .claim = claims[0], .due = kNow + 1'000}, kNow);
  settings_.lease = 60'000;
  const auto now = kNow + 30'000;  // the other leases were lost
  const auto reply = claim(now, {"a"}, 10);
  ASSERT_EQ(reply.claims.size(), 1U);
  EXPECT_EQ(reply.claims[0].key, claims[1].key) << "what was lost goes first";
  EXPECT_THAT(reply.ready, IsEmpty());
  EXPECT_EQ(reply.nextWake, now + settings_.lease);
}

}  // namespace
}  // namespace lull::redis
