#include "damage.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Damage to what endpoints with lanes hold. The harness checks after each test that every message stands in exactly
/// one order, that every lane has its head, and that the bytes are counted right.
class LaneDamage : public DamageScripts {
 protected:
  void SetUp() override { create("one", Lanes::Endpoint); }
  void create(const std::string& id, Lanes lanes, bool stop = false) {
    createLanes(id, lanes, stop);
    redis({"HSET", names_.registrations(), id,
           std::string("\x04\0\0\0\x0f\x01\x01", 7) + static_cast<char>(static_cast<int>(lanes) - 1) +
               static_cast<char>(stop) + std::string("\0\0\0\0{}", 6)});
  }
  /// Three messages in one lane; returns their keys.
  Words three(const std::string& id = "one", const std::string& lane = "") {
    Words keys;
    for (const auto sequence : tell({"1n1", "1n1", "1n1"}, kNow)) keys.push_back(laneKey(lane, sequence));
    EXPECT_EQ(redis({"HLEN", names_.messages(id)}).integer, 3);
    return keys;
  }
  Reply audit(const std::string& id = "one") { return run(auditCall(id)); }
  std::int64_t repaired(const std::string& id = "one") {
    const auto reply = audit(id);
    EXPECT_EQ(reply.items.at(0).text, "0") << "what it names is no repair";
    return reply.items.at(1).integer;
  }
  /// Claims and delivers until nothing is left; returns the keys in their order.
  Words delivered(std::int64_t now, const std::string& id = "one") {
    Words keys;
    for (auto claims = claim(now, {id}).claims; !claims.empty() && keys.size() < 10; claims = claim(now, {id}).claims) {
      keys.push_back(claims.front().key);
      settleOne({.action = "c", .claim = claims.front()}, now);
    }
    return keys;
  }
  /// Stores the messages anew in this order, which is that in which the audit meets them.
  void reorder(const Words& keys, const std::string& id = "one") {
    for (const auto& key : keys) {
      const auto packed = field(names_.messages(id), key);
      redis({"HDEL", names_.messages(id), key});
      redis({"HSET", names_.messages(id), key, packed});
    }
  }
  void purge(const std::string& key, std::int64_t now, const std::string& id = "one") {
    const auto mark = run(queueCall("queue_mark", id, {text(now)})).items;
    run(queueCall("queue_purge", id,
                  {id, text(now), text(mark.at(0).integer), text(mark.at(1).integer), "0", key, "0", "0"}));
  }
};

/// Where the first of three messages stands.
enum class Place { Head, Leased, Aside, LeasedAside };
constexpr Place kPlaces[] = {Place::Head, Place::Leased, Place::Aside, Place::LeasedAside};

class LaneDamageAt : public LaneDamage, public ::testing::WithParamInterface<Place> {
 protected:
  Words placed() {
    auto keys = three();
    if (GetParam() == Place::Head) return keys;
    const auto first = claimOne("one", kNow);
    if (GetParam() == Place::Leased) return keys;
    settleOne({.action = "s", .claim = first, .due = kNow, .step = 1}, kNow);
    if (GetParam() == Place::LeasedAside) claimOne("one", kNow);
    return keys;
  }
};

TEST_P(LaneDamageAt, AMessageThatCannotBeReadLeavesItsPlaceAndTheLaneGoesOn) {
  const auto keys = placed();
  const auto right = packed(names_.messages("one"), keys[0]);
  redis({"HSET", names_.messages("one"), keys[0], wrongValues(right)[2]});
  expectDamaged(auditCall("one"), {"message", "one", keys[0]});
  EXPECT_EQ(setMessagesAside("one", {keys[0]}).integer, 1);
  EXPECT_EQ(setMessagesAside("one", {keys[0]}).integer, 0);
  EXPECT_EQ(counter("cancelled"), 1);
  repaired();
  EXPECT_EQ(delivered(kNow), (Words{keys[1], keys[2]}));
}

TEST_P(LaneDamageAt, AKeyWithoutAMessageLeavesItsPlaceAndTheLaneGoesOn) {
  const auto keys = placed();
  redis({"HDEL", names_.messages("one"), keys[0]});
  expectDamaged(auditCall("one"), {"message", "one", keys[0]});
  EXPECT_EQ(setMessagesAside("one", {keys[0]}).integer, 1);
  EXPECT_EQ(setMessagesAside("one", {keys[0]}).integer, 0);
  repaired();
  balance();
  EXPECT_EQ(delivered(kNow), (Words{keys[1], keys[2]}));
}

TEST_P(LaneDamageAt, AMessageInNoOrderGoesBackToItsPlace) {
  const auto keys = placed();
  redis({"DEL", names_.queue("one"), names_.leases("one"), names_.setAside("one")});
  EXPECT_GT(repaired(), 0);
  EXPECT_EQ(repaired(), 0);
  EXPECT_EQ(delivered(kNow), keys);
}

