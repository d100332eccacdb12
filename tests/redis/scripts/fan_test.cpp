#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class FanScript : public ScriptHarness {
 protected:
  std::size_t left() { return static_cast<std::size_t>(redis({"LLEN", names_.stream()}).integer); }
  /// What an endpoint holds, in the order of the sequences.
  std::vector<std::uint64_t> held(const std::string& id) {
    std::vector<std::uint64_t> sequences;
    for (const auto& key : redis({"HKEYS", names_.messages(id)}).items)
      sequences.push_back(message(id, key.text).value().upto);
    std::ranges::sort(sequences);
    return sequences;
  }
  std::vector<std::int64_t> numbers(const Reply& reply) {
    std::vector<std::int64_t> found;
    for (std::size_t i = 0; i < 4; ++i) found.push_back(reply.items.at(i).integer);
    return found;
  }
};

TEST_F(FanScript, EveryEndpointGetsEachEventOfItsBitsOnce) {
  createLanes("a", Lanes::Item, false, 1);
  createLanes("b", Lanes::Endpoint, false, 3);
  createEndpoint("c");
  admit({{.key = "1n1"}, {.key = "2n2"}, {.key = "1n1"}, {.key = "4n4"}}, kNow);
  EXPECT_EQ(left(), 3U) << "nobody takes every event of bit 4";
  EXPECT_THAT(numbers(fan(kNow + 7)), ElementsAre(3, 5, 0, 0));
  EXPECT_THAT(held("a"), ElementsAre(1, 3));
  EXPECT_THAT(held("b"), ElementsAre(1, 2, 3));
  EXPECT_THAT(held("c"), IsEmpty());
  EXPECT_EQ(counter("created"), 5);
  const auto first = message("b", laneKey("", 1)).value();
  EXPECT_EQ(first.item, "1n1");
  EXPECT_EQ(first.events, 1U);
  EXPECT_EQ(first.due, kNow + 7);
  EXPECT_EQ(first.windowDue, kNow) << "lag counts from the admission";
  EXPECT_EQ(first.data, "data");
}

TEST_F(FanScript, ARepeatIsNoEvent) {
  createLanes("a", Lanes::Endpoint);
  admit({{.key = "1n1", .id = "x"}, {.key = "1n1", .id = "x"}}, kNow);
  admit({{.key = "1n1", .id = "x"}}, kNow);
  fan(kNow);
  EXPECT_THAT(held("a"), ElementsAre(1));
}

TEST_F(FanScript, NothingOlderThanTheRegistrationComes) {
  createLanes("a", Lanes::Item);
  admit({{.key = "1n1"}}, kNow);
  createLanes("b", Lanes::Item);
  admit({{.key = "1n1"}}, kNow);
  fan(kNow);
  EXPECT_THAT(held("a"), ElementsAre(1, 2));
  EXPECT_THAT(held("b"), ElementsAre(2));
}

TEST_F(FanScript, NothingOlderThanTheSubscriptionOfItsBitComes) {
  createLanes("a", Lanes::Item);
  createLanes("b", Lanes::Item, false, 1);
  admit({{.key = "2n1"}, {.key = "1n1"}}, kNow);
  replaceEndpoint("b", 3, true, kNow);
  admit({{.key = "2n1"}}, kNow);
  fan(kNow);
  EXPECT_THAT(held("b"), ElementsAre(2, 3));
  replaceEndpoint("b", 1, true, kNow);
  EXPECT_EQ(state("b", "since:2"), "");
  replaceEndpoint("b", 3, true, kNow);
  EXPECT_EQ(state("b", "since:2"), "3");
}

TEST_F(FanScript, AStaleRegistryIsRefused) {
  createLanes("a", Lanes::Item);
  admit({{.key = "1n1"}}, kNow);
  auto call = fanCall(kNow);
  createLanes("b", Lanes::Item);
  expectRefused(call, "LULLSTALE");
}

