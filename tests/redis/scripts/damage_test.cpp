#include "damage.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST_F(DamageScripts, AClaimNamesAWaitingMessageThatCannotBeReadAndClaimsForEverybodyElse) {
  put("1n1", kNow);
  const auto right = packed(names_.messages("a"), "1n1");
  for (const auto& wrong : wrongValues(right)) {
    SCOPED_TRACE(wrong.size());
    redis({"HSET", names_.messages("a"), "1n1", wrong});
    const auto reply = claim(kNow, {"a", "b"});
    EXPECT_THAT(reply.damaged, ElementsAre(ElementsAre("LULLDAMAGED", "message", "a", "1n1")));
    for (const auto& claimed : reply.claims) EXPECT_EQ(claimed.endpoint, "b");
  }
  EXPECT_EQ(message("b", "1n1")->attempts, 1U);
  EXPECT_EQ(setMessagesAside("a", {"1n1"}).integer, 1);
  EXPECT_EQ(field(names_.aside(), "message|a|1n1"), wrongValues(right).back());
  EXPECT_EQ(counter("cancelled"), 1);
  EXPECT_EQ(counter("unreadable"), 1);
  EXPECT_THAT(claim(kNow, {"a"}).damaged, SizeIs(0));
}

TEST_F(DamageScripts, AQueuedKeyWithoutAMessageIsNamedToo) {
  put("1n1", kNow);
  redis({"HDEL", names_.messages("a"), "1n1"});
  EXPECT_THAT(claim(kNow, {"a"}).damaged, ElementsAre(ElementsAre("LULLDAMAGED", "message", "a", "1n1")));
  EXPECT_EQ(setMessagesAside("a", {"1n1"}).integer, 1);
  EXPECT_EQ(setMessagesAside("a", {"1n1"}).integer, 0);
  EXPECT_EQ(balance().integer, 1);
}

TEST_F(DamageScripts, ASuccessorGoesOnInPlaceOfALeasedMessageThatCannotBeRead) {
  put("1n1", kNow);
  const auto held = claimOne("a", kNow);
  put("1n1", kNow + 5, "newer");
  redis({"HSET", names_.messages("a"), "1n1", "x"});
  expectDamaged(settleCall({{.action = "c", .claim = held}}, kNow), {"message", "a", "1n1"});
  expectDamaged({"renew",
                 {names_.meta(), names_.messages("a"), names_.leases("a"), names_.state("a")},
                 {text(kNow), "1n1", text(static_cast<std::int64_t>(held.message.token)), "1000", "0", "5"}},
                {"message", "a", "1n1"});
  EXPECT_EQ(setMessagesAside("a", {"1n1"}).integer, 1);
  EXPECT_EQ(settle({{.action = "c", .claim = held}}, kNow), std::make_pair(std::int64_t{0}, std::int64_t{1}));
  EXPECT_EQ(claimOne("a", kNow + 5).message.data, "newer");
}

TEST_F(DamageScripts, ASuccessorThatCannotBeReadLeavesTheMessageAlone) {
  put("1n1", kNow);
  const auto held = claimOne("a", kNow);
  put("1n1", kNow + 5);
  redis({"HSET", names_.messages("a"), "+1n1", ""});
  expectDamaged(settleCall({{.action = "c", .claim = held}}, kNow), {"message", "a", "1n1"});
  settings_.interval = 0;
  admit({{.key = "1n1"}}, kNow + 6);
  expectDamaged(fireCall(kNow + 6, 1000, 250), {"message", "a", "1n1"});
  EXPECT_THAT(claim(kNow + settings_.lease, {"a"}).damaged, SizeIs(1)) << "taken over";
  EXPECT_EQ(setMessagesAside("a", {"1n1"}).integer, 1);
  settleOne({.action = "c", .claim = held}, kNow);
  fire(kNow + 6);
}

TEST_F(DamageScripts, AReaderCanNameAValueThatHasTheRightForm) {
  put("1n1", kNow);
  const auto right = packed(names_.messages("a"), "1n1");
  EXPECT_EQ(setMessagesAside("a", {"1n1"}, "another").integer, 0);
  EXPECT_EQ(setMessagesAside("a", {"1n1"}, right).integer, 1);
  EXPECT_FALSE(message("a", "1n1"));
}