INSTANTIATE_TEST_SUITE_P(Places, LaneDamageAt, ::testing::ValuesIn(kPlaces));

TEST_F(LaneDamage, WhatStandsBehindLeavesItsPlaceAndTheHeadStays) {
  const auto keys = three();
  redis({"HSET", names_.messages("one"), keys[1], "x"});
  redis({"HDEL", names_.messages("one"), keys[2]});
  EXPECT_THAT(audit().items, SizeIs(3 + 1)) << "what is there comes first";
  EXPECT_EQ(setMessagesAside("one", {keys[1]}).integer, 1);
  expectDamaged(auditCall("one"), {"message", "one", keys[2]});
  EXPECT_EQ(setMessagesAside("one", {keys[2]}).integer, 1);
  repaired();
  balance();
  EXPECT_EQ(delivered(kNow), Words{keys[0]});
}

TEST_F(LaneDamage, EveryWrongValueOfAMessageInALaneIsNamed) {
  const auto keys = three();
  const auto right = packed(names_.messages("one"), keys[0]);
  for (const auto& wrong : wrongValues(right)) {
    SCOPED_TRACE(wrong.size());
    redis({"HSET", names_.messages("one"), keys[0], wrong});
    EXPECT_THAT(claim(kNow, {"one"}).damaged, ElementsAre(ElementsAre("LULLDAMAGED", "message", "one", keys[0])));
    expectDamaged(auditCall("one"), {"message", "one", keys[0]});
  }
  redis({"HSET", names_.messages("one"), keys[0], right});
}

TEST_F(LaneDamage, ATombstoneIsNoDamage) {
  const auto keys = three();
  const auto head = claimOne("one", kNow);
  purge(keys[0], kNow);
  EXPECT_EQ(setMessagesAside("one", {keys[0]}).integer, 0);
  EXPECT_EQ(repaired(), 0);
  EXPECT_THAT(claim(kNow, {"one"}).claims, IsEmpty()) << "its receiver may still be at work on it";
  settle({{.action = "c", .claim = head}}, kNow);
  EXPECT_EQ(delivered(kNow), (Words{keys[1], keys[2]}));
}

TEST_F(LaneDamage, ATombstoneWithoutALeaseHoldsUpNobody) {
  const auto keys = three();
  claimOne("one", kNow);
  purge(keys[0], kNow);
  redis({"DEL", names_.leases("one")});
  EXPECT_EQ(repaired(), 2) << "the tombstone, and the head of the lane";
  EXPECT_EQ(repaired(), 0);
  EXPECT_EQ(delivered(kNow), (Words{keys[1], keys[2]}));
}

TEST_F(LaneDamage, TheLastMessageOfALaneLeavesNoTombstoneBehindWhenItsLeaseIsLost) {
  const auto key = laneKey("", tell({"1n1"}, kNow).front());
  claimOne("one", kNow);
  purge(key, kNow);
  redis({"DEL", names_.leases("one")});
  EXPECT_GT(repaired(), 0);
  const auto later = laneKey("", tell({"1n2"}, kNow).front());
  EXPECT_EQ(delivered(kNow), Words{later}) << "it is a head";
}

TEST_F(LaneDamage, ALaneWithoutAHeadGetsItsFirstMessageWhicheverTheAuditMeetsFirst) {
  const auto keys = three();
  reorder({keys[1], keys[0]});
  redis({"DEL", names_.heads("one"), names_.queue("one")});
  EXPECT_GT(repaired(), 0);
  EXPECT_EQ(repaired(), 0);
  EXPECT_EQ(delivered(kNow), keys);
}

