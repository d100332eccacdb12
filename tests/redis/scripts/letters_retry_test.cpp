#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;

class LettersRetryScript : public ScriptHarness {
 protected:
  LettersRetryScript() { createEndpoint("a"); }

  Call retryCall(const Words& letters, std::int64_t now, bool supersededToo = false) const {
    Words arguments{"a", text(now), text(settings_.firstRetry), supersededToo ? "1" : "0", "1000", "1000000"};
    arguments.insert(arguments.end(), letters.begin(), letters.end());
    return letterCall("letters_retry", "a", arguments);
  }
  /// {retried, skipped, gone}
  std::vector<std::int64_t> retry(const Words& letters, std::int64_t now, bool supersededToo = false) {
    const auto reply = run(retryCall(letters, now, supersededToo));
    EXPECT_FALSE(reply.isError()) << reply.text;
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < 3 && i < reply.items.size(); ++i) numbers.push_back(reply.items[i].integer);
    return numbers;
  }
  Words claimedKeys(std::int64_t now) {
    Words keys;
    for (const auto& claimed : claim(now, {"a"}).claims) keys.push_back(claimed.key);
    return keys;
  }
  void deliver(const std::string& key, std::int64_t now) {
    put(key, now);
    settleOne({.action = "c", .claim = claimOne("a", now)}, now);
  }
};

TEST_F(LettersRetryScript, ALetterIsDueNowUnderTheSameIdWithFreshAttempts) {
  letter("a", "1n7", kNow);
  put("1n1", kNow + 50);
  EXPECT_THAT(retry(seenLetters("a", {"1n7"}), kNow + 100), ElementsAre(1, 0, 0));
  const auto m = message("a", "1n7").value();
  EXPECT_EQ(m.idSeq, 1U);
  EXPECT_EQ(m.attempts, 0U);
  EXPECT_EQ(m.firstFailed, 0);
  EXPECT_EQ(m.due, kNow + 100);
  EXPECT_EQ(m.stamp, kNow + 100) << "MaxAge counts from the retry";
  EXPECT_FALSE(letterOf("a", "1n7"));
  EXPECT_EQ(counter("revived"), 1);
  EXPECT_EQ(counter("removed_retried"), 1);
  const auto claims = claim(kNow + 100, {"a"}).claims;
  ASSERT_EQ(claims.size(), 2U);
  EXPECT_EQ(claims[0].key, "1n1") << "not ahead of others";
}

TEST_F(LettersRetryScript, TheReceiverMayHaveSeenItSoAMergeStartsANewGeneration) {
  letter("a", "1n7", kNow);
  retry(seenLetters("a", {"1n7"}), kNow + 100);
  put("1n7", kNow + 200);
  EXPECT_EQ(message("a", "1n7")->idSeq, 2U);
  EXPECT_EQ(message("a", "1n7")->due, kNow + 100);
}

TEST_F(LettersRetryScript, WhenItsKeyIsQueuedWithNewerContentItIsAbsorbed) {
  letter("a", "1n7", kNow);
  put("1n7", kNow + 10, "newer");
  const auto before = field(names_.messages("a"), "1n7");
  EXPECT_THAT(retry(seenLetters("a", {"1n7"}), kNow + 100), ElementsAre(1, 0, 0));
  EXPECT_EQ(field(names_.messages("a"), "1n7"), before);
  EXPECT_FALSE(letterOf("a", "1n7"));
  EXPECT_EQ(counter("revived"), 1);
  EXPECT_EQ(counter("superseded"), 1);
}

TEST_F(LettersRetryScript, LeasedContentIsNotTouchedByIt) {
  letter("a", "1n7", kNow);
  put("1n7", kNow + 10);
  const auto leased = claimOne("a", kNow + 10);
  retry(seenLetters("a", {"1n7"}), kNow + 20);
  EXPECT_FALSE(successor("a", "1n7")) << "what is leased is newer";
  settleOne({.action = "c", .claim = leased}, kNow + 30);
  EXPECT_FALSE(message("a", "1n7"));
}

