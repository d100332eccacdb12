// Endpoints that are called within the requests that publish events (`delivery: sync`): what they are owed from before,
// and the log.
#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CalledScripts : public ScriptHarness {
 protected:
  CalledScripts() { settings_.interval = 1'000; }

  void turned(Lanes lanes, std::int64_t now) {
    const auto reply = turn("a", lanes, now);
    ASSERT_FALSE(reply.isError()) << reply.text;
    ASSERT_GT(reply.items.at(0).integer, 0);
  }
  /// The items of what may be claimed now; it is delivered.
  Words delivered(std::int64_t now) {
    Words items;
    for (const auto& one : claim(now, {"a"}).claims) {
      items.push_back(one.message.item.empty() ? one.key : one.message.item);
      settleOne({.action = "c", .claim = one}, now);
    }
    return items;
  }

  struct Logged {
    std::string id;
    std::string succeeded = "0";
    int failures = 0;
    std::string error{}, pause{};
    Words attempts{"packed"};
  };
  Call logCall(const std::vector<Logged>& endpoints, std::int64_t now) const {
    Call call{"calls_log", {names_.meta(), names_.wakeIndex(), names_.alertOrder(), names_.alerts()}, {text(now)}};
    for (const auto& one : endpoints) {
      call.keys.insert(call.keys.end(), {names_.state(one.id), names_.attempts(one.id)});
      call.arguments.insert(call.arguments.end(), {one.id, one.succeeded, std::to_string(one.failures), one.error,
                                                   one.pause, std::to_string(one.attempts.size())});
      call.arguments.insert(call.arguments.end(), one.attempts.begin(), one.attempts.end());
    }
    return call;
  }
  Words logOf(const std::string& id) {
    Words found;
    for (const auto& item : redis({"LRANGE", names_.attempts(id), "0", "-1"}).items) found.push_back(item.text);
    return found;
  }
};

