#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LaneScripts : public ScriptHarness {
 protected:
  Words claimed(std::int64_t now, const std::string& id = "a", int limit = 1000) {
    Words keys;
    for (const auto& one : claim(now, {id}, limit).claims) keys.push_back(one.key);
    return keys;
  }
  void deliver(const Claimed& claim, std::int64_t now) { settleOne({.action = "c", .claim = claim}, now); }
};

TEST_F(LaneScripts, AnItemsSecondEventIsClaimedAfterItsFirstWasSettled) {
  createLanes("a", Lanes::Item);
  const auto sequences = tell({"1n1", "1n2", "1n1"}, kNow);
  const auto first = claim(kNow, {"a"}).claims;
  ASSERT_EQ(first.size(), 2U) << "items go in parallel";
  EXPECT_EQ(first[0].key, laneKey("1n1", sequences[0]));
  EXPECT_EQ(first[1].key, laneKey("1n2", sequences[1]));
  EXPECT_THAT(claimed(kNow + 1), IsEmpty());
  deliver(first[0], kNow + 2);
  const auto second = claimOne("a", kNow + 2);
  EXPECT_EQ(second.key, laneKey("1n1", sequences[2]));
  EXPECT_EQ(second.message.upto, sequences[2]);
  EXPECT_EQ(second.message.events, 1U);
  EXPECT_EQ(second.message.item, "1n1");
  deliver(second, kNow + 3);
  deliver(first[1], kNow + 3);
  EXPECT_EQ(redis({"EXISTS", names_.heads("a"), names_.behind("a"), names_.messages("a")}).integer, 0);
}

TEST_F(LaneScripts, OneLaneHasOneInFlightWhateverTheLimit) {
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "2n2", "1n3"}, kNow);
  for (const auto sequence : sequences) {
    const auto head = claimOne("a", kNow);
    EXPECT_EQ(head.key, laneKey("", sequence));
    EXPECT_THAT(claimed(kNow), IsEmpty());
    deliver(head, kNow);
  }
}

