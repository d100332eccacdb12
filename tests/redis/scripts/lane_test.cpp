#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class LaneScripts : public ScriptHarness {
 protected:
  Words claimed(std::int64_t now, const std::string& id = "a", int limit = 1000) {
    Words keys;
    for (const auto& one : claim(now, {id}, limit).claims) keys.push_back(one.key);
    return keys;
  }
  Reply retry(const Words& keys, std::int64_t now, bool everything) {
    Words arguments{"a", text(now), everything ? "1" : "0"};
    for (const auto& key : keys)
      arguments.insert(arguments.end(), {key, std::to_string(message("a", key).value().idSeq)});
    return run(queueCall("queue_retry", "a", arguments));
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
  const auto sequences = tell({"1n1", "2n2", "1n3"}, kNow);
  replaceEndpoint("a", 1, true, kNow);
  const auto key = laneKey("", sequences[0]);
  redis({"HSET", names_.messages("a"), key, std::string(redis({"HSTRLEN", names_.messages("a"), key}).integer, 'x')});
  EXPECT_EQ(claim(kNow, {"a"}).damaged.size(), 1U);
  run("aside_messages",
      {names_.meta(), names_.counters(), names_.aside(), names_.wakeIndex(), names_.queue("a"), names_.messages("a"),
       names_.leases("a"), names_.state("a"), names_.history("a"), names_.behind("a"), names_.heads("a"),
       names_.setAside("a")},
      {"a", text(kNow), key, ""});
  EXPECT_EQ(counter("cancelled"), 2) << "the one that was set aside, and the next one, whose bit was given up";
  EXPECT_EQ(claimOne("a", kNow).key, laneKey("", sequences[2]));
}

TEST_F(LaneScripts, TheNextOneStartsOnlyAfterAPurgedHeadHasSettled) {
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "1n2"}, kNow);
  const auto head = claimOne("a", kNow);
  EXPECT_EQ(purge({head.key}, kNow + 1).items.at(1).integer, 1);
  EXPECT_EQ(counter("cancelled"), 1);
  EXPECT_THAT(claimed(kNow + 1), IsEmpty()) << "the receiver may still be at work on it";
  EXPECT_EQ(settle({{.action = "c", .claim = head}}, kNow + 2), std::make_pair(std::int64_t{0}, std::int64_t{1}));
  EXPECT_EQ(counter("delivered"), 0);
  EXPECT_EQ(claimOne("a", kNow + 2).key, laneKey("", sequences[1]));
}

TEST_F(LaneScripts, TheNextOneStartsWhenTheLeaseOfAPurgedHeadEnds) {
  createLanes("a", Lanes::Item);
  const auto sequences = tell({"1n1", "1n1"}, kNow);
  const auto head = claimOne("a", kNow);
  purge({head.key}, kNow + 1);
  EXPECT_THAT(claimed(kNow + settings_.lease - 1), IsEmpty());
  EXPECT_EQ(claimOne("a", kNow + settings_.lease).key, laneKey("1n1", sequences[1]));
  EXPECT_EQ(settle({{.action = "c", .claim = head}}, kNow + settings_.lease),
            std::make_pair(std::int64_t{0}, std::int64_t{1}));
}

TEST_F(LaneScripts, AnEventThatComesWhileTheHeadIsATombstoneStandsBehindIt) {
  createLanes("a", Lanes::Item);
  tell({"1n1"}, kNow);
  const auto head = claimOne("a", kNow);
  purge({head.key}, kNow + 1);
  const auto later = tell({"1n1"}, kNow + 2).front();
  EXPECT_THAT(claimed(kNow + 2), IsEmpty());
  auto other = head;
  ++other.message.token;
  EXPECT_EQ(settle({{.action = "c", .claim = other}}, kNow + 3), std::make_pair(std::int64_t{0}, std::int64_t{1}));
  EXPECT_THAT(claimed(kNow + 3), IsEmpty()) << "another token ends no tombstone";
  settle({{.action = "r", .claim = head, .due = kNow + 9}}, kNow + 3);
  EXPECT_EQ(claimOne("a", kNow + 3).key, laneKey("1n1", later));
}

TEST_F(LaneScripts, PurgingAWaitingHeadOrOneBehindItClosesTheLaneUp) {
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "1n2", "1n3"}, kNow);
  purge({laneKey("", sequences[1])}, kNow + 1);
  purge({laneKey("", sequences[0])}, kNow + 1);
  EXPECT_EQ(claimOne("a", kNow + 1).key, laneKey("", sequences[2]));
  EXPECT_EQ(counter("cancelled"), 2);
}

