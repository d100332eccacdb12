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
  Call withKeys(const std::string& script, std::int64_t now, const Words& keys) const {
    Words arguments{"a", text(now)};
    arguments.insert(arguments.end(), keys.begin(), keys.end());
    return queueCall(script, "a", arguments);
  }
  /// {keys, cancelled}
  std::vector<std::int64_t> purge(const Words& keys) {
    const auto reply = run(withKeys("queue_purge", kNow, keys));
    return {reply.items.at(0).integer, reply.items.at(1).integer};
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
  EXPECT_EQ(readHistory(reply.items[4].text).size(), 1U);
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

TEST_F(QueueScripts, RetryingMakesWaitingMessagesDueAndClearsParkAndBreaker) {
  settings_.failures = 1;
  for (const auto& key : {"1n0", "1n1", "1n2"}) put(key, kNow);
  const auto claims = claim(kNow, {"a"}).claims;
  ASSERT_EQ(claims.size(), 3U);
  settleOne({.action = "p", .claim = claims[0], .due = kNow + 60'000}, kNow);
  for (const auto& c : {claims[1], claims[2]})
    settleOne({.action = "r", .claim = c, .due = kNow + 60'000, .step = 1}, kNow);
  put("1n3", kNow + 1);
  EXPECT_EQ(run(withKeys("queue_retry", kNow + 5, {"1n1", "1n3", "1n99"})).integer, 2);
  for (const auto* name : {"gate", "ramp", "openUntil", "openStep", "fails"}) EXPECT_EQ(state("a", name), "") << name;
  EXPECT_EQ(state("a", "streak"), "3") << "what the receiver did last stays";
  EXPECT_EQ(score(names_.queue("a"), "1n1"), kNow + 5);
  EXPECT_EQ(score(names_.queue("a"), "1n2"), kNow + 60'000);
  EXPECT_EQ(score(names_.queue("a"), "1n3"), kNow + 1) << "what is due already keeps its place";
  EXPECT_EQ(message("a", "1n1")->entryDue, kNow + 60'000) << "brought forward, so its attempt uses up no entry";
  EXPECT_EQ(claim(kNow + 5, {"a"}).claims.size(), 3U);
}

TEST_F(QueueScripts, RetryingLeavesLeasedMessagesAlone) {
  put("1n1", kNow);
  claimOne("a", kNow);
  EXPECT_EQ(run(withKeys("queue_retry", kNow + 5, {"1n1"})).integer, 0);
  EXPECT_THAT(claim(kNow + 5, {"a"}).claims, IsEmpty());
  EXPECT_EQ(run(queueCall("queue_retry", "unknown", {"unknown", text(kNow), "1n1"})).integer, -1);
}

TEST_F(QueueScripts, PurgingCancelsWaitingLeasedAndSuccessors) {
  for (const auto& key : {"1n1", "1n2", "1n3"}) put(key, kNow);
  const auto leased = claim(kNow, {"a"}, 1, 1).claims.at(0);
  put(leased.key, kNow + 1);
  EXPECT_THAT(purge({"1n1", "1n2", "1n99"}), ElementsAre(2, 3));
  EXPECT_EQ(counter("cancelled"), 3);
  EXPECT_EQ(settle({{.action = "c", .claim = leased}}, kNow).second, 1) << "its token is stale";
  EXPECT_EQ(claimOne("a", kNow).key, "1n3");
}

TEST_F(QueueScripts, PurgingTheLastMessageTakesTheEndpointOutOfTheWakeUpIndex) {
  put("1n1", kNow);
  EXPECT_THAT(purge({"1n1"}), ElementsAre(1, 1));
  EXPECT_FALSE(score(names_.wakeIndex(), "a"));
}

TEST_F(QueueScripts, NoKeysChangeNoMessage) {
  put("1n1", kNow);
  const auto before = snapshot();
  EXPECT_THAT(purge({}), ElementsAre(0, 0));
  EXPECT_EQ(run(withKeys("queue_retry", kNow, {})).integer, 0);
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
  EXPECT_EQ(run(withKeys("queue_retry", kNow + 1, manyKeys(1000))).integer, 1000);
  EXPECT_EQ(claim(kNow + 1, {"a"}, 100, 100).claims.size(), 100U);
  EXPECT_THAT(purge(manyKeys(1000)), ElementsAre(1000, 1000));
}

TEST_F(QueueScripts, WrongInputIsRefused) {
  put("1n1", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow}, kNow);
  expectTypesChecked(pageCall(names_.queue("a"), {"-inf", "", "10"}));
  expectTypesChecked(withKeys("queue_retry", kNow, {"1n1"}));
  expectTypesChecked(withKeys("queue_purge", kNow, {"1n1"}));
  expectRefused(pageCall(names_.queue("a"), {"-inf", ""}), "LULLARG");
  expectRefused(pageCall(names_.queue("a"), {"-inf", "", "x"}), "LULLARG");
  for (const auto* script : {"queue_retry", "queue_purge"}) {
    expectRefused(queueCall(script, "a", {"a"}), "LULLARG");
    expectRefused(queueCall(script, "a", {"a", "x", "1n1"}), "LULLARG");
    expectRefused(queueCall(script, "a", {}), "LULLARG");
  }
}

}  // namespace
}  // namespace lull::redis
