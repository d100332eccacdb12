#include "harness.hpp"

namespace lull::redis {
namespace {

class FireScript : public ScriptHarness {
 protected:
  /// Opens a due window for each key.
  void open(const Words& keys, std::int64_t now) {
    std::vector<Admitted> events;
    for (const auto& key : keys) events.push_back({.key = key});
    admit(events, now);
  }
  void expectReply(const Reply& reply, std::int64_t windows, std::int64_t messages, std::int64_t nextDue) {
    ASSERT_FALSE(reply.isError()) << reply.text;
    EXPECT_EQ(reply.items.at(0).integer, windows);
    EXPECT_EQ(reply.items.at(1).integer, messages);
    EXPECT_EQ(reply.items.at(2).integer, nextDue);
  }
};

TEST_F(FireScript, ADueWindowBecomesOneMessagePerSubscribedEndpoint) {
  createEndpoint("a");
  createEndpoint("b", 2);
  createEndpoint("c", 3);
  settings_.interval = 5'000;
  admit({{.key = "1n7", .data = "payload", .occurred = kNow - 3, .trace = "trace"}}, kNow);
  admit({{.key = "1n7", .data = "older", .occurred = kNow - 9}}, kNow + 1'000);
  expectReply(fire(kNow + 5'999), 0, 0, kNow + 6'000);
  expectReply(fire(kNow + 6'400), 1, 2, -1);
  for (const auto* id : {"a", "c"}) {
    const auto m = message(id, "1n7").value();
    EXPECT_EQ(m.idSeq, 2U);
    EXPECT_EQ(m.upto, 2U);
    EXPECT_EQ(m.winSeq, 1U);
    EXPECT_EQ(m.events, 2U);
    EXPECT_EQ(m.data, "payload");
    EXPECT_EQ(m.trace, "trace");
    EXPECT_EQ(m.occurred, kNow - 3);
    EXPECT_EQ(m.due, kNow + 6'400);
    EXPECT_EQ(m.windowDue, kNow + 6'000);
    EXPECT_EQ(m.stamp, kNow + 6'400);
    EXPECT_EQ(m.flags, 0U);
    EXPECT_EQ(m.attempts + m.losses + m.token, 0U);
    EXPECT_EQ(score(names_.wakeIndex(), id), kNow + 6'400);
  }
  EXPECT_FALSE(message("b", "1n7"));
  EXPECT_EQ(redis({"EXISTS", names_.windows(), names_.windowIndex()}).integer, 0);
  EXPECT_EQ(counter("created"), 2);
}

TEST_F(FireScript, WhatItPacksIsWhatTheCodecReads) {
  createEndpoint("ep_a");
  admit({{.key = "4s\xC3\xBC", .data = "{}", .trace = "trace"}}, kNow);
  fire(kNow);
  const auto claimed = claimOne("ep_a", kNow + 1);
  const auto stored =
      readMessage(field(names_.messages("ep_a"), "4s\xC3\xBC"), *MessageKey::fromPacked("4s\xC3\xBC"), "epoch", "ep_a");
  EXPECT_EQ(stored.message.id, "msg_epoch_a_1");
  EXPECT_EQ(stored.message.upto, 1U);
  EXPECT_EQ(stored.message.eventCount, 1U);
  EXPECT_EQ(stored.message.attempts, 1U);
  EXPECT_EQ(stored.message.traceparent, "trace");
  EXPECT_EQ(stored.message.payload.data, "{}");
  EXPECT_EQ(stored.token, claimed.message.token);
  EXPECT_TRUE(stored.leased);
  EXPECT_EQ(millisOf(stored.due), kNow);
  EXPECT_EQ(millisOf(stored.windowDue), kNow);
}

TEST_F(FireScript, AWindowWithoutSubscribersIsSimplyClosed) {
  createEndpoint("a", 2);
  open({"1n7"}, kNow);
  expectReply(fire(kNow), 1, 0, -1);
  EXPECT_EQ(counter("created"), 0);
}

TEST_F(FireScript, NoDueWindowsChangeNothing) {
  createEndpoint("a");
  const auto before = snapshot();
  expectReply(fire(kNow), 0, 0, -1);
  EXPECT_EQ(snapshot(), before);
}

TEST_F(FireScript, AStaleRevisionIsRefusedAndAMissingStateNamed) {
  createEndpoint("a");
  open({"1n7"}, kNow);
  auto stale = fireCall(kNow, 1000, 250);
  createEndpoint("b");
  expectRefused(stale, "LULLSTALE registry");
  redis({"DEL", names_.state("b")});
  expectDamaged(fireCall(kNow, 1000, 250), {"state", "b"});
}

TEST_F(FireScript, ACallStopsAtAWindowBoundaryAfterAboutSoManyMessages) {
  for (const auto* id : {"a", "b", "c"}) createEndpoint(id);
  open(manyKeys(10), kNow);
  expectReply(fire(kNow, 10), 3, 9, kNow);
  expectReply(fire(kNow, 9), 3, 9, kNow);
  expectReply(fire(kNow, 1), 1, 3, kNow);  // one window may be larger than the limit: it is never split
  expectReply(fire(kNow, 1000, 2), 2, 6, kNow);
  expectReply(fire(kNow), 1, 3, -1);
}

// The caller names the takers of some bits only: a window of another bit would lose its messages.
TEST_F(FireScript, ACallStopsBeforeAWindowOfABitThatIsNotNamed) {
  createEndpoint("a");
  open({"1n7", "2n7", "1n8"}, kNow);
  expectReply(fire(kNow, 1000, 250, 2), 0, 0, kNow);
  expectReply(fire(kNow, 1000, 250, 1), 2, 2, kNow);  // windows that are due at once stand in the order of their keys
  EXPECT_TRUE(message("a", "1n8"));
  EXPECT_FALSE(message("a", "2n7"));
  expectReply(fire(kNow, 1000, 250, 3), 1, 1, -1);
}

TEST_F(FireScript, TheNextCallComesWhenUpToFourWindowsThatAreDueWithinTheSlackAreDue) {
  createEndpoint("a");
  settings_.interval = 5'000;
  settings_.slack = 20;
  const auto nextWith = [&](const std::vector<std::int64_t>& delays) {
    redis({"DEL", names_.windows(), names_.windowIndex()});
    for (const auto delay : delays) admit({{.key = "1n" + std::to_string(delay)}}, kNow - 5'000 + delay);
    const auto fired = fire(kNow - 1);
    EXPECT_EQ(fired.items.at(0).integer, 0) << fired.text;
    return fired.items.at(2).integer - kNow;
  };
  EXPECT_EQ(nextWith({0}), 0);
  EXPECT_EQ(nextWith({0, 20, 21}), 20);
  EXPECT_EQ(nextWith({0, 21}), 0);
  EXPECT_EQ(nextWith({0, 1, 2, 3, 4}), 3) << "four share a call";
  const std::vector<std::int64_t> fifteen{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
  EXPECT_EQ(nextWith(fifteen), 3);
  auto more = fifteen;
  more.push_back(21);
  EXPECT_EQ(nextWith(more), 3);
  more.back() = 20;
  EXPECT_EQ(nextWith(more), 0) << "calls follow each other closely anyway";
  settings_.slack = 0;
  EXPECT_EQ(nextWith({0, 1}), 0);
}

TEST_F(FireScript, WhatIsDueAlreadyIsNotPutOff) {
  createEndpoint("a");
  settings_.slack = 20;
  open({"1n1", "1n2"}, kNow);
  settings_.interval = 10;
  open({"1n3"}, kNow);
  expectReply(fire(kNow, 1), 1, 1, kNow);
}

TEST_F(FireScript, AThousandWindowsFireInOneCall) {
  createEndpoint("a");
  open(manyKeys(1000), kNow);
  expectReply(fire(kNow, 1000, 1000), 1000, 1000, -1);
  EXPECT_EQ(redis({"ZCARD", names_.queue("a")}).integer, 1000);
}

TEST_F(FireScript, ANewerChangeIsMergedIntoANeverAttemptedMessageUnderItsOldId) {
  createEndpoint("a");
  put("1n7", kNow, "old");
  put("1n7", kNow + 50, "new");
  const auto m = message("a", "1n7").value();
  EXPECT_EQ(m.idSeq, 1U);
  EXPECT_EQ(m.upto, 2U);
  EXPECT_EQ(m.events, 2U);
  EXPECT_EQ(m.data, "new");
  EXPECT_EQ(m.due, kNow);
  EXPECT_EQ(m.stamp, kNow + 50) << "MaxAge counts from the newest content";
  EXPECT_EQ(counter("created"), 2);
  EXPECT_EQ(counter("superseded"), 1);
}

TEST_F(FireScript, TheNewestByOccurredAtWinsThePayloadOfAMergeToo) {
  createEndpoint("a");
  put("1n7", kNow, "newest");
  admit({{.key = "1n7", .data = "older", .occurred = kNow - 1}}, kNow + 50);
  fire(kNow + 50);
  EXPECT_EQ(message("a", "1n7")->data, "newest");
  EXPECT_EQ(message("a", "1n7")->winSeq, 1U);
  admit({{.key = "1n7", .data = "tie", .occurred = kNow}}, kNow + 60);
  fire(kNow + 60);
  EXPECT_EQ(message("a", "1n7")->data, "tie");
  EXPECT_EQ(message("a", "1n7")->upto, 3U);
}

TEST_F(FireScript, AMergeIntoAnAttemptedMessageStartsANewGenerationAfterTheFirstRetryDelay) {
  createEndpoint("a");
  put("1n7", kNow, "old");
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 300'000}, kNow + 10);
  put("1n7", kNow + 1'000, "new");
  const auto m = message("a", "1n7").value();
  EXPECT_EQ(m.idSeq, 2U);
  EXPECT_EQ(m.due, kNow + 6'000);
  EXPECT_EQ(score(names_.queue("a"), "1n7"), kNow + 6'000);
  EXPECT_EQ(score(names_.wakeIndex(), "a"), kNow + 6'000);
  EXPECT_EQ(m.attempts, 1U);
  EXPECT_EQ(m.firstFailed, kNow + 10);
  EXPECT_EQ(m.windowDue, kNow + 1'000);
  EXPECT_FALSE(m.attempted());
  put("1n7", kNow + 2'000);
  EXPECT_EQ(message("a", "1n7")->idSeq, 2U) << "the new generation was never attempted: it keeps its id";
}

TEST_F(FireScript, AMergeIntoAnAttemptedMessageKeepsAnEarlierDueTime) {
  createEndpoint("a");
  put("1n7", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 2'000}, kNow);
  put("1n7", kNow + 1'000);
  EXPECT_EQ(message("a", "1n7")->due, kNow + 2'000);
  EXPECT_EQ(message("a", "1n7")->idSeq, 2U);
}

TEST_F(FireScript, AMergeDoesNotPutOffWhatWasMadeDueByHand) {
  createEndpoint("a");
  put("1n7", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 300'000}, kNow);
  run(queueCall("queue_retry", "a", {"a", text(kNow + 10), "0", "1n7", "1"}));
  put("1n7", kNow + 1'000);
  EXPECT_EQ(score(names_.queue("a"), "1n7"), kNow + 10);
  EXPECT_EQ(claimOne("a", kNow + 1'000).message.idSeq, 2U);
}

TEST_F(FireScript, LeasedContentNeverChangesExpiredOrNot) {
  createEndpoint("a");
  put("1n7", kNow, "leased");
  claimOne("a", kNow);
  const auto before = field(names_.messages("a"), "1n7");
  put("1n7", kNow + 1'000, "one");
  put("1n7", kNow + 9'000'000, "two");
  EXPECT_EQ(field(names_.messages("a"), "1n7"), before);
  const auto next = successor("a", "1n7").value();
  EXPECT_EQ(next.idSeq, 2U);
  EXPECT_EQ(next.upto, 3U);
  EXPECT_EQ(next.data, "two");
  EXPECT_FALSE(score(names_.queue("a"), "1n7"));
  EXPECT_EQ(counter("superseded"), 1);
}

TEST_F(FireScript, SequencesNear2To53SurviveFanOut) {
  createEndpoint("a");
  redis({"HSET", names_.meta(), "seq", "9007199254740990"});
  EXPECT_EQ(put("1n7", kNow), 9007199254740991U);
  EXPECT_EQ(claimOne("a", kNow).message.upto, 9007199254740991U);
}

TEST_F(FireScript, APausedOrParkedEndpointKeepsItsMessagesWithoutAWakeUp) {
  createEndpoint("a", 15, false);
  createEndpoint("b");
  redis({"HSET", names_.state("b"), "gate", text(kNow + 700)});
  put("1n7", kNow);
  EXPECT_TRUE(message("a", "1n7"));
  EXPECT_FALSE(score(names_.wakeIndex(), "a"));
  EXPECT_EQ(score(names_.wakeIndex(), "b"), kNow + 700);
}

TEST_F(FireScript, WrongInputIsRefused) {
  createEndpoint("a");
  open({"1n7"}, kNow);
  const auto good = fireCall(kNow, 1000, 250);
  expectTypesChecked(good);
  auto bad = good;
  bad.arguments.pop_back();
  expectRefused(bad, "LULLARG");
  for (const std::size_t place : {0U, 2U, 3U, 4U, 5U, 7U}) {
    bad = good;
    bad.arguments[place] = "x";
    expectRefused(bad, "LULLARG");
  }
  bad.arguments.clear();
  expectRefused(bad, "LULLARG");
}

TEST_F(FireScript, WindowsStillFireWhenRedisIsFull) {
  createEndpoint("a");
  open(manyKeys(1000), kNow);
  fillUp();
  expectReply(fire(kNow, 1000, 1000), 1000, 1000, -1);
}

}  // namespace
}  // namespace lull::redis
