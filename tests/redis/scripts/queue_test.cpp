#include "harness.hpp"

#include <algorithm>

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QueueScripts : public ScriptHarness {
 protected:
  QueueScripts() { createEndpoint("a"); }

  Call pageCall(const std::string& set, const Words& arguments) const {
    return {"queue_page", {set, names_.messages("a"), names_.history("a")}, arguments};
  }
  Words page(const std::string& set, const std::string& score, const std::string& last, const std::string& most) {
    const auto reply = run(pageCall(set, {score, last, most}));
    Words keys;
    for (std::size_t i = 1; i + 3 < reply.items.size(); i += 4) keys.push_back(reply.items[i].text);
    EXPECT_EQ(reply.items.at(0).integer, static_cast<std::int64_t>(keys.size()));
    return keys;
  }
  /// The arguments of queue_retry.lua for these keys; a key without a message gets a sequence that no message has.
  Call retryCall(std::int64_t now, const Words& keys, bool clears = false) {
    Words arguments{"a", text(now), clears ? "1" : "0"};
    for (const auto& key : keys) {
      const auto seen = message("a", key);
      arguments.insert(arguments.end(), {key, seen ? std::to_string(seen->idSeq) : "0"});
    }
    return queueCall("queue_retry", "a", arguments);
  }
  std::int64_t retry(std::int64_t now, const Words& keys, bool clears = false) {
    return run(retryCall(now, keys, clears)).integer;
  }
  /// The sequence and the active clock of now, as queue_purge.lua takes them.
  Words mark(std::int64_t now) {
    const auto reply = run(queueCall("queue_mark", "a", {text(now)}));
    return {text(reply.items.at(0).integer), text(reply.items.at(1).integer)};
  }
  Call purgeCall(std::int64_t now, const Words& mark, const Words& seen, bool unsubscribedOnly = false) const {
    Words arguments{"a", text(now), mark.at(0), mark.at(1), unsubscribedOnly ? "1" : "0"};
    arguments.insert(arguments.end(), seen.begin(), seen.end());
    return queueCall("queue_purge", "a", arguments);
  }
  /// {keys, cancelled}
  std::vector<std::int64_t> purge(std::int64_t now, const Words& mark, const Words& seen,
                                  bool unsubscribedOnly = false) {
    const auto reply = run(purgeCall(now, mark, seen, unsubscribedOnly));
    return {reply.items.at(0).integer, reply.items.at(1).integer};
  }
  static Words wholeKeys(const Words& keys) {
    Words seen;
    for (const auto& key : keys) seen.insert(seen.end(), {key, "0", "0"});
    return seen;
  }
  std::vector<std::int64_t> purgeNow(const Words& keys) { return purge(kNow + 1, mark(kNow + 1), wholeKeys(keys)); }
  /// A message as it is seen now.
  Words seenMessage(const std::string& key) {
    const auto seen = message("a", key).value();
    return {key, std::to_string(seen.idSeq), std::to_string(seen.upto)};
  }
  void putMany(int count) {
    std::vector<Admitted> events;
    for (const auto& key : manyKeys(count)) events.push_back({.key = key});
    admit(events, kNow);
    fire(kNow, 100'000, 100'000);
  }
};

TEST_F(QueueScripts, APageHoldsKeyScoreMessageAndHistory) {
  put("1n7", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 100}, kNow);
  const auto reply = run(pageCall(names_.queue("a"), {"-inf", "", "10"}));
  ASSERT_EQ(reply.items.size(), 5U);
  EXPECT_EQ(reply.items[1].text, "1n7");
  EXPECT_EQ(reply.items[2].text, text(kNow + 100));
  EXPECT_EQ(readStored(reply.items[3].text).attempts, 1U);
  EXPECT_EQ(readHistory(reply.items[4].text, "a").attempts.size(), 1U);
}

TEST_F(QueueScripts, PagesGoOnAfterTheLastKeyAndLeasesHaveTheirOwn) {
  for (const auto& key : {"1n1", "1n2", "1n3"}) put(key, kNow);
  put("1n0", kNow + 1);
  const auto at = text(kNow);
  EXPECT_THAT(page(names_.queue("a"), "-inf", "", "2"), ElementsAre("1n1", "1n2"));
  EXPECT_THAT(page(names_.queue("a"), at, "1n2", "2"), ElementsAre("1n3", "1n0"));
  EXPECT_THAT(page(names_.leases("a"), "-inf", "", "2"), IsEmpty());
  claim(kNow, {"a"}, 1, 1);
  EXPECT_THAT(page(names_.leases("a"), "-inf", "", "2"), ElementsAre("1n1"));
}