TEST_F(DamageScripts, AWindowThatCannotBeReadStopsNoOther) {
  settings_.interval = 0;
  admit({{.key = "1n1"}, {.key = "1n2"}, {.key = "1n3"}}, kNow);
  const auto right = packed(names_.windows(), "1n1");
  for (const auto& wrong : wrongValues(right)) {
    redis({"HSET", names_.windows(), "1n1", wrong});
    expectDamaged(fireCall(kNow, 1000, 250), {"window", "", "1n1"});
    expectDamaged(admitCall({{.key = "1n1"}}, kNow), {"window", "", "1n1"});
    expectDamaged({"windows_page", {names_.windowIndex(), names_.windows()}, {"-inf", "", "10"}},
                  {"window", "", "1n1"});
    expectDamaged(windowAuditCall(), {"window", "", "1n1"});
  }
  redis({"HDEL", names_.windows(), "1n2"});
  expectDamaged(fireCall(kNow, 1000, 250), {"window", "", "1n1", "1n2"});
  EXPECT_EQ(setWindowsAside({"1n1", "1n2", "1n3"}).integer, 2);
  EXPECT_EQ(fire(kNow).items.at(0).integer, 1);
  EXPECT_EQ(counter("unreadable"), 2);
}

TEST_F(DamageScripts, ADueTimeThatIsNoneIsNow) {
  settings_.interval = 0;
  admit({{.key = "1n1"}}, kNow);
  redis({"ZADD", names_.windowIndex(), "-inf", "1n1"});
  EXPECT_EQ(fire(kNow).items.at(0).integer, 1);
  EXPECT_EQ(message("a", "1n1")->windowDue, kNow);
  redis({"ZADD", names_.queue("a"), "-inf", "1n1"});
  EXPECT_EQ(claimOne("a", kNow).message.due, 0);
  admit({{.key = "1n2"}}, kNow);
  redis({"ZADD", names_.windowIndex(), "+inf", "1n2"});
  EXPECT_EQ(run(windowAuditCall()).items.at(1).integer, 1);
  EXPECT_EQ(fire(kNow).items.at(0).integer, 1);
  redis({"ZREM", names_.windowIndex(), "1n2"});
}

TEST_F(DamageScripts, AWindowThatIsInNoOrderIsPutBackByTheNextEventAndByTheAudit) {
  admit({{.key = "1n1"}, {.key = "1n2"}}, kNow);
  redis({"DEL", names_.windowIndex()});
  admit({{.key = "1n1"}}, kNow + 1);
  EXPECT_TRUE(score(names_.windowIndex(), "1n1"));
  EXPECT_EQ(run(windowAuditCall()).items.at(1).integer, 1);
  EXPECT_EQ(score(names_.windowIndex(), "1n2"), kNow);
  EXPECT_EQ(run(windowAuditCall()).items.at(1).integer, 0);
}

TEST_F(DamageScripts, AStateThatCannotBeReadIsMadeAnewFromTheRegistration) {
  put("1n1", kNow);
  const auto version = state("a", "version");
  for (const auto* name : {"mask", "gate", "openUntil", "openStep", "fails", "sweep", "pausedTotal", "version"}) {
    for (const auto* wrong : {"abc", "", "-inf", "1e3"}) {
      SCOPED_TRACE(std::string(name) + " = " + wrong);
      redis({"HSET", names_.state("a"), name, wrong});
      EXPECT_THAT(claim(kNow, {"a"}).damaged, ElementsAre(ElementsAre("LULLDAMAGED", "state", "a")));
      expectDamaged(auditCall("a"), {"state", "a"});
      EXPECT_EQ(restoreState("a").integer, 1);
      EXPECT_EQ(restoreState("a").integer, 0);
      EXPECT_EQ(field(names_.aside(), std::string("state|a|") + name), wrong);
      EXPECT_EQ(state("a", "mask"), "15");
      EXPECT_NE(state("a", "version"), version) << "no edit that was read before is written over it";
    }
  }
  redis({"DEL", names_.state("a")});
  expectDamaged(auditCall("a"), {"state", "a"});
  EXPECT_EQ(restoreState("a").integer, 1);
  EXPECT_EQ(claim(kNow, {"a"}).claims.size(), 1U);
}