TEST_F(FanScript, ItStopsBeforeAnEventWhoseBitTheCallDoesNotName) {
  createLanes("a", Lanes::Item);
  admit({{.key = "1n1"}, {.key = "2n1"}, {.key = "1n1"}}, kNow + 5);
  EXPECT_THAT(numbers(fan(kNow + 6, 1)), ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(numbers(fan(kNow + 6, 3)), ElementsAre(2, 2, 0, 0));
}

TEST_F(FanScript, ACallStopsAfterSoManyMessages) {
  settings_.fanMessages = 3;
  createLanes("a", Lanes::Item);
  admit({{.key = "1n1"}, {.key = "1n2"}, {.key = "1n3"}, {.key = "1n4"}, {.key = "1n5"}}, kNow);
  EXPECT_THAT(numbers(fan(kNow)), ElementsAre(3, 3, 0, 2));
  EXPECT_THAT(numbers(fan(kNow)), ElementsAre(2, 2, 0, 0));
}

TEST_F(FanScript, ACallStopsAfterSoManyBytesButGivesAtLeastOneMessage) {
  settings_.fanBytes = 1'000;
  createLanes("a", Lanes::Item);
  admit({{.key = "1n1", .data = std::string(2'000, 'x')}, {.key = "1n2"}}, kNow);
  EXPECT_EQ(fan(kNow).items.at(1).integer, 1);
  EXPECT_THAT(held("a"), ElementsAre(1));
  EXPECT_EQ(fan(kNow).items.at(1).integer, 1);
}

TEST_F(FanScript, AnEventThatIsForMoreEndpointsThanACallServesGoesOnWhereItStopped) {
  settings_.fanMessages = 2;
  for (const auto* id : {"a", "b", "c", "d", "e"}) createLanes(id, Lanes::Item);
  admit({{.key = "1n1"}, {.key = "1n2"}}, kNow);
  EXPECT_THAT(numbers(fan(kNow)), ElementsAre(0, 2, 0, 2));
  EXPECT_EQ(field(names_.meta(), "fanAt"), "1 b");
  // Meanwhile one goes, and one comes whose id stands before the others.
  run("endpoint_remove",
      {names_.meta(),         names_.registrations(), names_.wakeIndex(),   names_.counters(),
       names_.queue("c"),     names_.messages("c"),   names_.leases("c"),   names_.state("c"),
       names_.history("c"),   names_.attempts("c"),   names_.letters("c"),  names_.deletedNames(),
       names_.behind("c"),    names_.heads("c"),      names_.setAside("c"), names_.attemptCounts("c"),
       names_.mailboxNames(), names_.mailboxCalls(),  names_.unlockIndex(), names_.mailed(),
       names_.queueOwners()},
      {"c", "", "name", text(kNow), "any", ""});
  endpoints_.erase("c");
  lanes_.erase("c");
  createLanes("aa", Lanes::Item);
  for (int i = 0; i < 5; ++i) fan(kNow);
  EXPECT_EQ(left(), 0U);
  EXPECT_EQ(field(names_.meta(), "fanAt"), "");
  for (const auto* id : {"a", "b", "d", "e"}) EXPECT_THAT(held(id), ElementsAre(1, 2)) << id;
  EXPECT_THAT(held("aa"), IsEmpty());
}

TEST_F(FanScript, AFullRedisRefusesItAndNothingIsWritten) {
  createLanes("a", Lanes::Item);
  admit({{.key = "1n1"}}, kNow);
  fillUp();
  expectRefused(fanCall(kNow), "OOM");
}

TEST_F(FanScript, AnEndpointAtItsCapIsPausedAndMissesWhatComesUntilItIsResumed) {
  settings_.mostQueued = 2;
  createLanes("a", Lanes::Endpoint);
  createLanes("b", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "1n2"}, kNow);
  for (int i = 0; i < 2; ++i) settleOne({.action = "c", .claim = claimOne("b", kNow)}, kNow);
  admit({{.key = "1n3"}, {.key = "1n4"}}, kNow + 10);
  const auto revision = field(names_.meta(), "rev");
  const auto reply = fan(kNow + 10);
  EXPECT_EQ(reply.items.at(4).text, "a");
  EXPECT_EQ(reply.items.at(5).integer, 2);
  EXPECT_EQ(state("a", "paused"), "queue-full");
  EXPECT_NE(field(names_.meta(), "rev"), revision);
  EXPECT_EQ(state("a", "missed") + " " + state("a", "missedFirst") + " " + state("a", "missedLast"), "2 3 4");
  EXPECT_EQ(counter("dropped"), 2);
  EXPECT_THAT(redis({"HGET", names_.alerts(), "missed|a"}).text, HasSubstr("MaxQueued (2)"));
  EXPECT_THAT(redis({"HGET", names_.alerts(), "endpoint-paused|a"}).text, StartsWith("1|Paused: its queue is full"));
  EXPECT_THAT(held("b"), ElementsAre(3, 4)) << "never at the cost of others";
  tell({"1n5"}, kNow + 20);
  EXPECT_EQ(state("a", "missed") + " " + state("a", "missedFirst") + " " + state("a", "missedLast"), "3 3 5");

  run(replaceCall("a", 15, true, kNow + 30));
  for (int i = 0; i < 2; ++i) settleOne({.action = "c", .claim = claimOne("a", kNow + 30)}, kNow + 30);
  EXPECT_EQ(state("a", "missed"), "3") << "it can still be read";
  tell({"1n6"}, kNow + 40);
  EXPECT_THAT(held("a"), ElementsAre(6));
  tell({"1n7", "1n8"}, kNow + 50);
  EXPECT_EQ(state("a", "missed") + " " + state("a", "missedFirst") + " " + state("a", "missedLast"), "1 8 8");
}

TEST_F(FanScript, WhoIsResumedAtItsCapDeliversFirstAndTakesEventsWhenItsQueueIsShorter) {
  settings_.mostQueued = 10;
  createLanes("a", Lanes::Endpoint);
  tell({"1n1", "1n2", "1n3", "1n4", "1n5", "1n6", "1n7", "1n8", "1n9", "1n10", "1n11"}, kNow);
  ASSERT_EQ(state("a", "paused"), "queue-full");
  run(replaceCall("a", 15, true, kNow + 1));
  tell({"1n12"}, kNow + 2);
  EXPECT_EQ(state("a", "paused"), "") << "it would never get to deliver anything";
  EXPECT_EQ(state("a", "missed") + " " + state("a", "missedFirst") + " " + state("a", "missedLast"), "2 11 12");
  settleOne({.action = "c", .claim = claimOne("a", kNow + 2)}, kNow + 2);
  tell({"1n13"}, kNow + 3);
  EXPECT_EQ(held("a").back(), 13U);
  tell({"1n14"}, kNow + 4);
  EXPECT_EQ(state("a", "paused"), "queue-full");
}

TEST_F(FanScript, AnEndpointAtItsCapOfBytesIsPausedToo) {
  createLanes("a", Lanes::Item);
  tell({"1n1"}, kNow);
  settings_.mostQueuedBytes = std::stoll(state("a", "bytes")) * 2;
  tell({"1n2"}, kNow);
  EXPECT_EQ(state("a", "paused"), "");
  tell({"1n3"}, kNow);
  EXPECT_EQ(state("a", "paused"), "queue-full");
  EXPECT_THAT(held("a"), ElementsAre(1, 2));
}

TEST_F(FanScript, APausedEndpointIsQueuedForAndKeepsTheReasonOfItsPause) {
  settings_.mostQueued = 2;
  createLanes("a", Lanes::Endpoint);
  replaceEndpoint("a", 15, false, kNow);
  tell({"1n1", "1n2", "1n3"}, kNow + 1);
  EXPECT_THAT(held("a"), ElementsAre(1, 2));
  EXPECT_EQ(state("a", "paused"), "operator");
  EXPECT_EQ(state("a", "missed"), "1");
  EXPECT_THAT(claim(kNow + 1, {"a"}).claims, IsEmpty());
}

TEST_F(FanScript, AnEventThatCannotBeReadIsNamedAndNothingIsWritten) {
  createLanes("a", Lanes::Item);
  admit({{.key = "1n1"}}, kNow);
  redis({"RPUSH", names_.stream(), "rubbish"});
  expectDamaged(fanCall(kNow), {"stream", "", "rubbish"});
  redis({"LREM", names_.stream(), "0", "rubbish"});
  EXPECT_EQ(fan(kNow).items.at(1).integer, 1);
}

TEST_F(FanScript, TheMaskOfTakenBitsIsCorrectedByWhoKnowsTheRegistry) {
  createLanes("a", Lanes::Item, false, 3);
  EXPECT_EQ(field(names_.meta(), "every"), "3");
  replaceEndpoint("a", 1, true, kNow);
  EXPECT_EQ(field(names_.meta(), "every"), "3") << "a bit too many costs little";
  tell({"1n1"}, kNow);
  EXPECT_EQ(field(names_.meta(), "every"), "1");
  redis({"HDEL", names_.meta(), "every"});
  tell({"8n1"}, kNow);
  EXPECT_EQ(field(names_.meta(), "every"), "1");
  EXPECT_THAT(held("a"), ElementsAre(1));
}

TEST_F(FanScript, DueTimesDoNotDecreaseWhenTheClockOfAnotherReplicaLags) {
  createLanes("a", Lanes::Each);
  tell({"1n1"}, kNow + 40);
  tell({"1n2"}, kNow);
  const auto claims = claim(kNow + 40, {"a"}).claims;
  ASSERT_EQ(claims.size(), 2U);
  EXPECT_EQ(claims[0].message.upto, 1U);
}

TEST_F(FanScript, AStateThatHasLostItsLanesIsNamed) {
  createLanes("a", Lanes::Item);
  admit({{.key = "1n1"}}, kNow);
  redis({"HDEL", names_.state("a"), "lanes"});
  expectDamaged(fanCall(kNow), {"state", "a"});
  redis({"HSET", names_.state("a"), "lanes", "1"});
}

TEST_F(FanScript, WrongInputIsRefused) {
  createLanes("a", Lanes::Item);
  admit({{.key = "1n1"}}, kNow);
  const auto good = fanCall(kNow);
  expectTypesChecked(good);
  auto bad = good;
  bad.arguments.pop_back();
  expectRefused(bad, "LULLARG");
  for (const std::size_t place : {0U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 10U}) {
    bad = good;
    bad.arguments[place] = "x";
    expectRefused(bad, "LULLARG");
  }
}

}  // namespace
}  // namespace lull::redis