TEST_F(QueueScripts, AThousandOfOneDueTimeArePagedWithoutLossOrRepeat) {
  putMany(1000);
  Words seen;
  std::string score = "-inf";
  std::string last;
  for (Words chunk; seen.size() < 2000 && !(chunk = page(names_.queue("a"), score, last, "300")).empty();) {
    seen.insert(seen.end(), chunk.begin(), chunk.end());
    score = text(kNow);
    last = chunk.back();
  }
  auto expected = manyKeys(1000);
  std::ranges::sort(expected);
  EXPECT_EQ(seen, expected);
}

TEST_F(QueueScripts, RetryingAllMakesWaitingMessagesDueAndClearsParkAndBreaker) {
  settings_.failures = 1;
  for (const auto& key : {"1n0", "1n1", "1n2"}) put(key, kNow);
  const auto claims = claim(kNow, {"a"}).claims;
  ASSERT_EQ(claims.size(), 3U);
  settleOne({.action = "p", .claim = claims[0], .due = kNow + 60'000}, kNow);
  for (const auto& c : {claims[1], claims[2]})
    settleOne({.action = "r", .claim = c, .due = kNow + 60'000, .step = 1}, kNow);
  put("1n3", kNow + 1);
  EXPECT_EQ(retry(kNow + 5, {"1n1", "1n3", "1n99"}, true), 2);
  for (const auto* name : {"gate", "ramp", "openUntil", "openStep", "fails"}) EXPECT_EQ(state("a", name), "") << name;
  EXPECT_EQ(state("a", "streak"), "3") << "what the receiver did last stays";
  EXPECT_EQ(score(names_.queue("a"), "1n1"), kNow + 5);
  EXPECT_EQ(score(names_.queue("a"), "1n2"), kNow + 60'000);
  EXPECT_EQ(score(names_.queue("a"), "1n3"), kNow + 1) << "what is due already keeps its place";
  EXPECT_EQ(message("a", "1n1")->entryDue, kNow + 60'000) << "brought forward, so its attempt uses up no entry";
  EXPECT_EQ(claim(kNow + 5, {"a"}).claims.size(), 3U);
}

TEST_F(QueueScripts, RetryingSomeLeavesParkAndBreakerAsTheyAre) {
  settings_.failures = 1;
  for (const auto& key : {"1n0", "1n1"}) put(key, kNow);
  const auto claims = claim(kNow, {"a"}).claims;
  ASSERT_EQ(claims.size(), 2U);
  settleOne({.action = "p", .claim = claims[0], .due = kNow + 60'000}, kNow);
  settleOne({.action = "r", .claim = claims[1], .due = kNow + 60'000, .step = 1}, kNow);
  EXPECT_EQ(retry(kNow + 5, {"1n1"}), 1);
  EXPECT_EQ(retry(kNow + 5, {}), 0);
  EXPECT_EQ(run(retryCall(kNow + 5, {"1n99"})).integer, 0);
  for (const auto* name : {"gate", "openUntil", "openStep", "fails"}) EXPECT_NE(state("a", name), "") << name;
  EXPECT_THAT(claim(kNow + 5, {"a"}).claims, IsEmpty());
  EXPECT_EQ(claim(kNow + 60'000, {"a"}).claims.size(), 1U);
}

TEST_F(QueueScripts, WhatIsMadeDueKeepsItsOrder) {
  for (const auto& key : {"1n1", "1n10", "1n2"}) {
    put(key, kNow);
    const auto later = key == std::string("1n2") ? 1'000 : key == std::string("1n10") ? 2'000 : 3'000;
    settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 60'000 + later}, kNow);
  }
  EXPECT_EQ(retry(kNow + 5, {"1n2", "1n10", "1n1"}), 3);
  Words keys;
  for (const auto& claimed : claim(kNow + 5, {"a"}).claims) keys.push_back(claimed.key);
  EXPECT_THAT(keys, ElementsAre("1n2", "1n10", "1n1"));
}

TEST_F(QueueScripts, RetryingLeavesWhatCameUnderAnotherId) {
  put("1n1", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 60'000}, kNow);
  const auto seen = retryCall(kNow + 5, {"1n1"});
  put("1n1", kNow + 2);
  EXPECT_EQ(run(seen).integer, 0);
  EXPECT_EQ(score(names_.queue("a"), "1n1"), kNow + 2 + settings_.firstRetry);
}

TEST_F(QueueScripts, RetryingLeavesLeasedMessagesAlone) {
  put("1n1", kNow);
  claimOne("a", kNow);
  EXPECT_EQ(retry(kNow + 5, {"1n1"}), 0);
  EXPECT_THAT(claim(kNow + 5, {"a"}).claims, IsEmpty());
  EXPECT_EQ(run(queueCall("queue_retry", "unknown", {"unknown", text(kNow), "1", "1n1", "1"})).integer, -1);
}

TEST_F(QueueScripts, TheMarkIsTheSequenceAndTheActiveClock) {
  put("1n1", kNow);
  EXPECT_THAT(mark(kNow + 10), ElementsAre("1", text(kNow + 10)));
  replaceEndpoint("a", 15, false, kNow + 20);
  EXPECT_THAT(mark(kNow + 30), ElementsAre("1", text(kNow + 20)));
  const auto unknown = run(queueCall("queue_mark", "unknown", {text(kNow)}));
  EXPECT_EQ(unknown.items.at(0).integer, -1);
}

TEST_F(QueueScripts, PurgingCancelsWaitingLeasedAndSuccessors) {
  for (const auto& key : {"1n1", "1n2", "1n3"}) put(key, kNow);
  const auto leased = claim(kNow, {"a"}, 1, 1).claims.at(0);
  put(leased.key, kNow + 1);
  EXPECT_THAT(purgeNow({"1n1", "1n2", "1n99"}), ElementsAre(2, 3));
  EXPECT_EQ(counter("cancelled"), 3);
  EXPECT_EQ(settle({{.action = "c", .claim = leased}}, kNow).second, 1) << "its token is stale";
  EXPECT_EQ(claimOne("a", kNow).key, "1n3");
}

TEST_F(QueueScripts, PurgingTheLastMessageTakesTheEndpointOutOfTheWakeUpIndex) {
  put("1n1", kNow);
  EXPECT_THAT(purgeNow({"1n1"}), ElementsAre(1, 1));
  EXPECT_FALSE(score(names_.wakeIndex(), "a"));
}

TEST_F(QueueScripts, NoKeysChangeNoMessage) {
  put("1n1", kNow);
  const auto before = snapshot();
  EXPECT_THAT(purgeNow({}), ElementsAre(0, 0));
  EXPECT_EQ(retry(kNow, {}), 0);
  EXPECT_EQ(snapshot(), before);
}

TEST_F(QueueScripts, AThousandAreRetriedAndPurgedWhenRedisIsFull) {
  putMany(1000);
  std::vector<Settle> settlements;
  for (const auto& c : claim(kNow, {"a"}).claims) {
    settlements.push_back({.action = "r", .claim = c, .due = kNow + 60'000});
  }
  fillUp();
  EXPECT_EQ(settle(settlements, kNow).first, 1000);
  EXPECT_EQ(retry(kNow + 1, manyKeys(1000), true), 1000);
  EXPECT_EQ(claim(kNow + 1, {"a"}, 100, 100).claims.size(), 100U);
  EXPECT_THAT(purgeNow(manyKeys(1000)), ElementsAre(1000, 1000));
}

TEST_F(QueueScripts, WrongInputIsRefused) {
  put("1n1", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow}, kNow);
  expectTypesChecked(pageCall(names_.queue("a"), {"-inf", "", "10"}));
  expectTypesChecked(retryCall(kNow, {"1n1"}));
  expectTypesChecked(purgeCall(kNow, {"1", text(kNow)}, seenMessage("1n1")));
  expectTypesChecked(queueCall("queue_mark", "a", {text(kNow)}));
  expectRefused(pageCall(names_.queue("a"), {"-inf", ""}), "LULLARG");
  expectRefused(pageCall(names_.queue("a"), {"-inf", "", "x"}), "LULLARG");
  for (const Words& arguments :
       {Words{}, {"a"}, {"a", "x", "0"}, {"a", text(kNow), "2"}, {"a", text(kNow), "0", "1n1"}})
    expectRefused(queueCall("queue_retry", "a", arguments), "LULLARG");
  for (const std::size_t place : {1U, 2U, 3U, 4U}) {
    auto bad = purgeCall(kNow, {"1", text(kNow)}, {});
    bad.arguments[place] = "x";
    expectRefused(bad, "LULLARG");
  }
  expectRefused(purgeCall(kNow, {"1", text(kNow)}, {"1n1", "0"}), "LULLARG");
  expectRefused(queueCall("queue_purge", "a", {}), "LULLARG");
  expectRefused(queueCall("queue_mark", "a", {}), "LULLARG");
}

}  // namespace
}  // namespace lull::redis