TEST_F(LaneScripts, AMessageWithALaneOfItsOwnLeavesNoTombstone) {
  createLanes("a", Lanes::Each);
  tell({"1n1"}, kNow);
  const auto one = claimOne("a", kNow);
  purge({one.key}, kNow + 1);
  EXPECT_EQ(redis({"EXISTS", names_.leases("a"), names_.heads("a")}).integer, 0);
}

TEST_F(LaneScripts, AMessageSetAsideIsPurgedWaitingOrLeased) {
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "1n2", "1n3"}, kNow);
  for (int i = 0; i < 2; ++i)
    settleOne({.action = "s", .claim = claimOne("a", kNow), .due = kNow + 50, .step = 1}, kNow);
  purge({laneKey("", sequences[0])}, kNow + 1);
  EXPECT_FALSE(score(names_.setAside("a"), laneKey("", sequences[0])));
  const auto third = claimOne("a", kNow + 1);
  deliver(third, kNow + 1);
  const auto aside = claimOne("a", kNow + 50);
  purge({aside.key}, kNow + 51);
  tell({"1n4"}, kNow + 52);
  EXPECT_THAT(claimed(kNow + 52), IsEmpty()) << "one in flight in all, also a purged one";
  settle({{.action = "c", .claim = aside}}, kNow + 53);
  EXPECT_EQ(claimed(kNow + 53).size(), 1U);
}

TEST_F(LaneScripts, APurgeLeavesWhatWasQueuedAfterItBegan) {
  createLanes("a", Lanes::Endpoint);
  const auto early = tell({"1n1"}, kNow).front();
  const auto mark = run(queueCall("queue_mark", "a", {text(kNow)})).items;
  const auto late = tell({"1n2"}, kNow).front();
  Words arguments{"a", text(kNow + 1), text(mark.at(0).integer), text(mark.at(1).integer), "0"};
  for (const auto& key : {laneKey("", early), laneKey("", late)}) arguments.insert(arguments.end(), {key, "0", "0"});
  EXPECT_EQ(run(queueCall("queue_purge", "a", arguments)).items.at(1).integer, 1);
  EXPECT_EQ(claimOne("a", kNow + 1).key, laneKey("", late));
}

TEST_F(LaneScripts, SynchronizingMakesHeadAndSetAsideDueNowInTheirOrder) {
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "1n2", "1n3"}, kNow);
  for (int i = 0; i < 2; ++i)
    settleOne({.action = "s", .claim = claimOne("a", kNow), .due = kNow + 3'600'000, .step = 1}, kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 3'600'000, .step = 1}, kNow);
  Words keys;
  for (const auto sequence : sequences) keys.push_back(laneKey("", sequence));
  EXPECT_EQ(retry(keys, kNow + 1, true).integer, 3);
  for (const auto sequence : sequences) {
    const auto next = claimOne("a", kNow + 1);
    EXPECT_EQ(next.key, laneKey("", sequence));
    EXPECT_EQ(next.message.entryDue, kNow + 3'600'000) << "it uses up no entry";
    deliver(next, kNow + 1);
  }
}

TEST_F(LaneScripts, SynchronizingResumesWhatIsBlockedAndNotWhatAnOperatorPaused) {
  createLanes("a", Lanes::Endpoint, true);
  const auto sequences = tell({"1n1", "1n2"}, kNow);
  settleOne({.action = "b", .claim = claimOne("a", kNow)}, kNow);
  EXPECT_EQ(retry({laneKey("", sequences[1])}, kNow + 1, false).integer, 0) << "it stands behind";
  EXPECT_EQ(state("a", "paused"), "blocked");
  EXPECT_EQ(retry({laneKey("", sequences[0])}, kNow + 1, false).integer, 1);
  EXPECT_EQ(state("a", "paused"), "");
  EXPECT_EQ(claimOne("a", kNow + 1).message.attempts, 1U);
  replaceEndpoint("a", 15, false, kNow + 2);
  EXPECT_EQ(retry({}, kNow + 2, true).integer, -3);
}