TEST_F(DamageScripts, WithoutAReadableRegistrationTheEndpointIsPausedAndKeepsItsQueue) {
  put("1n1", kNow);
  redis({"DEL", names_.state("a")});
  redis({"HSET", names_.registrations(), "a", "x"});
  EXPECT_EQ(restoreState("a").integer, 1);
  EXPECT_EQ(state("a", "paused"), "operator");
  EXPECT_TRUE(claim(kNow, {"a"}).claims.empty());
  EXPECT_TRUE(message("a", "1n1"));
  EXPECT_EQ(restoreState("nobody").integer, -1);
}

TEST_F(DamageScripts, ALetterThatCannotBeReadStandsInNobodysWay) {
  letter("a", "1n1", kNow);
  const auto right = packed(names_.letters("a"), "1n1");
  for (const auto& wrong : wrongValues(right)) {
    redis({"HSET", names_.letters("a"), "1n1", wrong});
    expectDamaged({"letters_head", {names_.letters("a")}, {"1", "1n1"}}, {"letter", "a", "1n1"});
  }
  put("1n1", kNow);
  const auto held = claimOne("a", kNow);
  expectDamaged(settleCall({{.action = "b", .claim = held}}, kNow), {"letter", "a", "1n1"});
  settleOne({.action = "c", .claim = held}, kNow);
  EXPECT_EQ(setLetterAside("a", "1n1").integer, 1);
  EXPECT_EQ(counter("removed_unreadable"), 1);
}

TEST_F(DamageScripts, TheAuditOfLettersPutsBackWhatIsInNoOrder) {
  letter("a", "1n1", kNow);
  letter("a", "1n2", kNow + 5);
  EXPECT_EQ(run(letterAuditCall("a")).items.at(1).integer, 0);
  redis({"DEL", names_.letterOrder("a"), names_.letterIndex()});
  EXPECT_EQ(run(letterAuditCall("a")).items.at(1).integer, 4);
  EXPECT_EQ(score(names_.letterOrder("a"), "1n2"), kNow + 5);
  EXPECT_EQ(score(names_.letterIndex(), "a|1n1"), kNow);
}

TEST_F(DamageScripts, TheAuditOfLettersNamesWhatCannotBeReadAndWhatIsGone) {
  letter("a", "1n1", kNow);
  letter("b", "1n1", kNow);
  const auto right = packed(names_.letters("a"), "1n1");
  for (const auto& wrong : wrongValues(right)) {
    redis({"HSET", names_.letters("a"), "1n1", wrong});
    expectDamaged(letterAuditCall("a"), {"letter", "a", "1n1"});
  }
  redis({"DEL", names_.letters("a")});
  expectDamaged(letterAuditCall("a"), {"letter", "a", "1n1"});
  redis({"DEL", names_.letterOrder("a")});
  expectDamaged(letterAuditCall("a"), {"letter", "a", "1n1"});
  EXPECT_EQ(setLetterAside("a", "1n1").integer, 1);
  EXPECT_EQ(run(letterAuditCall("a")).items.at(1).integer, 0);
  EXPECT_EQ(run(letterAuditCall("b")).items.at(1).integer, 0) << "that of others is theirs";
  expectTypesChecked(letterAuditCall("b"));
  expectRefused({"audit_letters", letterAuditCall("b").keys, {"b", "x", "1"}}, "LULLARG");
}