TEST_F(LettersRetryScript, ContentNewerThanALeasedMessageBecomesOrJoinsItsSuccessor) {
  createEndpoint("b");
  put("1n7", kNow, "old");
  const auto leased = claimOne("a", kNow);
  replaceEndpoint("a", 2, true, kNow);  // the second event reaches only b, whose letter is then given to a
  put("1n7", kNow + 1, "new");
  replaceEndpoint("a", 15, true, kNow);
  settleOne({.action = "b", .claim = claimOne("b", kNow + 1)}, kNow + 1);
  const auto packed = field(names_.letters("b"), "1n7");
  const auto give = [&] {
    redis({"HSET", names_.letters("a"), "1n7", packed});
    redis({"ZADD", names_.letterOrder("a"), text(kNow), "1n7"});
    EXPECT_THAT(retry(seenLetters("a", {"1n7"}), kNow + 2), ElementsAre(1, 0, 0));
    EXPECT_EQ(successor("a", "1n7")->upto, 2U);
  };
  give();
  EXPECT_EQ(counter("superseded"), 1) << "b merged one; becoming the successor supersedes nothing";
  give();
  EXPECT_EQ(counter("superseded"), 2);
  settleOne({.action = "c", .claim = leased}, kNow + 3);
  EXPECT_EQ(message("a", "1n7")->data, "new");
}

TEST_F(LettersRetryScript, SupersededLettersAreSkippedUnlessTheyAreAskedFor) {
  letter("a", "1n7", kNow);
  deliver("1n7", kNow + 10);
  EXPECT_THAT(retry(seenLetters("a", {"1n7"}), kNow + 20), ElementsAre(0, 1, 0));
  EXPECT_TRUE(letterOf("a", "1n7"));
  EXPECT_THAT(retry(seenLetters("a", {"1n7"}), kNow + 20, true), ElementsAre(1, 0, 0));
  EXPECT_TRUE(message("a", "1n7"));
}

TEST_F(LettersRetryScript, LettersOfARemovedBitAreSkipped) {
  letter("a", "1n7", kNow);
  replaceEndpoint("a", 2, true, kNow);
  EXPECT_THAT(retry(seenLetters("a", {"1n7"}), kNow + 20), ElementsAre(0, 1, 0));
  EXPECT_TRUE(letterOf("a", "1n7"));
}

TEST_F(LettersRetryScript, AnotherNumberOrAMissingLetterIsGone) {
  letter("a", "1n7", kNow);
  const auto seen = seenLetters("a", {"1n7"});
  EXPECT_THAT(retry({"1n7", "2", "1n8", seen[1]}, kNow + 20), ElementsAre(0, 0, 2));
  EXPECT_THAT(retry({}, kNow + 20), ElementsAre(0, 0, 0));
  EXPECT_TRUE(letterOf("a", "1n7"));
}

TEST_F(LettersRetryScript, ADeletedEndpointHasNothingToRetryAndKeepsItsLetters) {
  letter("a", "1n7", kNow);
  redis({"DEL", names_.state("a")});
  const auto before = snapshot();
  EXPECT_THAT(retry(seenLetters("a", {"1n7"}), kNow + 20), ElementsAre(-1, 0, 0));
  EXPECT_EQ(snapshot(), before);
}

TEST_F(LettersRetryScript, APausedEndpointKeepsWhatIsRetried) {
  letter("a", "1n7", kNow);
  replaceEndpoint("a", 15, false, kNow);
  EXPECT_THAT(retry(seenLetters("a", {"1n7"}), kNow + 20), ElementsAre(1, 0, 0));
  EXPECT_THAT(claim(kNow + 20, {"a"}).claims, ::testing::IsEmpty());
}

TEST_F(LettersRetryScript, AThousandAreRetriedInOneCallWhenRedisIsFull) {
  settings_.mostLetters = 1'000;
  std::vector<Admitted> events;
  for (const auto& key : manyKeys(1000)) events.push_back({.key = key});
  admit(events, kNow);
  fire(kNow, 1000, 1000);
  std::vector<Settle> settlements;
  for (const auto& claimed : claim(kNow, {"a"}).claims) settlements.push_back({.action = "b", .claim = claimed});
  settle(settlements, kNow);
  const auto letters = seenLetters("a", manyKeys(1000));
  fillUp();
  EXPECT_THAT(retry(letters, kNow + 1), ElementsAre(1000, 0, 0));
  EXPECT_EQ(claim(kNow + 1, {"a"}).claims.size(), 1000U);
}

TEST_F(LettersRetryScript, TheyAreSentInTheOrderGivenAlsoByCallsOfOneMillisecond) {
  for (const auto& key : {"1n1", "1n2", "1n10", "1n11"}) letter("a", key, kNow);
  EXPECT_THAT(retry(seenLetters("a", {"1n2", "1n10"}), kNow + 100), ElementsAre(2, 0, 0));
  EXPECT_THAT(retry(seenLetters("a", {"1n11", "1n1"}), kNow + 100), ElementsAre(2, 0, 0));
  EXPECT_EQ(message("a", "1n2")->due, kNow + 100);
  EXPECT_THAT(claimedKeys(kNow + 100), ElementsAre("1n2", "1n10", "1n11", "1n1"));
  EXPECT_EQ(message("a", "1n2")->due, kNow + 100) << "its place is no part of its due time";
}