TEST_F(LaneDamage, AHeadThatWaitsIsFoundAgainWhenNothingNamesItAnyMore) {
  const auto keys = three();
  settleOne({.action = "r", .claim = claimOne("one", kNow), .due = kNow + 1'000, .step = 1}, kNow);
  reorder({keys[0]});
  redis({"DEL", names_.heads("one")});
  EXPECT_GT(repaired(), 0);
  EXPECT_EQ(repaired(), 0);
  EXPECT_THAT(claim(kNow, {"one"}).claims, IsEmpty()) << "nothing overtakes it";
  EXPECT_EQ(delivered(kNow + 1'000), keys);
}

TEST_F(LaneDamage, AHeadThatIsLeasedIsFoundAgainWhenNothingNamesItAnyMore) {
  const auto keys = three();
  const auto head = claimOne("one", kNow);
  reorder({keys[0]});
  redis({"DEL", names_.heads("one")});
  EXPECT_GT(repaired(), 0);
  EXPECT_THAT(claim(kNow, {"one"}).claims, IsEmpty());
  settleOne({.action = "c", .claim = head}, kNow);
  EXPECT_EQ(delivered(kNow), (Words{keys[1], keys[2]}));
}

TEST_F(LaneDamage, WhatBecameAHeadWhileALaneHadNoneGoesBackBehind) {
  const auto keys = three();
  redis({"DEL", names_.heads("one")});
  const auto later = laneKey("", tell({"1n1"}, kNow).front());
  reorder({keys[0], keys[1], keys[2]});
  EXPECT_GT(repaired(), 0);
  EXPECT_EQ(repaired(), 0);
  EXPECT_EQ(delivered(kNow), (Words{keys[0], keys[1], keys[2], later}));
}

TEST_F(LaneDamage, AHeadThatNamesAMessageThatIsGoneIsFollowedByTheFirstBehindIt) {
  const auto keys = three();
  reorder({keys[1]});
  redis({"HDEL", names_.messages("one"), keys[0]});
  redis({"DEL", names_.queue("one")});
  EXPECT_GT(repaired(), 0);
  balance();
  EXPECT_EQ(delivered(kNow), (Words{keys[1], keys[2]}));
}

TEST_F(LaneDamage, AHeadThatNamesAMessageThatIsGoneIsForgottenWhenNothingStandsBehindIt) {
  create("items", Lanes::Item);
  tell({"1n1"}, kNow);
  delivered(kNow);
  delivered(kNow, "items");
  redis({"HSET", names_.heads("one"), "", "00000000000000aa"});
  redis({"HSET", names_.heads("items"), "1n5", "no position", "!" + laneKey("1n6", 9), "7"});
  EXPECT_EQ(repaired(), 1);
  EXPECT_EQ(repaired("items"), 2);
  EXPECT_EQ(redis({"EXISTS", names_.heads("one"), names_.heads("items")}).integer, 0);
}

TEST_F(LaneDamage, WhatIsInNoOrderStandsBehindAgainInItsOrder) {
  const auto keys = three();
  reorder({keys[1]});
  redis({"DEL", names_.behind("one")});
  EXPECT_EQ(repaired(), 2);
  EXPECT_EQ(delivered(kNow), keys);
}

TEST_F(LaneDamage, ALaneIsBuiltAgainFromItsMessagesAlone) {
  create("items", Lanes::Item);
  const auto keys = three();
  Words ofItem;
  for (const auto& key : keys) ofItem.push_back("3:1n1" + key.substr(key.size() - 16));
  for (const auto* id : {"one", "items"}) {
    redis({"DEL", names_.queue(id), names_.leases(id), names_.behind(id), names_.heads(id), names_.setAside(id)});
  }
  reorder({keys[1], keys[0]});
  reorder({ofItem[1], ofItem[0]}, "items");
  EXPECT_EQ(repaired(), 3);
  EXPECT_EQ(repaired("items"), 3);
  EXPECT_EQ(repaired(), 0);
  EXPECT_EQ(repaired("items"), 0);
  EXPECT_EQ(delivered(kNow), keys);
  EXPECT_EQ(delivered(kNow, "items"), ofItem);
}

TEST_F(LaneDamage, ScoresBehindAHeadThatAreNotZeroAreMended) {
  const auto keys = three();
  redis({"ZADD", names_.behind("one"), "-inf", keys[2]});
  redis({"ZADD", names_.behind("one"), "7", keys[1]});
  EXPECT_EQ(repaired(), 2);
  EXPECT_EQ(repaired(), 0);
  EXPECT_EQ(delivered(kNow), keys);
}

TEST_F(LaneDamage, AHeadThatStandsBehindAsWellIsSentOnce) {
  const auto keys = three();
  redis({"ZADD", names_.behind("one"), "0", keys[0]});
  repaired();
  EXPECT_EQ(delivered(kNow), keys);
}

TEST_F(LaneDamage, ALetterThatIsHeadStaysItWhenEarlierEventsComeBehindIt) {
  const auto dead = laneKey("", tell({"1n1"}, kNow).front());
  settleOne({.action = "b", .claim = claimOne("one", kNow)}, kNow);
  admit({{.key = "1n2"}}, kNow);
  Words arguments{"one", text(kNow), "5000", "0", "100", "100000"};
  for (const auto& word : seenLetters("one", {dead})) arguments.push_back(word);
  EXPECT_EQ(run(letterCall("letters_retry", "one", arguments)).items.at(0).integer, 1);
  fan(kNow);
  EXPECT_EQ(repaired(), 0);
  EXPECT_EQ(delivered(kNow), (Words{laneKey("", 3), laneKey("", 2)}));
}

TEST_F(LaneDamage, ADueTimeOfAMessageSetAsideThatNeverComesIsNow) {
  const auto keys = three();
  settleOne({.action = "s", .claim = claimOne("one", kNow), .due = kNow + 9'000, .step = 1}, kNow);
  redis({"ZADD", names_.setAside("one"), "+inf", keys[0]});
  EXPECT_EQ(repaired(), 1);
  EXPECT_EQ(delivered(kNow), keys);
}

TEST_F(LaneDamage, BytesAreCountedAnewWhereTheAuditSeesAllMessages) {
  const auto keys = three();
  const auto bytes = state("one", "bytes");
  redis({"HSET", names_.state("one"), "bytes", "999999"});
  repaired();
  EXPECT_EQ(state("one", "bytes"), bytes);
  delivered(kNow);
  redis({"HSET", names_.state("one"), "bytes", "5"});
  repaired();
  EXPECT_EQ(state("one", "bytes"), "") << "an empty queue holds none";
}

TEST_F(LaneDamage, LanesAndStopComeFromTheRegistration) {
  create("two", Lanes::Endpoint, true);
  const auto keys = three("two");
  for (const auto* name : {"lanes", "stop"}) {
    for (const auto* wrong : {"abc", "", "-1", "0", "9"}) {
      SCOPED_TRACE(std::string(name) + " = " + wrong);
      redis({"HSET", names_.state("two"), name, wrong});
      EXPECT_EQ(restoreState("two").integer, 1);
      EXPECT_EQ(restoreState("two").integer, 0);
      EXPECT_EQ(state("two", "lanes"), "2");
      EXPECT_EQ(state("two", "stop"), "1");
    }
    redis({"HDEL", names_.state("two"), name});
    EXPECT_EQ(restoreState("two").integer, 1);
    EXPECT_EQ(state("two", name), std::string(name) == "lanes" ? "2" : "1");
  }
  redis({"DEL", names_.state("two")});
  EXPECT_EQ(restoreState("two").integer, 1);
  EXPECT_EQ(state("two", "lanes") + state("two", "stop"), "21");
  repaired("two");
  EXPECT_EQ(delivered(kNow, "two"), keys);
}

TEST_F(LaneDamage, AnEndpointWhoseStateWasLostTakesWhatIsInTheStreamNow) {
  tell({"1n1"}, kNow);
  admit({{.key = "1n2"}}, kNow);
  redis({"DEL", names_.state("one")});
  expectDamaged(fanCall(kNow), {"state", "one"});
  EXPECT_EQ(restoreState("one").integer, 1);
  EXPECT_EQ(fan(kNow).items.at(1).integer, 1);
  repaired();
  EXPECT_THAT(delivered(kNow), SizeIs(2));
}

TEST_F(LaneDamage, WithoutStateAndRegistrationNothingLeavesItsLane) {
  const auto keys = three();
  redis({"DEL", names_.state("one")});
  redis({"HSET", names_.registrations(), "one", "x"});
  EXPECT_EQ(restoreState("one").integer, 1);
  EXPECT_EQ(state("one", "paused"), "operator");
  EXPECT_EQ(repaired(), 0) << "they stand in order";
  EXPECT_EQ(redis({"ZCARD", names_.behind("one")}).integer, 2);
  redis({"HSET", names_.state("one"), "lanes", "2", "mask", "15"});
  redis({"HDEL", names_.state("one"), "paused", "pausedSince"});
  repaired();
  EXPECT_EQ(delivered(kNow), keys);
}

TEST_F(LaneDamage, AnEventThatWasDamagedWhileItWasGivenOutTakesNothingFromTheNextOne) {
  create("three", Lanes::Endpoint);
  create("two", Lanes::Endpoint);
  settings_.fanMessages = 2;
  admit({{.key = "1n1"}, {.key = "1n2"}}, kNow);
  EXPECT_EQ(fan(kNow).items.at(1).integer, 2) << "one endpoint is left";
  redis({"LSET", names_.stream(), "0", "x"});
  expectDamaged(fanCall(kNow), {"stream", "", "x"});
  EXPECT_EQ(
      run("aside_value", {names_.meta(), names_.counters(), names_.aside(), names_.stream()}, {"stream|", "", "x", "1"})
          .integer,
      1);
  settings_.fanMessages = 1000;
  EXPECT_EQ(fan(kNow).items.at(1).integer, 3) << "all endpoints get the next event";
  EXPECT_EQ(redis({"LLEN", names_.stream()}).integer, 0);
}

TEST_F(LaneDamage, APlaceWithinAnEventThatIsNoneGivesItToAll) {
  admit({{.key = "1n1"}}, kNow);
  redis({"HSET", names_.meta(), "fanAt", "zzz"});
  EXPECT_EQ(fan(kNow).items.at(1).integer, 1);
  EXPECT_EQ(field(names_.meta(), "fanAt"), "");
}

}  // namespace
}  // namespace lull::redis