TEST_F(DamageScripts, WhichEndpointsToAuditIsToldOnlyWhereTheIndexesAreWhatTheyShouldBe) {
  for (const auto& key : {names_.meta(), names_.wakeIndex(), names_.letterIndex(), names_.groups(),
                          names_.mailboxCalls(), names_.unlockIndex()}) {
    const bool there = redis({"RENAME", key, "aside"}).text == "OK";
    redis({"SADD", key, "no script of ours uses sets"});
    expectRefused(whichCall({"a"}), "LULLTYPE");
    redis({"DEL", key});
    if (there) redis({"RENAME", "aside", key});
  }
  expectRefused({"audit_which", whichCall({"a"}).keys, {"a", "b"}}, "LULLARG");
  expectRefused({"audit_which", whichCall({}).keys, {}}, "LULLARG");
}

TEST_F(DamageScripts, AnEpochThatIsNoneIsMendedByWhoStillKnowsIt) {
  put("1n1", kNow);
  redis({"HSET", names_.meta(), "epoch", "abc123"});
  EXPECT_THAT(claim(kNow, {"b"}).claims, SizeIs(1));
  redis({"HSET", names_.meta(), "epoch", "\xff-"});
  expectRefused(claimCall(kNow, {"a"}, 10, 10), "LULLMETA epoch");
}

TEST_F(DamageScripts, AHistoryThatCannotBeReadEndsNoSettlement) {
  for (const auto* wrong : {"\xff", "\xff\xff", "x", ""}) {
    put("1n1", kNow);
    const auto held = claimOne("a", kNow);
    redis({"HSET", names_.history("a"), "1n1", wrong});
    settleOne({.action = "b", .claim = held, .reason = 2, .unattempted = true}, kNow);
    EXPECT_EQ(letterOf("a", "1n1")->letter.reason, DeathReason::Expired);
  }
}

TEST_F(DamageScripts, AnEndpointWithoutAnythingNeedsNoAudit) {
  EXPECT_THAT(which({"a", "b"}), ElementsAre(0, 0));
  put("1n1", kNow);
  EXPECT_THAT(which({"a", "b"}), ElementsAre(1, 1));
  const auto held = claimOne("a", kNow);
  EXPECT_THAT(which({"b", "a"}), ElementsAre(1, 1)) << "a has a lease";
  settleOne({.action = "c", .claim = held}, kNow);
  EXPECT_THAT(which({"a", "b"}), ElementsAre(0, 1));
  settleOne({.action = "b", .claim = claimOne("b", kNow), .reason = 2}, kNow);
  EXPECT_THAT(which({"a", "b"}), ElementsAre(2, 2)) << "the index of all letters may name one of any endpoint";
}

TEST_F(DamageScripts, AnAuditIsNeededForEachKeyOfAnEndpoint) {
  const auto present = [&](const std::string& key) {
    redis({"SET", key, "anything"});
    auto found = which({"a", "b"});
    redis({"DEL", key});
    return found;
  };
  for (const auto& key : {names_.queue("a"), names_.messages("a"), names_.leases("a"), names_.behind("a"),
                          names_.heads("a"), names_.setAside("a")}) {
    EXPECT_THAT(present(key), ElementsAre(1, 0)) << key;
  }
  for (const auto& key : {names_.letters("a"), names_.letterOrder("a")}) {
    EXPECT_THAT(present(key), ElementsAre(2, 0)) << key;
  }
  for (const auto& index : {names_.letterIndex(), names_.groups()}) {
    redis({"ZADD", index, "1", "x"});
    EXPECT_THAT(which({"a", "b"}), ElementsAre(2, 2)) << index;
    redis({"DEL", index});
  }
  redis({"ZADD", names_.wakeIndex(), "1", "a"});
  EXPECT_THAT(which({"a", "b"}), ElementsAre(1, 0)) << "nothing is to wake it";
  run(auditCall("a"));
  EXPECT_THAT(which({"a", "b"}), ElementsAre(0, 0));
}

