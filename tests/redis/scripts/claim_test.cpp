#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ClaimScript : public ScriptHarness {
 protected:
  ClaimScript() { createEndpoint("a"); }
  void putMany(int count) {
    std::vector<Admitted> events;
    for (const auto& key : manyKeys(count)) events.push_back({.key = key});
    admit(events, kNow);
    fire(kNow, 1'000'000, 100'000);
  }
};

TEST_F(ClaimScript, ClaimingMarksTheAttemptCountsItAndLeasesUnderANewToken) {
  put("1n7", kNow);
  const auto reply = claim(kNow + 40, {"a"});
  ASSERT_EQ(reply.claims.size(), 1U);
  const auto& m = reply.claims[0].message;
  EXPECT_EQ(reply.claims[0].endpoint, "a");
  EXPECT_EQ(reply.claims[0].key, "1n7");
  EXPECT_EQ(reply.claims[0].flags, 0);
  EXPECT_TRUE(m.leased());
  EXPECT_TRUE(m.attempted());
  EXPECT_EQ(m.attempts, 1U);
  EXPECT_EQ(m.token, 1U);
  EXPECT_EQ(m.due, kNow);
  EXPECT_EQ(score(names_.leases("a"), "1n7"), kNow + 40 + settings_.lease);
  EXPECT_FALSE(score(names_.queue("a"), "1n7"));
  EXPECT_EQ(reply.revision, 1);
  EXPECT_EQ(reply.takenOver, 0);
  EXPECT_EQ(reply.nextWake, kNow + 40 + settings_.lease) << "looked at again when the lease expires";
  EXPECT_THAT(claim(kNow + 40, {"a"}).claims, IsEmpty()) << "leased only once";
}