TEST_F(LaneScripts, AFailingHeadHoldsUpAllBehindItAndNoBreakerOpens) {
  settings_.failures = 1;
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "1n2"}, kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 60'000, .step = 1}, kNow);
  EXPECT_EQ(state("a", "openUntil"), "");
  EXPECT_THAT(claimed(kNow + 59'999), IsEmpty());
  EXPECT_THAT(claimed(kNow + 60'000), ElementsAre(laneKey("", sequences[0])));
}

TEST_F(LaneScripts, ANewEventBringsAWaitingHeadForwardAndUsesUpNoEntry) {
  createLanes("a", Lanes::Endpoint);
  tell({"1n1"}, kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 3'600'000, .step = 1}, kNow + 5);
  tell({"1n2"}, kNow + 100);
  EXPECT_EQ(score(names_.wakeIndex(), "a"), kNow + 5 + settings_.probe) << "no sooner than a probe after the attempt";
  EXPECT_THAT(claimed(kNow + 4 + settings_.probe), IsEmpty());
  const auto again = claimOne("a", kNow + 5 + settings_.probe);
  EXPECT_EQ(again.message.entryDue, kNow + 3'600'000) << "so the dispatcher sees that it was brought forward";
  settleOne({.action = "r", .claim = again, .due = kNow + 3'600'000, .step = 1}, kNow + 20'000);
  tell({"1n3"}, kNow + 100'000);
  EXPECT_EQ(score(names_.wakeIndex(), "a"), kNow + 100'000) << "at once when the last attempt is long ago";
}

TEST_F(LaneScripts, MessagesWithALaneEachAreServedOldestFirst) {
  createLanes("a", Lanes::Each);
  const auto sequences = tell({"1n9", "1n1", "1n9"}, kNow);
  EXPECT_THAT(claimed(kNow),
              ElementsAre(laneKey("", sequences[0]), laneKey("", sequences[1]), laneKey("", sequences[2])));
  EXPECT_EQ(redis({"EXISTS", names_.heads("a")}).integer, 0);
}

TEST_F(LaneScripts, AnExpiredLeaseOfAHeadIsTakenOverAndNothingOvertakesIt) {
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "1n2"}, kNow);
  const auto lost = claimOne("a", kNow);
  const auto again = claimOne("a", kNow + settings_.lease);
  EXPECT_EQ(again.key, lost.key);
  EXPECT_EQ(again.message.losses, 1U);
  EXPECT_EQ(settle({{.action = "c", .claim = lost}}, kNow + settings_.lease),
            std::make_pair(std::int64_t{0}, std::int64_t{1}));
  deliver(again, kNow + settings_.lease);
  EXPECT_EQ(claimOne("a", kNow + settings_.lease).key, laneKey("", sequences[1]));
}

TEST_F(LaneScripts, MaxAgeCountsFromBecomingTheHead) {
  settings_.maxAge = 1'000;
  createLanes("a", Lanes::Endpoint);
  tell({"1n1", "1n2"}, kNow);
  deliver(claimOne("a", kNow), kNow + 900);
  EXPECT_EQ(claimOne("a", kNow + 1'800).flags, 0) << "900 ms old as a head";
}

TEST_F(LaneScripts, BuryingAHeadMakesALetterOfItsOwnAndTheNextFollows) {
  createLanes("a", Lanes::Item);
  const auto sequences = tell({"1n1", "1n1", "1n1"}, kNow);
  for (int i = 0; i < 2; ++i) settleOne({.action = "b", .claim = claimOne("a", kNow + i)}, kNow + i);
  EXPECT_EQ(letterOf("a", laneKey("1n1", sequences[0])).value().letter.message.upto, sequences[0]);
  EXPECT_EQ(letterOf("a", laneKey("1n1", sequences[1])).value().letter.message.upto, sequences[1]);
  deliver(claimOne("a", kNow + 9), kNow + 9);
  EXPECT_EQ(letterOf("a", laneKey("1n1", sequences[1])).value().letter.supersededAt, std::nullopt);
}

TEST_F(LaneScripts, AHeadThatMayNotBeBuriedBlocksTheEndpointAndIsAttemptedAfreshWhenItIsResumed) {
  createLanes("a", Lanes::Endpoint, true);
  const auto sequences = tell({"1n1", "1n2"}, kNow);
  const auto head = claimOne("a", kNow);
  settleOne({.action = "b", .claim = head}, kNow);
  EXPECT_EQ(state("a", "paused"), "blocked");
  EXPECT_EQ(counter("deadLettered"), 0);
  EXPECT_THAT(claimed(kNow + 1), IsEmpty());
  EXPECT_EQ(run(replaceCall("a", 15, true, kNow + 500)).items.at(0).integer, 3) << "pausing made it version 2";
  const auto again = claimOne("a", kNow + 500);
  EXPECT_EQ(again.key, laneKey("", sequences[0]));
  EXPECT_EQ(again.message.attempts, 1U);
  EXPECT_EQ(again.message.idSeq, head.message.idSeq);
}

TEST_F(LaneScripts, AnExpiredHeadThatBlockedIsNotExpiredAgainWhenItIsResumed) {
  settings_.maxAge = 1'000;
  createLanes("a", Lanes::Endpoint, true);
  tell({"1n1"}, kNow);
  const auto late = claimOne("a", kNow + 2'000);
  EXPECT_EQ(late.flags, kTooOld);
  settleOne({.action = "b", .claim = late, .reason = 2, .unattempted = true}, kNow + 2'000);
  EXPECT_EQ(state("a", "paused"), "blocked");
  run(replaceCall("a", 15, true, kNow + 9'000));
  EXPECT_EQ(claimOne("a", kNow + 9'000).flags, 0);
}

TEST_F(LaneScripts, SettingAsideLetsTheNextOneGoAndComesAgainBeforeTheHead) {
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "1n2", "1n3"}, kNow);
  settleOne({.action = "s", .claim = claimOne("a", kNow), .due = kNow + 100, .step = 1}, kNow);
  const auto second = claimOne("a", kNow);
  EXPECT_EQ(second.key, laneKey("", sequences[1]));
  EXPECT_THAT(claimed(kNow + 100), IsEmpty()) << "one in flight in all";
  deliver(second, kNow + 100);
  const auto aside = claimOne("a", kNow + 100);
  EXPECT_EQ(aside.key, laneKey("", sequences[0])) << "it is due and goes before the head";
  EXPECT_EQ(aside.message.attempts, 2U);
  EXPECT_NE(aside.message.flags & 32U, 0U) << "sent as a replay";
  deliver(aside, kNow + 101);
  EXPECT_EQ(claimOne("a", kNow + 101).key, laneKey("", sequences[2]));
}

TEST_F(LaneScripts, SettingAsideWithoutCountingSpendsNoAttempt) {
  createLanes("a", Lanes::Endpoint);
  tell({"1n1"}, kNow);
  for (int i = 0; i < 3; ++i) {
    const auto now = kNow + i * 100;
    settleOne({.action = "s",
               .claim = claimOne("a", now),
               .due = now + 100,
               .flags = kLives + kUncounted,
               .unattempted = true},
              now);
  }
  EXPECT_EQ(claimOne("a", kNow + 300).message.attempts, 1U);
  EXPECT_EQ(redis({"EXISTS", names_.heads("a")}).integer, 0) << "the lane is empty";
}

TEST_F(LaneScripts, AMessageSetAsideKeepsItsPlaceThereWhenItsLeaseIsLost) {
  createLanes("a", Lanes::Endpoint);
  tell({"1n1", "1n2"}, kNow);
  settleOne({.action = "s", .claim = claimOne("a", kNow), .due = kNow + 1, .step = 1}, kNow);
  const auto lost = claimOne("a", kNow + 1);
  const auto again = claimOne("a", kNow + 1 + settings_.lease);
  EXPECT_EQ(again.key, lost.key);
  settleOne({.action = "x", .claim = again, .due = kNow}, kNow + 1 + settings_.lease);
  EXPECT_TRUE(score(names_.setAside("a"), lost.key));
}

TEST_F(LaneScripts, BitsGivenUpAreCancelledAtPromotion) {
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "2n2", "2n3", "1n4"}, kNow);
  const auto head = claimOne("a", kNow);
  replaceEndpoint("a", 1, true, kNow + 1);
  deliver(head, kNow + 2);
  EXPECT_EQ(counter("cancelled"), 2);
  EXPECT_EQ(claimOne("a", kNow + 2).key, laneKey("", sequences[3]));
}

TEST_F(LaneScripts, AHeadOfABitGivenUpIsCancelledAndTheNextIsClaimed) {
  createLanes("a", Lanes::Item);
  const auto sequences = tell({"2n1", "1n2"}, kNow);
  replaceEndpoint("a", 1, true, kNow + 1);
  EXPECT_THAT(claimed(kNow + 2), ElementsAre(laneKey("1n2", sequences[1])));
  EXPECT_EQ(counter("cancelled"), 1);
}

TEST_F(LaneScripts, ALaneIsBuiltAgainWhenItsHeadCannotBeRead) {
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "1n2"}, kNow);
  const auto key = laneKey("", sequences[0]);
  redis({"HSET", names_.messages("a"), key, std::string(redis({"HSTRLEN", names_.messages("a"), key}).integer, 'x')});
  EXPECT_EQ(claim(kNow, {"a"}).damaged.size(), 1U);
  run("aside_messages",
      {names_.meta(), names_.counters(), names_.aside(), names_.wakeIndex(), names_.queue("a"), names_.messages("a"),
       names_.leases("a"), names_.state("a"), names_.history("a"), names_.behind("a"), names_.heads("a"),
       names_.setAside("a")},
      {"a", text(kNow), key, ""});
  EXPECT_EQ(claimOne("a", kNow).key, laneKey("", sequences[1]));
}

TEST_F(LaneScripts, WhatHoldsMessagesOrLettersIsToldAsBefore) {
  createLanes("a", Lanes::Item);
  tell({"1n1"}, kNow);
  auto reply = turn("a", Lanes::Endpoint, kNow);
  EXPECT_EQ(reply.items.at(0).integer, -3);
  EXPECT_EQ(reply.items.at(1).integer, 1) << "messages";
  EXPECT_EQ(reply.items.at(2).integer, 0) << "letters";
  settleOne({.action = "b", .claim = claimOne("a", kNow)}, kNow);
  EXPECT_EQ(turn("a", Lanes::None, kNow).items.at(2).integer, 1);
  EXPECT_EQ(state("a", "lanes"), "1");
  run(letterCall("letters_remove", "a", {"a", "purged", laneKey("1n1", 1), "1", text(kNow), "1"}));
  EXPECT_GT(turn("a", Lanes::Endpoint, kNow).items.at(0).integer, 0);
  EXPECT_EQ(state("a", "lanes"), "2");
}

TEST_F(LaneScripts, WhileEventsAreInTheStreamNobodyBecomesDebounced) {
  createLanes("a", Lanes::Item);
  admit({{.key = "1n1"}}, kNow);
  EXPECT_EQ(turn("a", Lanes::None, kNow).items.at(0).integer, -4);
  EXPECT_GT(turn("a", Lanes::Each, kNow).items.at(0).integer, 0) << "the event will find it as it is then";
  fan(kNow);
  EXPECT_EQ(claimOne("a", kNow).key, laneKey("", 1));
}

TEST_F(LaneScripts, WindowsThatWereOpenWhenAnEndpointTurnedStillTellIt) {
  settings_.interval = 1'000;
  createEndpoint("a");
  admit({{.key = "1n1"}, {.key = "1n1"}}, kNow);
  ASSERT_GT(turn("a", Lanes::Item, kNow + 10).items.at(0).integer, 0);
  admit({{.key = "1n1"}, {.key = "1n2"}}, kNow + 20);
  fan(kNow + 20);
  const auto every = claim(kNow + 20, {"a"}).claims;
  ASSERT_EQ(every.size(), 2U) << "events 3 and 4";
  for (const auto& one : every) deliver(one, kNow + 20);
  fire(kNow + 1'020);
  const auto owed = claimOne("a", kNow + 1'020);
  EXPECT_EQ(owed.message.item, "1n1");
  EXPECT_EQ(owed.message.upto, 3U);
  EXPECT_NE(owed.message.flags & 32U, 0U) << "out of its order";
  deliver(owed, kNow + 1'020);
  EXPECT_THAT(claimed(kNow + 9'000), IsEmpty()) << "the window of 1n2 was opened later";
}

TEST_F(LaneScripts, AnEndpointThatTurnedIsNamedUntilTheLongestWindowHasPassed) {
  settings_.interval = 1'000;
  createEndpoint("a");
  turn("a", Lanes::Item, kNow);
  EXPECT_EQ(state("a", "turned"), text(kNow));
  fire(kNow + settings_.maxWait);
  EXPECT_NE(state("a", "turned"), "");
  const auto revision = field(names_.meta(), "rev");
  fire(kNow + settings_.maxWait + 1);
  EXPECT_EQ(state("a", "turned"), "");
  EXPECT_NE(field(names_.meta(), "rev"), revision) << "so that callers learn it";
}

}  // namespace
}  // namespace lull::redis