TEST_F(DamageScripts, AnAuditIsNeededForAStateThatIsNotAsItShouldBe) {
  redis({"HSET", names_.state("a"), "mask", "x"});
  EXPECT_THAT(which({"a", "b"}), ElementsAre(1, 0));
  redis({"DEL", names_.state("a")});
  EXPECT_THAT(which({"b", "a"}), ElementsAre(0, 1));
  redis({"SET", names_.state("a"), "of another type"});
  EXPECT_THAT(which({"a", "b"}), ElementsAre(1, 0));
  redis({"DEL", names_.state("a")});
  restoreState("a");
  EXPECT_THAT(which({"a", "b"}), ElementsAre(0, 0));
  createLanes("laned", Lanes::Endpoint);
  createMailbox("mailbox", "ada");
  EXPECT_THAT(which({"laned", "mailbox"}), ElementsAre(0, 1)) << "a mailbox may be missing from the indexes of calls";
  redis({"HSET", names_.state("laned"), "bytes", "5"});
  EXPECT_THAT(which({"laned"}), ElementsAre(1)) << "no message, but bytes";
  run(auditCall("laned"));
  EXPECT_THAT(which({"laned"}), ElementsAre(0));
}

TEST_F(DamageScripts, TheAuditPutsBackWhatIsInNoOrder) {
  put("1n1", kNow);
  claimOne("a", kNow);
  put("1n2", kNow);
  redis({"DEL", names_.queue("a"), names_.leases("a"), names_.wakeIndex()});
  EXPECT_EQ(run(auditCall("a")).items.at(1).integer, 2);
  EXPECT_EQ(run(auditCall("a")).items.at(1).integer, 0);
  run(auditCall("b"));
  EXPECT_THAT(claim(kNow, {"a"}).claims, SizeIs(2));
}

TEST_F(DamageScripts, TheAuditMovesWhatWouldNeverBeDue) {
  put("1n2", kNow);
  redis({"ZADD", names_.queue("a"), "+inf", "1n2"});
  EXPECT_EQ(run(auditCall("a")).items.at(1).integer, 1);
  EXPECT_THAT(claim(kNow, {"a"}).claims, SizeIs(1));
}

TEST_F(DamageScripts, TheAuditNamesAMessageThatIsGoneBeforeItsSuccessor) {
  put("1n1", kNow);
  const auto held = claimOne("a", kNow);
  put("1n1", kNow, "newer");
  redis({"HDEL", names_.messages("a"), "1n1"});
  expectDamaged(auditCall("a"), {"message", "a", "1n1"});
  EXPECT_EQ(setMessagesAside("a", {"1n1"}).integer, 1);
  EXPECT_EQ(counter("unreadable"), 1) << "a successor that only goes on would hide what was lost";
  EXPECT_EQ(balance().integer, 1);
  EXPECT_EQ(settle({{.action = "c", .claim = held}}, kNow), std::make_pair(std::int64_t{0}, std::int64_t{1}));
  EXPECT_EQ(claimOne("a", kNow).message.data, "newer");
}

TEST_F(DamageScripts, TheAuditNamesPlacesThatHaveNoMessage) {
  put("1n1", kNow);
  put("1n2", kNow);
  claim(kNow, {"b"}, 1000, 1);
  redis({"HDEL", names_.messages("a"), "1n2"});
  expectDamaged(auditCall("a"), {"message", "a", "1n2"});
  EXPECT_EQ(setMessagesAside("a", {"1n2"}).integer, 1);
  redis({"DEL", names_.messages("b")});
  EXPECT_THAT(run(auditCall("b")).items, SizeIs(3 + 2));
  EXPECT_EQ(setMessagesAside("b", {"1n1", "1n2"}).integer, 2);
  EXPECT_EQ(balance().integer, 3);
}

TEST_F(DamageScripts, WhatNeverWasAMessageIsNoneThatWasCancelled) {
  put("1n1", kNow);
  balance();
  redis({"ZADD", names_.queue("a"), "1", "no key of ours"});
  redis({"ZADD", names_.queue("a"), "1", "1n777"});
  redis({"HSET", names_.messages("b"), "1n778", "x"});
  EXPECT_THAT(claim(kNow, {"a"}).damaged, SizeIs(1));
  EXPECT_EQ(setMessagesAside("a", {"no key of ours", "1n777"}).integer, 2);
  EXPECT_EQ(setMessagesAside("b", {"1n778"}).integer, 1);
  EXPECT_EQ(counter("unreadable"), 3);
  EXPECT_EQ(balance().integer, 1) << "what was set aside of b was there, but never created";
  EXPECT_THAT(claim(kNow, {"a"}).claims, SizeIs(1));
}