TEST_F(ClaimScript, TheTimeOfTheFirstClaimStaysWithTheContent) {
  put("1n7", kNow);
  EXPECT_EQ(message("a", "1n7")->sent, 0);
  settleOne({.action = "x", .claim = claimOne("a", kNow + 10)}, kNow + 20);
  EXPECT_EQ(message("a", "1n7")->sent, 0) << "a request that never began does not count";
  const auto first = claimOne("a", kNow + 40);
  EXPECT_EQ(first.message.sent, kNow + 40);
  settleOne({.action = "r", .claim = first, .due = kNow + 900}, kNow + 50);
  const auto second = claimOne("a", kNow + 900);
  EXPECT_EQ(second.message.sent, kNow + 40);
  settleOne({.action = "r", .claim = second, .due = kNow + 2'000}, kNow + 910);
  put("1n7", kNow + 1'000);
  const auto newer = claimOne("a", kNow + 60'000);
  EXPECT_NE(newer.message.idSeq, first.message.idSeq);
  EXPECT_EQ(newer.message.sent, kNow + 60'000);
}

TEST_F(ClaimScript, MessagesAreClaimedByDueTimeAndOnlyWhenDue) {
  put("1n3", kNow + 10);
  settleOne({.action = "r", .claim = claimOne("a", kNow + 10), .due = kNow + 900}, kNow + 10);
  put("1n2", kNow + 20);
  put("1n1", kNow + 30);
  const auto reply = claim(kNow + 899, {"a"});
  ASSERT_EQ(reply.claims.size(), 2U);
  EXPECT_EQ(reply.claims[0].key, "1n2");
  EXPECT_EQ(reply.claims[1].key, "1n1");
  EXPECT_EQ(reply.nextWake, kNow + 900);
  EXPECT_EQ(claimOne("a", kNow + 900).key, "1n3");
}

TEST_F(ClaimScript, TheLimitOfLeasesHoldsAcrossCallsAndTheMostOfACallWithinOne) {
  putMany(10);
  EXPECT_EQ(claim(kNow, {"a"}, 5, 3).claims.size(), 3U);
  EXPECT_EQ(claim(kNow, {"a"}, 5, 3).claims.size(), 2U);
  const auto full = claim(kNow, {"a"}, 5, 3);
  EXPECT_THAT(full.claims, IsEmpty());
  EXPECT_THAT(full.ready, IsEmpty()) << "an endpoint at its limit is not named as ready";
}

TEST_F(ClaimScript, TheMostOfTheWholeCallCountsOverItsEndpoints) {
  createEndpoint("b");
  putMany(3);
  auto call = claimCall(kNow, {"a", "b"}, 10, 10);
  call.arguments[1] = "4";
  const auto reply = run(call);
  EXPECT_EQ(reply.items.at(3).integer, 4);
  EXPECT_EQ(reply.items.back().text, "b") << "what is left is ready";
}

TEST_F(ClaimScript, WithoutEndpointsItOnlyTellsWhoIsReady) {
  createEndpoint("b", 2);
  put("1n7", kNow);
  put("2n7", kNow + 500);
  const auto before = snapshot();
  const auto reply = claim(kNow + 100, {});
  EXPECT_THAT(reply.ready, ElementsAre("a"));
  EXPECT_EQ(reply.nextWake, kNow + 500);
  EXPECT_EQ(snapshot(), before);
}

TEST_F(ClaimScript, NothingQueuedClaimsNothing) {
  const auto reply = claim(kNow, {"a", "unknown"});
  EXPECT_THAT(reply.claims, IsEmpty());
  EXPECT_THAT(reply.ready, IsEmpty());
  EXPECT_EQ(reply.nextWake, -1);
}

TEST_F(ClaimScript, AnExpiredLeaseIsTakenOverUnderANewTokenWithTheSameContent) {
  put("1n7", kNow);
  const auto first = claimOne("a", kNow);
  EXPECT_THAT(claim(kNow + settings_.lease - 1, {"a"}).claims, IsEmpty());
  const auto reply = claim(kNow + settings_.lease, {"a"});
  ASSERT_EQ(reply.claims.size(), 1U);
  EXPECT_EQ(reply.takenOver, 1);
  EXPECT_EQ(reply.claims[0].message.idSeq, first.message.idSeq);
  EXPECT_EQ(reply.claims[0].message.attempts, 2U);
  EXPECT_EQ(reply.claims[0].message.losses, 1U);
  EXPECT_EQ(reply.claims[0].message.token, 2U);
}

TEST_F(ClaimScript, TakingOverAbsorbsTheSuccessorAsANewGeneration) {
  put("1n7", kNow, "old");
  claimOne("a", kNow);
  put("1n7", kNow + 1'000, "new");
  const auto m = claimOne("a", kNow + settings_.lease).message;
  EXPECT_EQ(m.idSeq, 2U);
  EXPECT_EQ(m.upto, 2U);
  EXPECT_EQ(m.data, "new");
  EXPECT_EQ(m.attempts, 2U);
  EXPECT_EQ(m.losses, 0U) << "the new content has lost no lease";
  EXPECT_FALSE(successor("a", "1n7"));
  EXPECT_EQ(counter("superseded"), 1);
}

TEST_F(ClaimScript, LossesInARowAreCountedUntilAnAttemptIsReported) {
  put("1n7", kNow);
  auto now = kNow;
  auto claimed = claimOne("a", now);
  for (std::uint64_t losses = 1; losses <= 3; ++losses) {
    now += settings_.lease;
    claimed = claimOne("a", now);
    EXPECT_EQ(claimed.message.losses, losses);
  }
  settleOne({.action = "r", .claim = claimed, .due = now}, now);
  EXPECT_EQ(message("a", "1n7")->losses, 0U);
}

TEST_F(ClaimScript, MessagesOfARemovedBitAreCancelledWithTheirSuccessors) {
  createEndpoint("b");
  put("1n1", kNow);
  claim(kNow, {"a"});
  put("1n1", kNow + 1);
  put("1n2", kNow + 1);
  put("2n2", kNow + 1);
  replaceEndpoint("a", 2, true, kNow + 2);
  const auto reply = claim(kNow + settings_.lease, {"a"});
  ASSERT_EQ(reply.claims.size(), 1U);
  EXPECT_EQ(reply.claims[0].key, "2n2");
  EXPECT_EQ(counter("cancelled"), 3);
  EXPECT_EQ(redis({"HLEN", names_.messages("b")}).integer, 3) << "another endpoint's queue is its own";
}

TEST_F(ClaimScript, AMessageOlderThanMaxAgeIsFlaggedAndPausedTimeIsNotCounted) {
  settings_.maxAge = 10'000;
  put("1n1", kNow);
  replaceEndpoint("a", 15, false, kNow + 4'000);
  put("1n2", kNow + 50'000);  // queued during the pause
  replaceEndpoint("a", 15, true, kNow + 104'000);
  auto reply = claim(kNow + 110'000, {"a"});
  ASSERT_EQ(reply.claims.size(), 2U);
  EXPECT_EQ(reply.claims[0].flags, 0) << "4 s before the pause and 6 s after it";
  settle({{.action = "x", .claim = reply.claims[0]}, {.action = "x", .claim = reply.claims[1]}}, kNow + 110'000);
  reply = claim(kNow + 110'001, {"a"});
  ASSERT_EQ(reply.claims.size(), 2U);
  EXPECT_EQ(reply.claims[0].key, "1n1");
  EXPECT_EQ(reply.claims[0].flags, kTooOld);
  EXPECT_EQ(reply.claims[1].flags, 0);
  settleOne({.action = "x", .claim = reply.claims[1]}, kNow + 110'001);
  EXPECT_EQ(claimOne("a", kNow + 114'001).flags, kTooOld) << "its age began with the end of the pause";
}

TEST_F(ClaimScript, NewerContentRestartsTheAge) {
  settings_.maxAge = 10'000;
  put("1n1", kNow);
  put("1n1", kNow + 9'000);
  EXPECT_EQ(claimOne("a", kNow + 19'000).flags, 0);
}

TEST_F(ClaimScript, ABatchOfAThousandIsClaimedAndSettledInOneCallEach) {
  putMany(1000);
  const auto reply = claim(kNow, {"a"});
  ASSERT_EQ(reply.claims.size(), 1000U);
  std::vector<Settle> settlements;
  for (const auto& c : reply.claims) settlements.push_back({.action = "c", .claim = c});
  EXPECT_EQ(settle(settlements, kNow).first, 1000);
  EXPECT_EQ(counter("delivered"), 1000);
  EXPECT_EQ(redis({"EXISTS", names_.messages("a"), names_.leases("a"), names_.queue("a")}).integer, 0);
  EXPECT_EQ(redis({"LLEN", names_.attempts("a")}).integer, 200) << "the attempt log is bounded";
}

TEST_F(ClaimScript, WrongInputIsRefused) {
  put("1n7", kNow);
  const auto good = claimCall(kNow, {"a"}, 10, 10);
  expectTypesChecked(good);
  createLanes("b", Lanes::Item);
  expectTypesChecked(claimCall(kNow, {"b"}, 10, 10));
  auto bad = good;
  bad.arguments.pop_back();
  expectRefused(bad, "LULLARG");
  for (const std::size_t place : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 8U, 9U, 10U}) {
    bad = good;
    bad.arguments[place] = "x";
    expectRefused(bad, "LULLARG");
  }
  bad.arguments.clear();
  expectRefused(bad, "LULLARG");
}

TEST_F(ClaimScript, AValueThatCannotBeReadLeavesTheQueueAsItWas) {
  put("1n7", kNow);
  put("1n8", kNow);
  const auto whole = redis({"HGET", names_.messages("a"), "1n8"}).text;
  redis({"HSET", names_.messages("a"), "1n8", "damaged"});
  EXPECT_TRUE(claim(kNow, {"a"}).claims.empty());
  EXPECT_EQ(redis({"ZCARD", names_.queue("a")}).integer, 2);
  EXPECT_EQ(redis({"ZCARD", names_.leases("a")}).integer, 0);
  redis({"HSET", names_.messages("a"), "1n8", whole});
  EXPECT_EQ(claim(kNow, {"a"}).claims.size(), 2U);
}

TEST_F(ClaimScript, AFullRedisDrains) {
  putMany(100);
  claim(kNow, {"a"}, 10, 10);
  fillUp();
  const auto reply = claim(kNow + settings_.lease, {"a"});
  EXPECT_EQ(reply.claims.size(), 100U);
  EXPECT_EQ(reply.takenOver, 10);
  std::vector<Settle> settlements;
  for (const auto& c : reply.claims) settlements.push_back({.action = "c", .claim = c});
  EXPECT_EQ(settle(settlements, kNow + settings_.lease).first, 100);
}

}  // namespace
}  // namespace lull::redis
