#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::IsEmpty;

const std::pair<std::int64_t, std::int64_t> kStale{0, 1};

class SettleScript : public ScriptHarness {
 protected:
  SettleScript() { createEndpoint("a"); }
  Claimed claimed(const std::string& key, const std::string& data = "old") {
    put(key, kNow, data);
    return claimOne("a", kNow);
  }
};

TEST_F(SettleScript, CompletingRemovesTheMessageAndItsHistory) {
  settleOne({.action = "r", .claim = claimed("1n7"), .due = kNow + 100}, kNow + 10);
  EXPECT_EQ(historyOf("a", "1n7").size(), 1U);
  settleOne({.action = "c", .claim = claimOne("a", kNow + 100)}, kNow + 150);
  EXPECT_FALSE(message("a", "1n7"));
  EXPECT_THAT(historyOf("a", "1n7"), IsEmpty());
  EXPECT_EQ(state("a", "success"), text(kNow + 150));
  EXPECT_EQ(counter("delivered"), 1);
  EXPECT_FALSE(score(names_.wakeIndex(), "a"));
  EXPECT_EQ(redis({"LLEN", names_.attempts("a")}).integer, 2) << "every attempt is in the log";
}

TEST_F(SettleScript, CompletingMakesTheSuccessorWaitingWithFreshAttempts) {
  const auto first = claimed("1n7");
  put("1n7", kNow + 1'000, "new");
  settleOne({.action = "c", .claim = first}, kNow + 2'000);
  const auto m = message("a", "1n7").value();
  EXPECT_EQ(m.idSeq, 2U);
  EXPECT_EQ(m.data, "new");
  EXPECT_EQ(m.attempts, 0U);
  EXPECT_EQ(m.step, 0U);
  EXPECT_EQ(m.due, kNow + 1'000);
  EXPECT_EQ(m.entryDue, kNow + 1'000);
  EXPECT_FALSE(successor("a", "1n7"));
  EXPECT_EQ(counter("superseded"), 0);
  EXPECT_EQ(claimOne("a", kNow + 2'000).message.upto, 2U);
}

TEST_F(SettleScript, ReschedulingWaitsForItsDueTimeUnderTheSameId) {
  settleOne({.action = "r", .claim = claimed("1n7"), .due = kNow + 5'000, .step = 1}, kNow + 10);
  const auto m = message("a", "1n7").value();
  EXPECT_EQ(m.idSeq, 1U);
  EXPECT_EQ(m.due, kNow + 5'000);
  EXPECT_EQ(m.step, 1U);
  EXPECT_EQ(m.entryDue, kNow + 5'000);
  EXPECT_EQ(m.firstFailed, kNow + 10);
  EXPECT_EQ(m.attempts, 1U);
  EXPECT_EQ(score(names_.wakeIndex(), "a"), kNow + 5'000);
  EXPECT_EQ(state("a", "error"), "It failed.");
  ASSERT_EQ(historyOf("a", "1n7").size(), 1U);
  EXPECT_EQ(historyOf("a", "1n7")[0].code, 500);
  settleOne({.action = "r", .claim = claimOne("a", kNow + 5'000), .due = kNow + 9'000}, kNow + 5'010);
  EXPECT_EQ(message("a", "1n7")->firstFailed, kNow + 10) << "the first failure stays the first";
  EXPECT_EQ(message("a", "1n7")->attempts, 2U);
}

TEST_F(SettleScript, ReschedulingAbsorbsTheSuccessorAsANewGeneration) {
  const auto first = claimed("1n7");
  put("1n7", kNow + 1'000, "new");
  settleOne({.action = "r", .claim = first, .due = kNow + 300'000, .step = 1}, kNow + 2'000);
  const auto m = message("a", "1n7").value();
  EXPECT_EQ(m.idSeq, 2U);
  EXPECT_EQ(m.data, "new");
  EXPECT_EQ(m.due, kNow + 7'000);
  EXPECT_EQ(m.step, 1U) << "a new generation goes on with the schedule";
  EXPECT_EQ(m.entryDue, kNow + 300'000) << "where that is: its next attempt is brought forward";
  EXPECT_EQ(m.attempts, 1U);
  EXPECT_EQ(m.firstFailed, kNow + 2'000);
  EXPECT_FALSE(successor("a", "1n7"));
  EXPECT_EQ(counter("superseded"), 1);
}

TEST_F(SettleScript, ReleasingUndoesTheAttemptAndItsMark) {
  settleOne({.action = "x", .claim = claimed("1n7"), .unattempted = true}, kNow + 10);
  const auto m = message("a", "1n7").value();
  EXPECT_EQ(m.attempts, 0U);
  EXPECT_FALSE(m.attempted());
  EXPECT_EQ(m.due, kNow);
  EXPECT_EQ(m.firstFailed, 0);
  put("1n7", kNow + 20);
  EXPECT_EQ(message("a", "1n7")->idSeq, 1U) << "never attempted, so a merge keeps its id";
}

TEST_F(SettleScript, ReleasingALaterAttemptKeepsTheMarkOfTheEarlierOne) {
  settleOne({.action = "r", .claim = claimed("1n7"), .due = kNow + 100}, kNow);
  const auto second = claimOne("a", kNow + 100);
  put("1n7", kNow + 150, "new");
  settleOne({.action = "x", .claim = second, .unattempted = true}, kNow + 200);
  const auto m = message("a", "1n7").value();
  EXPECT_EQ(m.attempts, 1U);
  EXPECT_EQ(m.idSeq, 2U) << "the first attempt may have been processed: the absorbed news needs its own id";
  EXPECT_EQ(m.due, kNow + 100);
}

TEST_F(SettleScript, ReleasingAbsorbsTheSuccessorUnderTheOldIdWhenNothingWasSent) {
  const auto first = claimed("1n7");
  put("1n7", kNow + 1, "new");
  settleOne({.action = "x", .claim = first, .unattempted = true}, kNow + 2);
  const auto m = message("a", "1n7").value();
  EXPECT_EQ(m.idSeq, 1U);
  EXPECT_EQ(m.upto, 2U);
  EXPECT_EQ(m.data, "new");
  EXPECT_EQ(counter("superseded"), 1);
}

TEST_F(SettleScript, AnExpiredTokenSettlesUntilTheNextClaim) {
  const auto first = claimed("1n7");
  settleOne({.action = "c", .claim = first}, kNow + 10 * settings_.lease);
  EXPECT_FALSE(message("a", "1n7"));
}

TEST_F(SettleScript, AfterTheNextClaimTheOldTokenChangesNothing) {
  const auto first = claimed("1n7");
  const auto second = claimOne("a", kNow + settings_.lease);
  const auto before = snapshot();
  for (const auto* action : {"c", "r", "p", "b", "x", "h"}) {
    EXPECT_EQ(settle({{.action = action, .claim = first}}, kNow + settings_.lease), kStale) << action;
  }
  EXPECT_EQ(snapshot(), before);
  settleOne({.action = "c", .claim = second}, kNow + settings_.lease);
}

TEST_F(SettleScript, ASettledTokenIsStaleSoRepeatingACallIsSafe) {
  const auto first = claimed("1n7");
  settleOne({.action = "r", .claim = first, .due = kNow + 5}, kNow);
  EXPECT_EQ(settle({{.action = "c", .claim = first}}, kNow), kStale);
  auto wrong = first;
  wrong.key = "1n8";
  EXPECT_EQ(settle({{.action = "c", .claim = wrong}}, kNow), kStale);
  wrong.endpoint = "unknown";
  EXPECT_EQ(settle({{.action = "c", .claim = wrong}}, kNow), kStale);
  EXPECT_EQ(message("a", "1n7")->due, kNow + 5);
}

TEST_F(SettleScript, ACancelledMessageCannotBeSettledIntoItsReplacement) {
  const auto first = claimed("1n7");
  run(queueCall("queue_purge", "a", {"a", text(kNow), "1", text(kNow), "0", "1n7", "0", "0"}));
  put("1n7", kNow + 1);
  const auto second = claimOne("a", kNow + 1);
  EXPECT_EQ(settle({{.action = "c", .claim = first}}, kNow + 2), kStale);
  settleOne({.action = "c", .claim = second}, kNow + 2);
}

TEST_F(SettleScript, ABatchMixesEndpointsActionsAndStaleTokens) {
  createEndpoint("b");
  for (const auto& key : manyKeys(3)) put(key, kNow);
  const auto claims = claim(kNow, {"a", "b"}).claims;
  ASSERT_EQ(claims.size(), 6U);
  auto stale = claims[0];
  stale.message.token = 999;
  EXPECT_EQ(settle({{.action = "c", .claim = claims[0]},
                    {.action = "b", .claim = claims[1]},
                    {.action = "r", .claim = claims[4], .due = kNow + 9},
                    {.action = "c", .claim = stale},
                    {.action = "x", .claim = claims[3], .unattempted = true}},
                   kNow),
            std::make_pair(std::int64_t{4}, std::int64_t{1}));
  EXPECT_TRUE(letterOf("a", "1n1"));
  EXPECT_EQ(message("b", "1n0")->attempts, 0U);
  EXPECT_EQ(message("b", "1n1")->due, kNow + 9);
  EXPECT_TRUE(message("a", "1n2")->leased());
}

TEST_F(SettleScript, NothingWaitsForABitThatWasRemovedWhileItsMessageWasInFlight) {
  std::vector<Settle> settlements;
  for (const auto* action : {"c", "r", "p", "b", "x"}) {
    const auto key = "1n" + text(action[0]);
    settlements.push_back({.action = action, .claim = claimed(key), .due = kNow + 9});
  }
  for (const auto& settlement : settlements) put(settlement.claim.key, kNow + 1);  // successors
  replaceEndpoint("a", 2, true, kNow + 2);
  EXPECT_EQ(settle(settlements, kNow + 3).first, 5);
  EXPECT_EQ(redis({"HLEN", names_.messages("a")}).integer, 0);
  EXPECT_EQ(counter("cancelled"), 8) << "five successors, and the three that would have waited again";
  EXPECT_EQ(counter("delivered"), 1);
  EXPECT_TRUE(letterOf("a", "1n" + text('b')));
}

TEST_F(SettleScript, NothingToSettleChangesNothing) {
  const auto before = snapshot();
  EXPECT_EQ(settle({}, kNow), std::make_pair(std::int64_t{0}, std::int64_t{0}));
  EXPECT_EQ(snapshot(), before);
}

TEST_F(SettleScript, TheHistoryOfAMessageIsBoundedOldestAttemptsFirstOut) {
  auto now = kNow;
  put("1n7", now);
  for (int i = 0; i < 500; ++i, now += 10) {
    settleOne({.action = "r", .claim = claimOne("a", now), .due = now + 10}, now);
  }
  EXPECT_LE(redis({"HSTRLEN", names_.history("a"), "1n7"}).integer, 16'384);
  EXPECT_EQ(historyOf("a", "1n7").back().attempt, 500U);
  EXPECT_EQ(redis({"LLEN", names_.attempts("a")}).integer, 200);
}

TEST_F(SettleScript, AReschedulingWithoutAnAttemptLeavesTheHistoryReadable) {
  settleOne({.action = "r", .claim = claimed("1n7"), .due = kNow + 5, .unattempted = true}, kNow);
  EXPECT_THAT(historyOf("a", "1n7"), IsEmpty());
}

TEST_F(SettleScript, WrongInputIsRefused) {
  const auto good = settleCall({{.action = "b", .claim = claimed("1n7")}}, kNow);
  expectTypesChecked(good);
  createLanes("b", Lanes::Endpoint);
  tell({"1n1"}, kNow);
  expectTypesChecked(settleCall({{.action = "b", .claim = claimOne("b", kNow)}}, kNow));
  auto bad = good;
  bad.arguments.pop_back();
  expectRefused(bad, "LULLARG");
  for (const std::size_t place : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U, 12U, 13U, 14U, 16U}) {
    bad = good;
    bad.arguments[place] = "?";
    expectRefused(bad, "LULLARG");
  }
  bad = good;
  bad.arguments[16][2] = '\2';  // an endpoint that was not passed
  expectRefused(bad, "LULLARG");
  bad = good;
  bad.arguments[16][0] = '?';  // an action that there is not
  expectRefused(bad, "LULLARG");
  bad = good;
  bad.arguments[16][0] = 'h';  // a hold that does not say why
  expectRefused(bad, "LULLARG");
  bad = good;
  bad.arguments[16].push_back('\0');
  expectRefused(bad, "LULLARG");
  bad.arguments.clear();
  expectRefused(bad, "LULLARG");
}

TEST_F(SettleScript, EveryActionWorksWhenRedisIsFull) {
  std::vector<Settle> settlements;
  for (const auto* action : {"c", "r", "p", "b", "x", "h"}) {
    put("1n" + text(action[0]), kNow);
    settlements.push_back({.action = action, .claim = claimOne("a", kNow), .due = kNow + 1});
  }
  for (const auto* action : {"c", "r", "b"}) put("1n" + text(action[0]), kNow + 1);  // successors to promote or absorb
  fillUp();
  EXPECT_EQ(settle(settlements, kNow + 2).first, 6);
}

}  // namespace
}  // namespace lull::redis