TEST_F(DamageScripts, ANewMessageInThePlaceOfOneThatIsGoneHidesNoLoss) {
  put("1n1", kNow);
  put("1n2", kNow);
  balance();
  redis({"HDEL", names_.messages("a"), "1n1"});
  put("1n1", kNow + 1);
  EXPECT_EQ(balance().integer, 1);
  EXPECT_EQ(counter("cancelled"), 1);
}

TEST_F(DamageScripts, AMessageThatHasTwoPlacesIsClaimedOnce) {
  put("1n1", kNow);
  const auto held = claimOne("a", kNow);
  redis({"ZADD", names_.queue("a"), "1", "1n1"});
  EXPECT_THAT(claim(kNow, {"a"}).claims, SizeIs(0)) << "it is leased";
  settleOne({.action = "r", .claim = held, .due = kNow + 1}, kNow);
  redis({"ZADD", names_.leases("a"), "1", "1n1"});
  const auto again = claim(kNow + 1, {"a"});
  EXPECT_THAT(again.claims, SizeIs(1)) << "it waits";
  EXPECT_EQ(again.takenOver, 0);
}

TEST_F(DamageScripts, AKeyOfAnotherTypeIsSetAsideAsAWhole) {
  put("1n1", kNow);
  redis({"DEL", names_.messages("a")});
  redis({"SADD", names_.messages("a"), "x"});
  expectRefused(claimCall(kNow, {"a", "b"}, 10, 10), "LULLTYPE " + names_.messages("a") + " is a set, expected a hash");
  EXPECT_EQ(setKeyAside(names_.messages("a"), "hash").integer, 1);
  EXPECT_EQ(setKeyAside(names_.messages("a"), "hash").integer, 0);
  EXPECT_EQ(redis({"TYPE", names_.asideKey(names_.messages("a"))}).text, "set");
  const auto reply = claim(kNow, {"a", "b"});
  EXPECT_THAT(reply.claims, SizeIs(1));
  EXPECT_THAT(reply.damaged, SizeIs(1));
  EXPECT_EQ(balance().integer, 1) << "a key of several messages is gone: whoever looks first";
  EXPECT_EQ(setMessagesAside("a", {"1n1"}).integer, 1);
  EXPECT_EQ(balance().integer, 0);
}

TEST_F(DamageScripts, TheBooksAreClosedAgainOnlyWhenTheyAreMarked) {
  put("1n1", kNow);
  EXPECT_EQ(balance().integer, 0) << "never balanced: marked as kept from here on";
  redis({"HINCRBY", names_.counters(), "created", "3"});
  EXPECT_EQ(balance().integer, 0) << "an error of ours stays for the tests to see";
  redis({"HINCRBY", names_.counters(), "created", "-3"});
  redis({"HSET", names_.counters(), "created", "abc"});
  put("1n2", kNow);
  EXPECT_EQ(balance().integer, 2) << "two notifications were created before";
  redis({"DEL", names_.counters()});
  EXPECT_EQ(balance().integer, 4);
  EXPECT_EQ(counter("created"), 4);
}

TEST_F(DamageScripts, WhatIsSetAsideIsBounded) {
  settings_.interval = 0;
  for (int round = 0; round < 3; ++round) {
    Words keys;
    for (int i = 0; i < 400; ++i) keys.push_back("1n" + text(1000 * round + i));
    for (const auto& key : keys) {
      redis({"HSET", names_.windows(), key, std::string(20'000, 'x')});
    }
    EXPECT_EQ(setWindowsAside(keys).integer, 400);
  }
  EXPECT_EQ(redis({"HLEN", names_.aside()}).integer, 1000);
  EXPECT_EQ(field(names_.aside(), "window|1n0").size(), 16384U);
  EXPECT_EQ(counter("unreadable"), 1200);
}

}  // namespace
}  // namespace lull::redis
