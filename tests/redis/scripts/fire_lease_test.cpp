#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// What fire.lua leases to its caller.
class FireLease : public ScriptHarness {
 protected:
  FireLease() { permits_ = 100; }

  void open(const Words& keys, std::int64_t now) {
    std::vector<Admitted> events;
    for (const auto& key : keys) events.push_back({.key = key});
    admit(events, now);
  }

  struct Outcome {
    std::int64_t windows = 0, messages = 0, nextDue = 0, types = 0, held = 0, wake = 0;
    Words leased;                 // "<endpoint> <key>"
    std::vector<Claimed> claims;  // the same, as a claim would give them
    Words ready;
  };
  Outcome fireAt(std::int64_t now, std::int64_t stopAt = 1000) {
    const auto call = fireCall(now, stopAt, 250);
    const auto reply = run(call);
    EXPECT_FALSE(reply.isError()) << reply.text;
    Outcome outcome;
    if (reply.isError()) return outcome;
    const auto number = [&](std::size_t at) { return reply.items.at(at).integer; };
    outcome = {number(0), number(1), number(2), number(3), number(4), number(5), {}, {}, {}};
    Words ids;
    for (const auto& [id, mask] : endpoints_) {
      if (!lanes_.contains(id)) ids.push_back(id);
    }
    std::size_t at = 7;
    for (auto windows = number(6); windows > 0; --windows) {
      const auto key = reply.items.at(at).text;
      const auto places = number(at + 2);
      for (std::int64_t i = 0; i < places; ++i) {
        const auto id = ids.at(static_cast<std::size_t>(number(at + 3 + static_cast<std::size_t>(i)) - 1));
        outcome.leased.push_back(id + " " + key);
        outcome.claims.push_back({id, key, 0, readStored(reply.items.at(at + 1).text)});
      }
      at += 3 + static_cast<std::size_t>(places);
    }
    for (; at < reply.items.size(); ++at) outcome.ready.push_back(reply.items[at].text);
    return outcome;
  }

  void expectNothingLeased(std::int64_t now) {
    EXPECT_THAT(fireAt(now).leased, IsEmpty());
    EXPECT_EQ(redis({"ZCOUNT", names_.leases("a"), text(now + 1), "+inf"}).integer, 0);
  }
  static std::string text(std::int64_t number) { return std::to_string(number); }
};

TEST_F(FireLease, LeasesWhatAClaimWouldLease) {
  createEndpoint("a");
  open({"1n7"}, kNow);
  const auto fired = fireAt(kNow + 5);
  ASSERT_THAT(fired.leased, ElementsAre("a 1n7"));
  EXPECT_EQ(score(names_.queue("a"), "1n7"), std::nullopt) << "it never waits";
  const auto now = message("a", "1n7").value();
  const auto lease = score(names_.leases("a"), "1n7");
  const auto wake = score(names_.wakeIndex(), "a");
  EXPECT_EQ(counter("created"), 1);
  settleOne({.action = "c", .claim = fired.claims.at(0)}, kNow + 5);
  EXPECT_EQ(counter("delivered"), 1);

  permits_ = 0;
  redis({"HDEL", names_.meta(), "lastFire"});
  open({"1n7"}, kNow);
  EXPECT_THAT(fireAt(kNow + 5).leased, IsEmpty());
  const auto claimed = claimOne("a", kNow + 5);
  EXPECT_EQ(lease, score(names_.leases("a"), "1n7"));
  EXPECT_EQ(wake, score(names_.wakeIndex(), "a"));
  auto then = message("a", "1n7").value();
  EXPECT_NE(then.token, now.token);
  for (auto field : {&Stored::token, &Stored::idSeq, &Stored::upto, &Stored::winSeq}) then.*field = now.*field;
  EXPECT_EQ(then.flags, now.flags);
  EXPECT_EQ(then.attempts, now.attempts);
  EXPECT_EQ(then.due, now.due);
  EXPECT_EQ(then.windowDue, now.windowDue);
  EXPECT_EQ(then.entryDue, now.entryDue);
  EXPECT_EQ(then.stamp, now.stamp);
  EXPECT_EQ(then.data, now.data);
}

TEST_F(FireLease, AWindowIsLeasedForEachOfItsEndpoints) {
  createEndpoint("a");
  createEndpoint("b", 2);
  createEndpoint("c");
  replaceEndpoint("c", 15, false, kNow);
  open({"1n1", "3n2"}, kNow);
  open({"2n3"}, kNow + 1);
  const auto fired = fireAt(kNow + 1);
  EXPECT_THAT(fired.leased, UnorderedElementsAre("a 1n1", "a 3n2", "a 2n3", "b 3n2", "b 2n3")) << "c is paused";
  EXPECT_EQ(fired.messages, 8);
  EXPECT_EQ(message("c", "1n1")->leased(), false);
  EXPECT_EQ(message("a", "1n1")->leased(), true);
  for (const auto& claim : fired.claims) settleOne({.action = "c", .claim = claim}, kNow + 2);
  EXPECT_EQ(counter("delivered"), 5);
}