TEST_F(LaneScripts, AnOperatorsPauseTakesThePlaceOfABlock) {
  createLanes("a", Lanes::Endpoint, true);
  tell({"1n1"}, kNow);
  settleOne({.action = "b", .claim = claimOne("a", kNow)}, kNow);
  auto call = replaceCall("a", 15, false, kNow + 1);
  run(call);
  EXPECT_EQ(state("a", "paused"), "blocked") << "a registration that was read and written back says nothing";
  call = replaceCall("a", 15, false, kNow + 2);
  call.arguments[3] = "3";
  run(call);
  EXPECT_EQ(state("a", "paused"), "operator");
  EXPECT_EQ(state("a", "pausedSince"), text(kNow));
  EXPECT_EQ(retry({}, kNow + 3, true).integer, -3);
  run(replaceCall("a", 15, true, kNow + 4));
  EXPECT_EQ(claimOne("a", kNow + 4).message.attempts, 1U) << "attempted afresh";
}

TEST_F(LaneScripts, PurgingTheHeadThatBlocksResumesNothing) {
  createLanes("a", Lanes::Endpoint, true);
  const auto sequences = tell({"1n1", "1n2"}, kNow);
  settleOne({.action = "b", .claim = claimOne("a", kNow)}, kNow);
  purge({laneKey("", sequences[0])}, kNow + 1);
  EXPECT_EQ(state("a", "paused"), "blocked");
  run(replaceCall("a", 15, true, kNow + 2));
  EXPECT_EQ(claimOne("a", kNow + 2).key, laneKey("", sequences[1]));
}

TEST_F(LaneScripts, AMessageThatWasSetAsideBlocksAsWell) {
  createLanes("a", Lanes::Endpoint, true);
  tell({"1n1"}, kNow);
  settleOne({.action = "s", .claim = claimOne("a", kNow), .due = kNow + 10, .step = 1}, kNow);
  settleOne({.action = "b", .claim = claimOne("a", kNow + 10)}, kNow + 10);
  EXPECT_EQ(state("a", "paused"), "blocked");
  run(replaceCall("a", 15, true, kNow + 20));
  EXPECT_EQ(claimOne("a", kNow + 20).message.attempts, 1U);
}

TEST_F(LaneScripts, ALetterThatIsRetriedStandsAtTheEndOfItsLane) {
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"1n1", "1n2"}, kNow);
  const auto dead = claimOne("a", kNow);
  settleOne({.action = "b", .claim = dead}, kNow);
  Words arguments{"a", text(kNow + 1), "5000", "0", "100", "100000"};
  for (const auto& word : seenLetters("a", {dead.key})) arguments.push_back(word);
  const auto reply = run(letterCall("letters_retry", "a", arguments));
  EXPECT_EQ(reply.items.at(0).integer, 1);
  EXPECT_EQ(reply.items.at(3).integer, 1) << "appended";
  deliver(claimOne("a", kNow + 1), kNow + 1);
  const auto again = claimOne("a", kNow + 1);
  EXPECT_EQ(again.message.idSeq, dead.message.idSeq) << "the same webhook-id";
  EXPECT_EQ(again.message.upto, sequences[0]);
  EXPECT_EQ(again.message.attempts, 1U);
  EXPECT_NE(again.message.flags & 32U, 0U) << "sent as a replay";
  EXPECT_GT(tell({"1n3"}, kNow + 2).front(), sequences[1] + 1) << "its place has a number of its own";
}