TEST_F(CalledScripts, NoMessageIsMadeForOneThatWasRegisteredSo) {
  createLanes("a", Lanes::Sync);
  createEndpoint("b");
  admit({{.key = "1n1"}}, kNow);
  EXPECT_EQ(redis({"LLEN", names_.stream()}).integer, 0) << "nothing for the stream";
  EXPECT_EQ(fire(kNow + 1'000).items.at(1).integer, 1) << "for the other endpoint";
  EXPECT_EQ(redis({"EXISTS", names_.queue("a"), names_.messages("a")}).integer, 0);
}

TEST_F(CalledScripts, WhatOpenWindowsHoldFromBeforeTheTurnIsStillTold) {
  createEndpoint("a");
  admit({{.key = "1n1"}, {.key = "1n1"}, {.key = "1n2"}}, kNow);
  turned(Lanes::Sync, kNow + 10);
  admit({{.key = "1n2"}, {.key = "1n3"}}, kNow + 20);
  fire(kNow + 1'020);
  EXPECT_THAT(delivered(kNow + 1'020), ElementsAre("1n1", "1n2"))
      << "the call for the later event of 1n2 may have failed; 1n3 is told by a call alone";
  admit({{.key = "1n1"}}, kNow + 2'000);
  fire(kNow + 3'000);
  EXPECT_THAT(delivered(kNow + 3'000), IsEmpty());
}

TEST_F(CalledScripts, AFilterIsJudgedForWhatIsOwed) {
  createEndpoint("a");
  filterEndpoint("a", {{"AssetChanged"}, {}, {}, {}});
  createEndpoint("b");
  filterEndpoint("b", {{"AssetDeleted"}, {}, {}, {}});
  admit({{.key = "1n1"}}, kNow);
  turned(Lanes::Sync, kNow + 10);
  ASSERT_GT(turn("b", Lanes::Sync, kNow + 10).items.at(0).integer, 0);
  fire(kNow + 1'000);
  EXPECT_THAT(delivered(kNow + 1'000), ElementsAre("1n1"));
  EXPECT_EQ(redis({"EXISTS", names_.queue("b")}).integer, 0);
}

TEST_F(CalledScripts, WhatIsOwedWaitsRetriesAndDiesAsAnyMessageDoes) {
  createEndpoint("a");
  admit({{.key = "1n1"}}, kNow);
  turned(Lanes::Sync, kNow + 10);
  fire(kNow + 1'000);
  EXPECT_EQ(turn("a", Lanes::None, kNow + 1'001).items.at(0).integer, -3) << "its queue is not empty";
  settleOne({.action = "b", .claim = claimOne("a", kNow + 1'001)}, kNow + 1'001);
  EXPECT_EQ(turn("a", Lanes::Item, kNow + 1'002).items.at(0).integer, -3) << "nor are its letters";
  Words arguments{"a", text(kNow + 1'003), "5000", "0", "1000", "100000000"};
  for (const auto& word : seenLetters("a", {"1n1"})) arguments.push_back(word);
  EXPECT_EQ(run(letterCall("letters_retry", "a", arguments)).items.at(0).integer, 1);
  EXPECT_THAT(delivered(kNow + 1'003), ElementsAre("1n1"));
}

TEST_F(CalledScripts, OneThatTurnsBackIsToldOfNothingThatWasAcceptedMeanwhile) {
  createEndpoint("a");
  turned(Lanes::Sync, kNow);
  admit({{.key = "1n1"}, {.key = "1n2"}}, kNow + 10);
  turned(Lanes::None, kNow + 20);
  admit({{.key = "1n2"}, {.key = "1n3"}}, kNow + 30);
  fire(kNow + 1'030);
  EXPECT_THAT(delivered(kNow + 1'030), ElementsAre("1n2", "1n3"));
  admit({{.key = "1n1"}}, kNow + 2'000);
  fire(kNow + 3'000);
  EXPECT_THAT(delivered(kNow + 3'000), ElementsAre("1n1"));
}

TEST_F(CalledScripts, ThereAndBackWithinAWindowLosesNothingFromBefore) {
  createEndpoint("a");
  admit({{.key = "1n1"}, {.key = "1n2"}}, kNow);
  turned(Lanes::Sync, kNow + 10);
  admit({{.key = "1n2"}, {.key = "1n3"}}, kNow + 20);
  turned(Lanes::None, kNow + 30);
  fire(kNow + 1'020);
  EXPECT_THAT(delivered(kNow + 1'020), ElementsAre("1n1", "1n2"));
}

TEST_F(CalledScripts, OneThatWasRegisteredSoAndTurnsIsToldFromThenOn) {
  createLanes("a", Lanes::Sync);
  admit({{.key = "1n1"}}, kNow);
  turned(Lanes::None, kNow + 10);
  admit({{.key = "1n2"}}, kNow + 20);
  fire(kNow + 1'020);
  EXPECT_THAT(delivered(kNow + 1'020), ElementsAre("1n2"));
}

TEST_F(CalledScripts, BetweenCallsAndEveryEventNothingIsToldTwiceAndNothingOwedIsLost) {
  createEndpoint("a");
  admit({{.key = "1n1"}, {.key = "1n2"}}, kNow);
  turned(Lanes::Sync, kNow + 10);
  admit({{.key = "1n2"}, {.key = "1n3"}}, kNow + 20);
  turned(Lanes::Item, kNow + 30);
  tell({"1n4"}, kNow + 40);
  EXPECT_THAT(delivered(kNow + 40), ElementsAre("1n4"));
  fire(kNow + 1'040);
  EXPECT_THAT(delivered(kNow + 1'040), ElementsAre("1n1", "1n2"));
}

TEST_F(CalledScripts, WhileEventsAreInTheStreamNobodyTurnsFromEveryEventToCalls) {
  createLanes("a", Lanes::Item);
  admit({{.key = "1n1"}}, kNow);
  EXPECT_EQ(turn("a", Lanes::Sync, kNow).items.at(0).integer, -4);
  fan(kNow);
  EXPECT_THAT(delivered(kNow), ElementsAre("1n1"));
  turned(Lanes::Sync, kNow + 1);
  admit({{.key = "1n2"}}, kNow + 2);
  fan(kNow + 2);
  fire(kNow + 1'002);
  EXPECT_THAT(delivered(kNow + 1'002), IsEmpty()) << "1n1 was told one by one, 1n2 by a call";
  for (const auto* name : {"lanes", "stop", "since:1"}) EXPECT_EQ(state("a", name), "") << name;
}

TEST_F(CalledScripts, TheOneThatTurnedIsNamedUntilTheLongestWindowHasPassed) {
  createEndpoint("a");
  turned(Lanes::Sync, kNow);
  ASSERT_EQ(state("a", "turned"), text(kNow));
  const auto revision = field(names_.meta(), "rev");
  fire(kNow + settings_.maxWait + 60'001);
  EXPECT_EQ(state("a", "turned"), "");
  EXPECT_NE(field(names_.meta(), "rev"), revision) << "so that callers learn it";
}

TEST_F(CalledScripts, AdmittingTellsTheRevisionOfTheRegistry) {
  const auto revisionAfter = [&] { return run(admitCall({{.key = "1n1"}, {.key = "1n2"}}, kNow)).items.at(4).integer; };
  EXPECT_EQ(revisionAfter(), 0);
  createLanes("a", Lanes::Sync);
  EXPECT_EQ(revisionAfter(), 1);
  replaceEndpoint("a", 3, false, kNow);
  EXPECT_EQ(revisionAfter(), 2);
}

TEST_F(CalledScripts, AStateThatSaysOtherwiseThanTheRegistrationIsRestored) {
  createLanes("a", Lanes::Sync);
  // Version, the bits, enabled, sync, item, skip, no filter.
  const auto blob = std::string("\4\0\0\0\xF\1\2\0\0\0\0\0\0", 13) + "{}";
  redis({"HSET", names_.registrations(), "a", blob});
  EXPECT_THAT(replaceEndpoint("a", 15, true, kNow).items.at(0).integer, 2);
  redis({"HSET", names_.registrations(), "a", blob});
  redis({"HDEL", names_.state("a"), "sync"});
  expectDamaged(replaceCall("a", 15, true, kNow), {"state", "a"});
  const Words keys{names_.meta(),     names_.counters(),  names_.aside(),    names_.registrations(), names_.wakeIndex(),
                   names_.queue("a"), names_.leases("a"), names_.state("a"), names_.setAside("a")};
  EXPECT_EQ(run("restore_state", keys, {"a", text(kNow)}).integer, 1);
  EXPECT_EQ(state("a", "sync"), "1");
  EXPECT_EQ(run("restore_state", keys, {"a", text(kNow)}).integer, 0);
  redis({"DEL", names_.state("a")});
  EXPECT_EQ(run("restore_state", keys, {"a", text(kNow)}).integer, 1);
  EXPECT_EQ(state("a", "sync"), "1");
}

TEST_F(CalledScripts, CallsAreLoggedNewestFirstAndTheLogStaysBounded) {
  createLanes("a", Lanes::Sync);
  run(logCall({{.id = "a", .attempts = {"one", "two"}}}, kNow));
  run(logCall({{.id = "a", .attempts = {"three"}}}, kNow));
  EXPECT_THAT(logOf("a"), ElementsAre("three", "two", "one"));
  for (int i = 0; i < 300; ++i) run(logCall({{.id = "a"}}, kNow));
  EXPECT_LT(logOf("a").size(), 250U);
  EXPECT_GE(logOf("a").size(), 200U);
}

TEST_F(CalledScripts, TheStateTellsHowTheLastCallsEnded) {
  createLanes("a", Lanes::Sync);
  run(logCall({{.id = "a", .failures = 2, .error = "It failed."}}, kNow));
  EXPECT_EQ(state("a", "streak"), "2");
  EXPECT_EQ(state("a", "error"), "It failed.");
  EXPECT_EQ(state("a", "success"), "");
  run(logCall({{.id = "a", .failures = 1, .error = "Again."}}, kNow + 1));
  EXPECT_EQ(state("a", "streak"), "3");
  run(logCall({{.id = "a", .succeeded = "1", .failures = 1}}, kNow + 2));
  EXPECT_EQ(state("a", "streak"), "1") << "one more after the success";
  EXPECT_EQ(state("a", "success"), text(kNow + 2));
  for (const auto* name : {"fails", "openUntil"}) EXPECT_EQ(state("a", name), "") << name << ": there is no breaker";
}

TEST_F(CalledScripts, OneThatMayBeSentNothingIsPausedOnce) {
  createLanes("a", Lanes::Sync);
  const auto revision = field(names_.meta(), "rev");
  const auto reply = run(logCall({{.id = "a", .failures = 1, .pause = "gone|It is gone."}}, kNow));
  EXPECT_EQ(reply.items.at(0).text, "endpoint-paused|a");
  EXPECT_EQ(reply.items.at(1).text, "It is gone.");
  EXPECT_EQ(state("a", "paused"), "gone");
  EXPECT_EQ(state("a", "pausedSince"), text(kNow));
  EXPECT_NE(field(names_.meta(), "rev"), revision);
  EXPECT_EQ(state("a", "version"), "2");
  EXPECT_THAT(run(logCall({{.id = "a", .pause = "egress|Again."}}, kNow + 1)).items, IsEmpty());
  EXPECT_EQ(state("a", "paused"), "gone");
}

TEST_F(CalledScripts, WhoIsGoneIsPassedOverAndAFullRedisStillLogs) {
  createLanes("a", Lanes::Sync);
  fillUp();
  run(logCall({{.id = "gone"}, {.id = "a"}}, kNow));
  EXPECT_THAT(logOf("a"), ElementsAre("packed"));
  EXPECT_EQ(redis({"EXISTS", names_.attempts("gone"), names_.state("gone")}).integer, 0);
}

TEST_F(CalledScripts, TypesAndArgumentsAreChecked) {
  createLanes("a", Lanes::Sync);
  expectTypesChecked(logCall({{.id = "a"}}, kNow));
  const auto good = logCall({{.id = "a", .pause = "gone|It is gone."}}, kNow);
  for (std::size_t i : {0U, 2U, 3U, 6U}) {
    auto bad = good;
    bad.arguments.at(i) = "wrong";
    expectRefused(bad, "LULLARG");
  }
  auto bad = good;
  bad.arguments.at(5) = "no reason";
  expectRefused(bad, "LULLARG");
  bad = good;
  bad.arguments.push_back("more");
  expectRefused(bad, "LULLARG");
  bad = good;
  bad.arguments.pop_back();
  expectRefused(bad, "LULLARG");
}

}  // namespace
}  // namespace lull::redis