TEST_F(FireLease, WhatItLeasesIsStoredWithoutWhatIsKnownAnyway) {
  createEndpoint("a");
  admit({{.key = "1n7", .data = "payload", .occurred = kNow - 3, .trace = "trace"}}, kNow);
  const auto fired = fireAt(kNow + 5);
  const auto packed = field(names_.messages("a"), "1n7");
  const auto stored = message("a", "1n7").value();
  EXPECT_EQ(stored.version, 5U);
  const auto read = readMessage(packed, *MessageKey::fromPacked("1n7"), "epoch", "ep_a");
  EXPECT_EQ(read.message.id, "msg_epoch_a_1");
  EXPECT_EQ(read.message.upto, 1U);
  EXPECT_EQ(read.message.attempts, 1U);
  EXPECT_EQ(read.message.eventCount, 1U);
  EXPECT_EQ(read.message.key.packed(), "1n7");
  EXPECT_EQ(read.message.payload.data, "payload");
  EXPECT_EQ(read.message.traceparent, "trace");
  EXPECT_EQ(millisOf(read.message.occurredAt), kNow - 3);
  EXPECT_EQ(millisOf(read.message.sentAt), kNow + 5);
  EXPECT_EQ(millisOf(read.due), kNow + 5);
  EXPECT_EQ(millisOf(read.entryDue), kNow + 5);
  EXPECT_EQ(millisOf(read.windowDue), kNow);
  EXPECT_FALSE(read.message.firstFailedAt);
  EXPECT_EQ(read.token, stored.token);
  EXPECT_TRUE(read.leased);

  // A lease that is lost is claimed again: the message is whole then, with the same content.
  const auto again = claimOne("a", kNow + 5 + settings_.lease + 1);
  EXPECT_EQ(again.message.version, 4U);
  EXPECT_EQ(again.message.winSeq, 1U);
  EXPECT_EQ(again.message.stamp, kNow + 5);
  EXPECT_EQ(again.message.sent, kNow + 5);
  EXPECT_EQ(again.message.entryDue, kNow + 5);
  EXPECT_EQ(again.message.occurred, kNow - 3);
  EXPECT_EQ(again.message.windowDue, kNow);
  EXPECT_EQ(again.message.attempts, 2U);
  EXPECT_EQ(again.message.data, "payload");
  EXPECT_EQ(again.message.trace, "trace");
}

TEST_F(FireLease, WhatTheShortFormCannotSayIsStoredWhole) {
  createEndpoint("a");
  admit({{.key = "1n1", .data = "newest"}}, kNow);
  admit({{.key = "1n1", .data = "older", .occurred = kNow - 9}}, kNow);
  fireAt(kNow);
  EXPECT_TRUE(message("a", "1n1")->leased());
  EXPECT_EQ(message("a", "1n1")->version, 4U);
  EXPECT_EQ(message("a", "1n1")->winSeq, 1U);
  EXPECT_EQ(message("a", "1n1")->data, "newest");

  createEndpoint("b");
  redis({"HSET", names_.state("b"), "pausedTotal", "100"});
  open({"1n2"}, kNow);
  fireAt(kNow);
  EXPECT_EQ(message("a", "1n2")->version, 5U);
  EXPECT_TRUE(message("b", "1n2")->leased());
  EXPECT_EQ(message("b", "1n2")->version, 4U);
  EXPECT_EQ(message("b", "1n2")->stamp, kNow - 100);
}

TEST_F(FireLease, WhatWasLeasedAsItWasMadeWaitsInItsPlaceWhenItCouldNotBeSent) {
  createEndpoint("a");
  open({"1n7"}, kNow);
  const auto claim = fireAt(kNow + 5).claims.at(0);
  settleOne({.action = "h", .claim = claim}, kNow + 9);
  EXPECT_EQ(score(names_.queue("a"), "1n7"), kNow + 5);
  EXPECT_EQ(message("a", "1n7")->version, 4U);
  EXPECT_EQ(message("a", "1n7")->attempts, 0U);
}