TEST_F(LettersRetryScript, TheyAreNotAheadOfWhatIsDueNorBehindWhatComesLater) {
  for (const auto& key : {"1n2", "1n1"}) letter("a", key, kNow);
  put("1n9", kNow + 99);
  retry(seenLetters("a", {"1n2", "1n1"}), kNow + 100);
  put("1n0", kNow + 101);
  EXPECT_THAT(claimedKeys(kNow + 101), ElementsAre("1n9", "1n2", "1n1", "1n0"));
}

TEST_F(LettersRetryScript, MoreThanAMillisecondHasPlacesForAreDueAllTheSame) {
  redis({"ZADD", names_.queue("a"), "1763900000099.9997", "1n0"});  // as if the last place but one were taken
  redis({"HSET", names_.messages("a"), "1n0", "unread"});
  for (const auto& key : {"1n1", "1n2", "1n3"}) letter("a", key, kNow);
  retry(seenLetters("a", {"1n3", "1n2", "1n1"}), kNow + 100);
  for (const auto& key : {"1n1", "1n2", "1n3"}) EXPECT_EQ(score(names_.queue("a"), key), kNow + 100) << key;
  redis({"DEL", names_.queue("a"), names_.messages("a")});
  redis({"HSET", names_.counters(), "cancelled", "3"});
}

TEST_F(LettersRetryScript, ALetterWhoseItemWaitsForItsNextAttemptIsSentNow) {
  letter("a", "1n7", kNow);
  put("1n7", kNow + 10);
  settleOne({.action = "r", .claim = claimOne("a", kNow + 10), .due = kNow + 60'000}, kNow + 20);
  const auto before = field(names_.messages("a"), "1n7");
  EXPECT_THAT(retry(seenLetters("a", {"1n7"}), kNow + 100), ElementsAre(1, 0, 0));
  EXPECT_EQ(field(names_.messages("a"), "1n7"), before) << "only its place in the queue is another one";
  EXPECT_EQ(claimOne("a", kNow + 100).message.attempts, 2U);
}

TEST_F(LettersRetryScript, NewerContentThatIsMergedIntoOneThatWaitsIsSentNow) {
  createEndpoint("b");
  put("1n7", kNow, "old");
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 60'000}, kNow);
  replaceEndpoint("a", 2, true, kNow);  // the second event reaches only b, whose letter is then given to a
  put("1n7", kNow + 1, "new");
  replaceEndpoint("a", 15, true, kNow);
  settleOne({.action = "b", .claim = claimOne("b", kNow + 1)}, kNow + 1);
  redis({"HSET", names_.letters("a"), "1n7", field(names_.letters("b"), "1n7")});
  redis({"ZADD", names_.letterOrder("a"), text(kNow + 1), "1n7"});
  EXPECT_THAT(retry(seenLetters("a", {"1n7"}), kNow + 2), ElementsAre(1, 0, 0));
  const auto claimed = claimOne("a", kNow + 2);
  EXPECT_EQ(claimed.message.data, "new");
  EXPECT_EQ(claimed.message.idSeq, 2U);
}

TEST_F(LettersRetryScript, ALetterThatDiedAgainSinceItWasSeenStays) {
  letter("a", "1n7", kNow);
  const auto seen = seenLetters("a", {"1n7"});
  letter("a", "1n7", kNow + 10);
  EXPECT_EQ(letterOf("a", "1n7")->number, 1U) << "the same letter, updated";
  EXPECT_THAT(retry(seen, kNow + 20), ElementsAre(0, 0, 1));
  EXPECT_TRUE(letterOf("a", "1n7"));
  EXPECT_FALSE(message("a", "1n7"));
  EXPECT_THAT(retry(seenLetters("a", {"1n7"}), kNow + 20), ElementsAre(1, 0, 0)) << "its present death";
}

TEST_F(LettersRetryScript, WrongInputIsRefused) {
  letter("a", "1n7", kNow);
  const auto good = retryCall(seenLetters("a", {"1n7"}), kNow);
  expectTypesChecked(good);
  auto bad = good;
  bad.arguments.pop_back();
  expectRefused(bad, "LULLARG");
  for (const std::size_t place : {1U, 2U}) {
    bad = good;
    bad.arguments[place] = "x";
    expectRefused(bad, "LULLARG");
  }
  bad.arguments.clear();
  expectRefused(bad, "LULLARG");
  expectRefused(retryCall({"1n7"}, kNow), "LULLARG");
}

}  // namespace
}  // namespace lull::redis