TEST_F(LaneScripts, ALetterFindsNoRoomInAFullQueue) {
  createLanes("a", Lanes::Item);
  tell({"1n1", "1n2"}, kNow);
  const auto both = claim(kNow, {"a"}).claims;
  settleOne({.action = "b", .claim = both[0]}, kNow);
  for (const auto& [messages, bytes] : {std::pair{"1", "100000"}, std::pair{"100", "200"}}) {
    Words arguments{"a", text(kNow + 1), "5000", "0", messages, bytes};
    for (const auto& word : seenLetters("a", {both[0].key})) arguments.push_back(word);
    const auto reply = run(letterCall("letters_retry", "a", arguments));
    EXPECT_EQ(reply.items.at(0).integer, 0);
    EXPECT_EQ(reply.items.at(1).integer, 1) << "skipped";
  }
  EXPECT_TRUE(letterOf("a", both[0].key));
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
  run(letterCall("letters_remove", "a", {"a", "purged", laneKey("1n1", 1), "1"}));
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
  admit({{.key = "1n1"}, {.key = "1n1"}, {.key = "1n2"}}, kNow);
  ASSERT_GT(turn("a", Lanes::Item, kNow + 10).items.at(0).integer, 0);
  tell({"1n2", "1n3"}, kNow + 20);
  const auto every = claim(kNow + 20, {"a"}).claims;
  ASSERT_EQ(every.size(), 2U) << "events 4 and 5";
  for (const auto& one : every) deliver(one, kNow + 20);
  fire(kNow + 1'020);
  const auto owed = claim(kNow + 1'020, {"a"}).claims;
  ASSERT_EQ(owed.size(), 2U);
  const auto& first = owed[0].message.item == "1n1" ? owed[0] : owed[1];
  EXPECT_EQ(first.message.item, "1n1");
  EXPECT_EQ(first.message.upto, 2U);
  EXPECT_EQ(first.message.events, 2U);
  EXPECT_NE(first.message.flags & 32U, 0U) << "out of its order";
  for (const auto& one : owed) deliver(one, kNow + 1'020);
  EXPECT_THAT(claimed(kNow + 9'000), IsEmpty()) << "1n3 was opened later";
}

TEST_F(LaneScripts, AnEndpointThatTurnsBackIsStillToldOfTheWindowsFromBefore) {
  settings_.interval = 1'000;
  createEndpoint("a");
  admit({{.key = "1n1"}, {.key = "1n2"}}, kNow);
  ASSERT_GT(turn("a", Lanes::Item, kNow + 10).items.at(0).integer, 0);
  admit({{.key = "1n2"}}, kNow + 20);
  fan(kNow + 20);
  deliver(claimOne("a", kNow + 20), kNow + 20);
  ASSERT_GT(turn("a", Lanes::None, kNow + 30).items.at(0).integer, 0);
  fire(kNow + 1'020);
  EXPECT_THAT(claimed(kNow + 1'020), UnorderedElementsAre("1n1", "1n2")) << "of event 2 it was not told by itself";
}

TEST_F(LaneScripts, ATombstoneIsForgottenWhenTheLanesChange) {
  createLanes("a", Lanes::Item);
  tell({"1n1"}, kNow);
  purge({claimOne("a", kNow).key}, kNow + 1);
  ASSERT_GT(turn("a", Lanes::Each, kNow + 2).items.at(0).integer, 0);
  EXPECT_EQ(redis({"EXISTS", names_.leases("a"), names_.heads("a")}).integer, 0);
  ASSERT_GT(turn("a", Lanes::Item, kNow + 3).items.at(0).integer, 0);
  const auto later = tell({"1n1"}, kNow + settings_.lease).front();
  EXPECT_THAT(claimed(kNow + settings_.lease), ElementsAre(laneKey("1n1", later)));
}

TEST_F(LaneScripts, ATombstoneIsNoDamageToADebouncedEndpoint) {
  createLanes("a", Lanes::Endpoint);
  tell({"1n1"}, kNow);
  purge({claimOne("a", kNow).key}, kNow + 1);
  ASSERT_GT(turn("a", Lanes::None, kNow + 2).items.at(0).integer, 0);
  EXPECT_THAT(claim(kNow + settings_.lease, {"a"}).damaged, IsEmpty());
}

TEST_F(LaneScripts, AnOpenBreakerEndsWhenAnEndpointGetsOneLane) {
  settings_.failures = 1;
  createLanes("a", Lanes::Item);
  tell({"1n1"}, kNow);
  const auto head = claimOne("a", kNow);
  settleOne({.action = "r", .claim = head, .due = kNow + 60'000, .step = 1, .flags = kCounts}, kNow);
  ASSERT_NE(state("a", "openUntil"), "");
  purge({head.key}, kNow + 1);
  ASSERT_GT(turn("a", Lanes::Endpoint, kNow + 2).items.at(0).integer, 0);
  tell({"1n2"}, kNow + 2);
  const auto next = claimOne("a", kNow + 2);
  EXPECT_EQ(next.flags, 0) << "no probe: one lane has no breaker";
}

TEST_F(LaneScripts, AHeadOfABitGivenUpWhoseLeaseIsLostMakesWayAtOnce) {
  createLanes("a", Lanes::Endpoint);
  const auto sequences = tell({"2n1", "1n2"}, kNow);
  claimOne("a", kNow);
  replaceEndpoint("a", 1, true, kNow + 1);
  EXPECT_THAT(claimed(kNow + settings_.lease), ElementsAre(laneKey("", sequences[1])));
  EXPECT_EQ(counter("cancelled"), 1);
}

TEST_F(LaneScripts, ADebouncedEndpointIsNotToldAgainOfWhatItGotOneByOne) {
  settings_.interval = 1'000;
  createLanes("a", Lanes::Item);
  tell({"1n1", "1n2"}, kNow);
  for (const auto& one : claim(kNow, {"a"}).claims) deliver(one, kNow);
  ASSERT_GT(turn("a", Lanes::None, kNow + 10).items.at(0).integer, 0);
  admit({{.key = "1n2"}}, kNow + 20);
  fire(kNow + 1'020);
  EXPECT_EQ(claimOne("a", kNow + 1'020).key, "1n2") << "1n1 has not changed since";
}

TEST_F(LaneScripts, AnEndpointThatTurnsThereAndBackLosesNoWindow) {
  settings_.interval = 1'000;
  createEndpoint("a");
  admit({{.key = "1n1"}}, kNow);
  turn("a", Lanes::Item, kNow + 10);
  turn("a", Lanes::None, kNow + 20);
  fire(kNow + 1'000);
  EXPECT_EQ(claimOne("a", kNow + 1'000).message.upto, 1U) << "it was never told of event 1";
}

TEST_F(LaneScripts, AWindowWhoseLastEventIsToldByItselfStillOwesTheOneFromBefore) {
  settings_.interval = 1'000;
  createEndpoint("a");
  admit({{.key = "1n1"}}, kNow);
  turn("a", Lanes::Item, kNow + 10);
  tell({"1n1"}, kNow + 20);
  fire(kNow + 1'020);
  // The message of event 2 may be cancelled yet, by a filter that lets event 1 pass.
  deliver(claimOne("a", kNow + 1'020), kNow + 1'020);
  const auto owed = claimOne("a", kNow + 1'020);
  EXPECT_EQ(owed.message.events, 2U);
  EXPECT_NE(owed.message.flags & 32U, 0U) << "out of its order";
}

TEST_F(LaneScripts, AWindowIsOwedWhateverTheClockOfTheReplicaThatOpenedItSays) {
  settings_.interval = 1'000;
  createEndpoint("a");
  admit({{.key = "1n1"}}, kNow + 500);
  turn("a", Lanes::Item, kNow);
  fire(kNow + 1'500);
  EXPECT_EQ(claimOne("a", kNow + 1'500).message.upto, 1U);
}

TEST_F(LaneScripts, ACallOfFireIsBoundedByEndpointsThatTurnedAsWell) {
  for (const auto* id : {"a", "b", "c"}) createEndpoint(id);
  admit({{.key = "1n1"}, {.key = "1n2"}, {.key = "1n3"}}, kNow);
  for (const auto* id : {"a", "b", "c"}) turn(id, Lanes::Item, kNow);
  EXPECT_EQ(fire(kNow, 4).items.at(0).integer, 1) << "windows";
  EXPECT_EQ(fire(kNow, 6).items.at(0).integer, 2);
}

TEST_F(LaneScripts, AnyHeadThatIsRetriedEndsABlockWhoseMessageIsGone) {
  createLanes("a", Lanes::Endpoint, true);
  const auto sequences = tell({"1n1", "1n2"}, kNow);
  settleOne({.action = "b", .claim = claimOne("a", kNow)}, kNow);
  purge({laneKey("", sequences[0])}, kNow + 1);
  EXPECT_EQ(retry({laneKey("", sequences[1])}, kNow + 2, false).integer, 1);
  EXPECT_EQ(claimOne("a", kNow + 2).key, laneKey("", sequences[1]));
}

TEST_F(LaneScripts, AnEndpointThatTurnedIsNamedUntilTheLongestWindowHasPassed) {
  settings_.interval = 1'000;
  createEndpoint("a");
  turn("a", Lanes::Item, kNow);
  EXPECT_EQ(state("a", "turned"), text(kNow));
  fire(kNow + settings_.maxWait + 60'000);
  EXPECT_NE(state("a", "turned"), "") << "clocks of replicas differ a little";
  const auto revision = field(names_.meta(), "rev");
  fire(kNow + settings_.maxWait + 60'001);
  EXPECT_EQ(state("a", "turned"), "");
  EXPECT_NE(field(names_.meta(), "rev"), revision) << "so that callers learn it";
}

}  // namespace
}  // namespace lull::redis