TEST_F(FireLease, AShortFormThatIsCutAnywhereIsDamaged) {
  createEndpoint("a");
  admit({{.key = "1n7", .trace = "trace"}}, kNow);
  const auto claim = fireAt(kNow).claims.at(0);
  const auto packed = field(names_.messages("a"), "1n7");
  for (std::size_t length = 1; length < packed.size(); ++length) {
    redis({"HSET", names_.messages("a"), "1n7", packed.substr(0, length)});
    const auto reply = run(settleCall({{.action = "c", .claim = claim}}, kNow));
    ASSERT_FALSE(reply.items.empty()) << length << ": " << reply.text;
    EXPECT_EQ(reply.items.at(0).text, "LULLDAMAGED") << length;
  }
  redis({"HSET", names_.messages("a"), "1n7", packed});
  settleOne({.action = "c", .claim = claim}, kNow);
  EXPECT_EQ(counter("delivered"), 1);
}

TEST_F(FireLease, NothingIsLeasedWithoutPermits) {
  createEndpoint("a");
  permits_ = 1;
  open({"1n1", "1n2"}, kNow);
  const auto fired = fireAt(kNow);
  EXPECT_THAT(fired.leased, ElementsAre("a 1n1"));
  EXPECT_EQ(score(names_.queue("a"), "1n2"), kNow);
  EXPECT_EQ(score(names_.wakeIndex(), "a"), kNow) << "someone else may have a slot";
  EXPECT_THAT(fired.ready, ElementsAre("a"));
}

TEST_F(FireLease, NotWhileItIsParked) {
  createEndpoint("a");
  permits_ = 0;
  park("a", "1n1", kNow + 100);
  permits_ = 100;
  open({"1n2"}, kNow);
  expectNothingLeased(kNow + 50);
}

// After a park one message may be in flight, then one more after each answer.
TEST_F(FireLease, NoMoreThanTheRampAllows) {
  createEndpoint("a");
  permits_ = 0;
  park("a", "1n1", kNow + 100);
  permits_ = 100;
  redis({"DEL", names_.queue("a"), names_.messages("a")});
  redis({"HINCRBY", names_.counters(), "created", "-1"});
  open({"1n2", "1n3"}, kNow);
  EXPECT_THAT(fireAt(kNow + 100).leased, ElementsAre("a 1n2"));
}

