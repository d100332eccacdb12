#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// queue_purge.lua cancels messages that were there when the call began, and leaves those that came since.
class QueuePurgeScript : public ScriptHarness {
 protected:
  QueuePurgeScript() { createEndpoint("a"); }

  /// The sequence and the active clock of now.
  Words mark(std::int64_t now) {
    const auto reply = run(queueCall("queue_mark", "a", {text(now)}));
    return {text(reply.items.at(0).integer), text(reply.items.at(1).integer)};
  }
  /// {keys, cancelled}
  std::vector<std::int64_t> purge(std::int64_t now, const Words& mark, const Words& seen,
                                  bool unsubscribedOnly = false) {
    Words arguments{"a", text(now), mark.at(0), mark.at(1), unsubscribedOnly ? "1" : "0"};
    arguments.insert(arguments.end(), seen.begin(), seen.end());
    const auto reply = run(queueCall("queue_purge", "a", arguments));
    EXPECT_FALSE(reply.isError()) << reply.text;
    return {reply.items.at(0).integer, reply.items.at(1).integer};
  }
  static Words whole(const std::string& key) { return {key, "0", "0"}; }
  Words seen(const std::string& key) {
    const auto m = message("a", key).value();
    return {key, std::to_string(m.idSeq), std::to_string(m.upto)};
  }
  void failOnce(const std::string& key, std::int64_t due) {
    put(key, kNow);
    settleOne({.action = "r", .claim = claimOne("a", kNow), .due = due}, kNow);
  }
};

TEST_F(QueuePurgeScript, WhatWasLeasedAsItWasMadeBehindTheMarkStays) {
  permits_ = 1;
  settings_.interval = 10;
  admit({{.key = "1n1", .occurred = kNow - 100}}, kNow);
  const auto before = mark(kNow + 5);
  fire(kNow + 10);
  ASSERT_TRUE(message("a", "1n1")->leased());
  EXPECT_THAT(purge(kNow + 11, before, whole("1n1")), ElementsAre(0, 0));
  EXPECT_THAT(purge(kNow + 11, mark(kNow + 11), whole("1n1")), ElementsAre(1, 1));
}

TEST_F(QueuePurgeScript, ANewerMessageUnderAnotherIdStays) {
  failOnce("1n1", kNow + 60'000);
  const auto began = mark(kNow + 1);
  const auto old = seen("1n1");
  put("1n1", kNow + 2);
  ASSERT_NE(message("a", "1n1")->idSeq, 1U);
  EXPECT_THAT(purge(kNow + 3, began, old), ElementsAre(0, 0));
  EXPECT_THAT(purge(kNow + 3, began, whole("1n1")), ElementsAre(0, 0));
  EXPECT_THAT(purge(kNow + 3, mark(kNow + 3), old), ElementsAre(0, 0)) << "also when the call began later";
  EXPECT_EQ(message("a", "1n1")->upto, 2U);
}

TEST_F(QueuePurgeScript, NewerContentUnderTheSameIdStays) {
  put("1n1", kNow);
  const auto began = mark(kNow + 1);
  const auto old = seen("1n1");
  put("1n1", kNow + 2);
  ASSERT_EQ(message("a", "1n1")->idSeq, 1U) << "it was never attempted";
  EXPECT_THAT(purge(kNow + 3, mark(kNow + 3), old), ElementsAre(0, 0));
  EXPECT_THAT(purge(kNow + 3, began, whole("1n1")), ElementsAre(0, 0));
}

TEST_F(QueuePurgeScript, ALeasedMessageThatGoesAloneLeavesItsSuccessorWaiting) {
  put("1n1", kNow);
  const auto leased = claimOne("a", kNow);
  put("1n1", kNow + 1);
  EXPECT_THAT(purge(kNow + 2, mark(kNow + 2), seen("1n1")), ElementsAre(1, 1));
  EXPECT_EQ(counter("cancelled"), 1);
  EXPECT_FALSE(successor("a", "1n1"));
  EXPECT_EQ(settle({{.action = "c", .claim = leased}}, kNow + 3).second, 1) << "its token is stale";
  const auto next = claimOne("a", kNow + 3);
  EXPECT_EQ(next.message.upto, 2U);
  EXPECT_EQ(next.message.attempts, 1U);
}

TEST_F(QueuePurgeScript, ASuccessorThatCameAfterTheMarkStays) {
  put("1n1", kNow);
  claimOne("a", kNow);
  const auto began = mark(kNow + 1);
  put("1n1", kNow + 2);
  EXPECT_THAT(purge(kNow + 3, began, whole("1n1")), ElementsAre(1, 1));
  EXPECT_EQ(message("a", "1n1")->upto, 2U);
  EXPECT_FALSE(message("a", "1n1")->leased());
}

TEST_F(QueuePurgeScript, TheHistoryOfWhatIsGoneIsNotItsSuccessors) {
  failOnce("1n1", kNow);
  claimOne("a", kNow);
  put("1n1", kNow + 1);
  purge(kNow + 2, mark(kNow + 2), seen("1n1"));
  EXPECT_THAT(historyOf("a", "1n1"), IsEmpty());
}

TEST_F(QueuePurgeScript, ALetterThatWasRetriedAfterTheMarkStays) {
  letter("a", "1n1", kNow);
  const auto began = mark(kNow + 1);
  Words arguments{"a", text(kNow + 2), "5000", "0", "1000", "1000000"};
  for (const auto& word : seenLetters("a", {"1n1"})) arguments.push_back(word);
  run(letterCall("letters_retry", "a", arguments));
  EXPECT_THAT(purge(kNow + 3, began, whole("1n1")), ElementsAre(0, 0));
  EXPECT_THAT(purge(kNow + 3, mark(kNow + 3), whole("1n1")), ElementsAre(1, 1));
}

TEST_F(QueuePurgeScript, WhilePausedTheSequenceTellsWhatCameAfterTheMark) {
  put("1n1", kNow);
  replaceEndpoint("a", 15, false, kNow + 1);
  put("1n2", kNow + 2);
  const auto began = mark(kNow + 3);
  put("1n3", kNow + 4);
  EXPECT_THAT(purge(kNow + 5, began, whole("1n1")), ElementsAre(1, 1));
  EXPECT_THAT(purge(kNow + 5, began, whole("1n2")), ElementsAre(1, 1));
  EXPECT_THAT(purge(kNow + 5, began, whole("1n3")), ElementsAre(0, 0));
}

TEST_F(QueuePurgeScript, WhatAClockThatJumpedHasQueuedCanBePurged) {
  put("1n1", kNow + 3'600'000);
  EXPECT_THAT(purge(kNow + 1, mark(kNow), whole("1n1")), ElementsAre(1, 1));
}

TEST_F(QueuePurgeScript, OfRemovedBitsItTakesNeitherWhatIsInFlightNorWhatIsSubscribedAgain) {
  put("1n1", kNow);
  claimOne("a", kNow);
  put("1n2", kNow);
  put("2n3", kNow);
  replaceEndpoint("a", 2, true, kNow + 1);
  const auto began = mark(kNow + 1);
  EXPECT_THAT(purge(kNow + 1, began, whole("1n1"), true), ElementsAre(0, 0));
  EXPECT_THAT(purge(kNow + 1, began, whole("2n3"), true), ElementsAre(0, 0));
  EXPECT_THAT(purge(kNow + 1, began, whole("1n2"), true), ElementsAre(1, 1));
  put("2n3", kNow + 2);
  EXPECT_TRUE(message("a", "1n1")->leased());
}

}  // namespace
}  // namespace lull::redis