TEST_F(FireLease, NotWhileItsBreakerIsOpen) {
  settings_.failures = 1;
  createEndpoint("a");
  put("1n1", kNow);
  permits_ = 100;
  const auto claimed = claim(kNow, {"a"});
  if (!claimed.claims.empty())
    settleOne({.action = "r", .claim = claimed.claims.at(0), .due = kNow + 50'000, .step = 1}, kNow);
  else
    settleOne({.action = "r", .claim = {"a", "1n1", 0, message("a", "1n1").value()}, .due = kNow + 50'000, .step = 1},
              kNow);
  ASSERT_FALSE(state("a", "openUntil").empty());
  open({"1n2"}, kNow);
  expectNothingLeased(kNow + 1);
  open({"1n3"}, kNow);
  expectNothingLeased(kNow + settings_.probe + 1);  // the probe is the oldest message, and claim.lua chooses it
}

TEST_F(FireLease, NotWhileASweepMakesOlderOnesDue) {
  createEndpoint("a");
  redis({"HSET", names_.state("a"), "sweep", text(kNow + 9'000)});
  open({"1n2"}, kNow);
  expectNothingLeased(kNow);
}

TEST_F(FireLease, NotBeforeWhatIsDueEarlier) {
  createEndpoint("a");
  permits_ = 0;
  open({"1n1"}, kNow);
  fireAt(kNow);
  permits_ = 100;
  open({"1n2"}, kNow);
  expectNothingLeased(kNow);
}

TEST_F(FireLease, BeforeWhatIsDueLater) {
  createEndpoint("a");
  open({"1n1"}, kNow);
  const auto first = fireAt(kNow);
  settleOne({.action = "r", .claim = first.claims.at(0), .due = kNow + 5'000, .step = 1}, kNow);
  open({"1n2"}, kNow);
  EXPECT_THAT(fireAt(kNow + 1).leased, ElementsAre("a 1n2"));
}

TEST_F(FireLease, NotBeforeALeaseThatWasLost) {
  createEndpoint("a");
  open({"1n1"}, kNow);
  fireAt(kNow);
  open({"1n2"}, kNow);
  expectNothingLeased(kNow + settings_.lease);
}

TEST_F(FireLease, NoMoreThanItsLimitAllows) {
  createEndpoint("a");
  fireLimit_ = 2;
  open({"1n1", "1n2", "1n3"}, kNow);
  const auto fired = fireAt(kNow);
  EXPECT_THAT(fired.leased, ElementsAre("a 1n1", "a 1n2"));
  EXPECT_EQ(score(names_.wakeIndex(), "a"), kNow + settings_.lease) << "until a lease ends nothing more can be claimed";
  EXPECT_THAT(fired.ready, IsEmpty());
}

TEST_F(FireLease, AKeyThatWaitsOrIsLeasedIsMergedAsEver) {
  createEndpoint("a");
  open({"1n1", "1n2"}, kNow);
  const auto fired = fireAt(kNow);
  settleOne({.action = "r", .claim = fired.claims.at(0), .due = kNow + 60'000, .step = 1}, kNow);
  open({"1n1", "1n2"}, kNow + 1);
  EXPECT_THAT(fireAt(kNow + 1).leased, IsEmpty());
  EXPECT_EQ(message("a", "1n1")->upto, 3U);
  EXPECT_EQ(successor("a", "1n2")->upto, 4U);
  EXPECT_EQ(counter("superseded"), 1);
}

TEST_F(FireLease, APacedCallStopsBeforeAWindowForWhichAnEndpointHasNoRoom) {
  createEndpoint("a");
  fireLimit_ = 2;
  stopsWhenFull_ = true;
  open({"1n1", "1n2", "1n3", "2n4"}, kNow);
  const auto fired = fireAt(kNow);
  EXPECT_THAT(fired.leased, ElementsAre("a 1n1", "a 1n2"));
  EXPECT_EQ(fired.held, 1);
  EXPECT_EQ(fired.nextDue, kNow);
  EXPECT_EQ(fired.types, 3);
  EXPECT_EQ(fireAt(kNow).windows, 0) << "nothing has ended yet";
  settleOne({.action = "c", .claim = fired.claims.at(0)}, kNow);
  const auto next = fireAt(kNow);
  EXPECT_THAT(next.leased, ElementsAre("a 1n3"));
  EXPECT_EQ(next.held, 1);
  stopsWhenFull_ = false;
  EXPECT_THAT(fireAt(kNow).leased, IsEmpty());
  EXPECT_EQ(score(names_.queue("a"), "2n4"), kNow);
}

// An endpoint that is slow must not hold up one that has nothing to do.
TEST_F(FireLease, APacedCallGoesOnForAnEndpointThatIsAboutToRunOutOfWork) {
  createEndpoint("fast");
  createEndpoint("slow");
  fireLimit_ = 4;
  stopsWhenFull_ = true;
  const auto keys = manyKeys(6);
  open(keys, kNow);
  const auto fired = fireAt(kNow);
  EXPECT_EQ(fired.windows, 4) << "then both are busy";
  for (const auto& claim : fired.claims) {
    if (claim.endpoint == "fast") settleOne({.action = "c", .claim = claim}, kNow);
  }
  const auto next = fireAt(kNow);
  EXPECT_THAT(next.leased, ElementsAre("fast " + keys[4])) << "one of four is work enough";
  EXPECT_EQ(next.held, 1);
  EXPECT_EQ(score(names_.queue("slow"), keys[4]), kNow);
}

// They could not be told sooner by waiting, so nobody waits for them.
TEST_F(FireLease, APacedCallDoesNotStopForAnEndpointThatIsPausedParkedOrOpen) {
  createEndpoint("a");
  createEndpoint("b");
  stopsWhenFull_ = true;
  replaceEndpoint("b", 15, false, kNow);
  open({"1n1"}, kNow);
  EXPECT_THAT(fireAt(kNow).leased, ElementsAre("a 1n1"));
  replaceEndpoint("b", 15, true, kNow);
  redis({"HSET", names_.state("b"), "gate", text(kNow + 100)});
  open({"1n2"}, kNow);
  EXPECT_THAT(fireAt(kNow).leased, ElementsAre("a 1n2"));
}

TEST_F(FireLease, APacedCallStopsForAnEndpointThatHasSomethingDue) {
  createEndpoint("a");
  permits_ = 0;
  open({"1n1"}, kNow);
  fireAt(kNow);
  permits_ = 100;
  stopsWhenFull_ = true;
  open({"1n2"}, kNow);
  EXPECT_EQ(fireAt(kNow).held, 1);
  const auto claimed = claimOne("a", kNow);
  EXPECT_THAT(fireAt(kNow).leased, ElementsAre("a 1n2"));
}

TEST_F(FireLease, TypesAndArgumentsAreChecked) {
  createEndpoint("a");
  open({"1n1"}, kNow);
  auto call = fireCall(kNow, 10, 10);
  expectTypesChecked(call);
  for (const std::size_t at : {7U, 9U, 10U, 13U, 14U}) {
    auto wrong = call;
    wrong.arguments.at(at) = "x";
    expectRefused(wrong, "LULLARG fire");
  }
}

TEST_F(FireLease, WorksWhenRedisIsFull) {
  createEndpoint("a");
  open({"1n1"}, kNow);
  fillUp();
  EXPECT_THAT(fireAt(kNow).leased, ElementsAre("a 1n1"));
}

}  // namespace
}  // namespace lull::redis
