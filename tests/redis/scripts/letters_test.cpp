#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// How settle.lua buries, and the three scripts that look at or remove what is buried.
class LetterScripts : public ScriptHarness {
 protected:
  LetterScripts() { createEndpoint("a"); }

  void bury(const std::string& key, std::int64_t now) {
    put(key, now);
    settleOne({.action = "b", .claim = claimOne("a", now)}, now);
  }
  Call pageCall(const Words& arguments) const { return {"letters_page", {names_.letterIndex()}, arguments}; }
  Words page(const Words& arguments) {
    const auto reply = run(pageCall(arguments));
    Words members;
    for (std::size_t i = 1; i + 1 < reply.items.size(); i += 2) members.push_back(reply.items[i].text);
    EXPECT_EQ(reply.items.at(0).integer, static_cast<std::int64_t>(members.size()));
    return members;
  }
  Call headCall(const Words& arguments) const { return {"letters_head", {names_.letters("a")}, arguments}; }
  std::int64_t remove(const Words& seen, const std::string& why = "purged") {
    Words arguments{"a", why};
    arguments.insert(arguments.end(), seen.begin(), seen.end());
    return run(letterCall("letters_remove", "a", arguments)).integer;
  }
};

TEST_F(LetterScripts, ABuriedMessageBecomesALetterThatTheCodecReads) {
  settleOne({.action = "r", .claim = (put("1n7", kNow, "body"), claimOne("a", kNow)), .due = kNow + 10}, kNow + 5);
  settleOne({.action = "b", .claim = claimOne("a", kNow + 10), .reason = 1}, kNow + 20);
  const auto stored = letterOf("a", "1n7").value();
  EXPECT_EQ(stored.number, 1U);
  EXPECT_EQ(stored.letter.reason, DeathReason::Permanent);
  EXPECT_EQ(stored.letter.lastCode, 500);
  EXPECT_EQ(stored.letter.lastError, "It failed.");
  EXPECT_EQ(stored.letter.deadAt, instantOf(kNow + 20));
  EXPECT_EQ(stored.letter.firstFailedAt, instantOf(kNow + 5));
  EXPECT_FALSE(stored.letter.supersededAt);
  EXPECT_EQ(stored.letter.message.attempts, 2U);
  EXPECT_EQ(stored.letter.message.payload.data, "body");
  EXPECT_EQ(stored.attempts.size(), 2U);
  EXPECT_FALSE(message("a", "1n7"));
  EXPECT_THAT(historyOf("a", "1n7"), IsEmpty());
  EXPECT_EQ(score(names_.letterOrder("a"), "1n7"), kNow + 20);
  EXPECT_EQ(score(names_.letterIndex(), "a|1n7"), kNow + 20);
  EXPECT_EQ(counter("deadLettered"), 1);
}

TEST_F(LetterScripts, BuryingMakesTheSuccessorWaitingWithFreshAttempts) {
  put("1n7", kNow);
  const auto first = claimOne("a", kNow);
  put("1n7", kNow + 1);
  settleOne({.action = "b", .claim = first}, kNow + 2);
  EXPECT_EQ(message("a", "1n7")->attempts, 0U);
  EXPECT_EQ(message("a", "1n7")->idSeq, 2U);
  EXPECT_EQ(letterOf("a", "1n7")->letter.message.upto, 1U);
}

TEST_F(LetterScripts, BuryingWithoutAnAttemptSpendsNone) {
  put("1n7", kNow);
  settleOne({.action = "b", .claim = claimOne("a", kNow), .reason = 2, .unattempted = true}, kNow);
  EXPECT_EQ(letterOf("a", "1n7")->letter.message.attempts, 0U);
  EXPECT_EQ(letterOf("a", "1n7")->letter.reason, DeathReason::Expired);
  EXPECT_THAT(letterOf("a", "1n7")->attempts, IsEmpty());
  EXPECT_EQ(state("a", "fails"), "");
}

// The codec writes an attempt; lib/epitaph.lua reads it for the letter, and the codec reads it again.
TEST_F(LetterScripts, ALetterOfAnExpiredMessageSaysWhatItsLastAttemptSaid) {
  const auto upto = put("1n7", kNow);
  const auto fail = [&](std::int64_t at, int code, FailureClass failure) {
    settleOne({.action = "r", .claim = claimOne("a", at), .due = at + 1, .code = code, .failure = failure}, at);
  };
  fail(kNow, 0, FailureClass::Connect);
  fail(kNow + 1, 503, FailureClass::None);
  fail(kNow + 2, 0, FailureClass::Local);
  settleOne({.action = "b", .claim = claimOne("a", kNow + 3), .reason = 2, .unattempted = true}, kNow + 3);
  const auto stored = letterOf("a", "1n7").value();
  EXPECT_EQ(stored.letter.lastCode, std::nullopt);
  EXPECT_EQ(stored.letter.failure, FailureClass::Local);
  EXPECT_EQ(stored.letter.lastError, "It failed.");
  ASSERT_EQ(stored.attempts.size(), 3U);
  EXPECT_EQ(stored.attempts[0].failure, FailureClass::Connect);
  EXPECT_EQ(stored.attempts[1].code, 503);
  EXPECT_EQ(stored.attempts[2].failure, FailureClass::Local);
  for (const auto& attempt : stored.attempts) EXPECT_EQ(attempt.sequence, upto);
  const auto log = redis({"LRANGE", names_.attempts("a"), "0", "-1"});
  ASSERT_EQ(log.items.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(log.items[i].text, packAttempt(stored.attempts[2 - i], "a"));
}

TEST_F(LetterScripts, ALaterFailureOfTheKeyUpdatesItsLetterAndKeepsTheNumber) {
  bury("1n7", kNow);
  bury("1n7", kNow + 100);
  EXPECT_EQ(letterOf("a", "1n7")->number, 1U);
  EXPECT_EQ(letterOf("a", "1n7")->letter.message.upto, 2U);
  EXPECT_EQ(score(names_.letterIndex(), "a|1n7"), kNow + 100);
  EXPECT_EQ(redis({"ZCARD", names_.letterIndex()}).integer, 1);
  EXPECT_EQ(counter("deadLettered"), 2);
  bury("1n8", kNow + 200);
  EXPECT_EQ(letterOf("a", "1n8")->number, 3U) << "the second death of the first took a number, too";
}

TEST_F(LetterScripts, ALaterSuccessMarksTheLetterAndAFailureAfterThatUnmarksIt) {
  bury("1n7", kNow);
  put("1n7", kNow + 10);
  settleOne({.action = "c", .claim = claimOne("a", kNow + 10)}, kNow + 20);
  EXPECT_EQ(letterOf("a", "1n7")->letter.supersededAt, instantOf(kNow + 20));
  put("1n7", kNow + 30);
  settleOne({.action = "c", .claim = claimOne("a", kNow + 30)}, kNow + 40);
  EXPECT_EQ(letterOf("a", "1n7")->letter.supersededAt, instantOf(kNow + 20)) << "the first success is the one";
  bury("1n7", kNow + 50);
  EXPECT_FALSE(letterOf("a", "1n7")->letter.supersededAt);
}

TEST_F(LetterScripts, AtTheCapNothingIsEvictedAndTheEndpointPauses) {
  settings_.mostLetters = 2;
  bury("1n1", kNow);
  bury("1n2", kNow);
  bury("1n1", kNow + 1);  // an update needs no room
  EXPECT_EQ(state("a", "paused"), "");
  put("1n3", kNow + 2, "old");
  const auto third = claimOne("a", kNow + 2);
  put("1n3", kNow + 3, "new");
  settleOne({.action = "b", .claim = third, .unattempted = true}, kNow + 4);
  EXPECT_EQ(state("a", "paused"), "dead-letters-full");
  EXPECT_EQ(state("a", "version"), "2");
  EXPECT_FALSE(letterOf("a", "1n3"));
  const auto m = message("a", "1n3").value();
  EXPECT_EQ(m.data, "new");
  EXPECT_EQ(m.attempts, 0U);
  EXPECT_EQ(m.idSeq, 3U + 1U) << "its id: the request never started, so the merge keeps it";
  EXPECT_EQ(counter("superseded"), 1);
}

TEST_F(LetterScripts, PagesWalkByTimeOfDeathInBothDirections) {
  for (const auto& key : {"1n1", "1n2", "1n3"}) bury(key, kNow);
  bury("1n4", kNow + 5);
  const auto at = text(kNow);
  EXPECT_THAT(page({"newest", "inf", "", "-inf", "2"}), ElementsAre("a|1n4", "a|1n3"));
  EXPECT_THAT(page({"newest", at, "a|1n3", "-inf", "2"}), ElementsAre("a|1n2", "a|1n1"));
  EXPECT_THAT(page({"newest", at, "a|1n1", "-inf", "2"}), IsEmpty());
  EXPECT_THAT(page({"oldest", "-inf", "", "inf", "2"}), ElementsAre("a|1n1", "a|1n2"));
  EXPECT_THAT(page({"oldest", at, "a|1n2", "inf", "2"}), ElementsAre("a|1n3", "a|1n4"));
  EXPECT_THAT(page({"oldest", "-inf", "", at, "9"}), ElementsAre("a|1n1", "a|1n2", "a|1n3")) << "the end is inclusive";
}

TEST_F(LetterScripts, HeadsTellWhatFiltersAskAndZerosForWhatIsGone) {
  bury("1n1", kNow);
  const auto reply = run(headCall({"1", "1n1", "1", "1n2"}));
  std::vector<std::int64_t> numbers;
  for (const auto& item : reply.items) numbers.push_back(item.integer);
  EXPECT_THAT(numbers, ElementsAre(1, 1, 0, 500, 0, kNow, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(run(headCall({})).items, IsEmpty());
}

TEST_F(LetterScripts, TheHeadOfALetterNamesItsItemWhereItsKeyDoesNot) {
  bury("1n1", kNow);
  EXPECT_EQ(run(headCall({"1", "1n1"})).items.at(8).text, "1n1");
  createLanes("b", Lanes::Endpoint);
  const auto sequence = tell({"2s1"}, kNow).front();
  settleOne({.action = "b", .claim = claimOne("b", kNow)}, kNow);
  const auto key = laneKey("", sequence);
  EXPECT_EQ(run({"letters_head", {names_.letters("b")}, {"1", key}}).items.at(8).text, "2s1");
}

TEST_F(LetterScripts, RemovingTakesOnlyTheLetterOfThatNumberAndCountsWhy) {
  bury("1n1", kNow);
  bury("1n2", kNow);
  const auto before = snapshot();
  EXPECT_EQ(remove({"1n1", "2"}), 0) << "another letter's death";
  EXPECT_EQ(remove({"1n3", "1"}), 0);
  EXPECT_EQ(run(letterCall("letters_remove", "a", {"a", "purged"})).integer, 0);
  EXPECT_EQ(snapshot(), before);
  EXPECT_EQ(remove(seenLetters("a", {"1n1"})), 1);
  EXPECT_EQ(remove(seenLetters("a", {"1n2"}), "expired"), 1);
  EXPECT_EQ(counter("removed_purged"), 1);
  EXPECT_EQ(counter("removed_expired"), 1);
  EXPECT_EQ(redis({"EXISTS", names_.letterIndex(), names_.letters("a"), names_.letterOrder("a")}).integer, 0);
  bury("1n1", kNow + 10);
  EXPECT_EQ(letterOf("a", "1n1")->number, 3U) << "a new letter of the key is another one";
}

TEST_F(LetterScripts, ALetterThatDiedAgainSinceItWasSeenStays) {
  bury("1n1", kNow);
  const auto first = seenLetters("a", {"1n1"});
  bury("1n1", kNow + 10);
  for (const auto* why : {"purged", "expired"}) EXPECT_EQ(remove(first, why), 0) << why;
  const auto second = seenLetters("a", {"1n1"});
  bury("1n1", kNow + 10);
  EXPECT_EQ(remove(second), 0) << "of the same millisecond, but newer";
  EXPECT_EQ(letterOf("a", "1n1")->letter.message.upto, 3U);
  EXPECT_EQ(remove(seenLetters("a", {"1n1"})), 1);
}

TEST_F(LetterScripts, AThousandAreBuriedPagedAndPurgedWhenRedisIsFull) {
  settings_.mostLetters = 1'000;
  std::vector<Admitted> events;
  for (const auto& key : manyKeys(1000)) events.push_back({.key = key});
  admit(events, kNow);
  fire(kNow, 1000, 1000);
  std::vector<Settle> settlements;
  fillUp();
  for (const auto& claimed : claim(kNow, {"a"}).claims) settlements.push_back({.action = "b", .claim = claimed});
  EXPECT_EQ(settle(settlements, kNow).first, 1000);
  Words arguments{"a", "purged"};
  Words heads;
  for (const auto& member : page({"oldest", "-inf", "", "inf", "1000"})) {
    const auto key = member.substr(2);
    heads.insert(heads.end(), {"1", key});
    const auto seen = seenLetters("a", {key});
    arguments.insert(arguments.end(), seen.begin(), seen.end());
  }
  EXPECT_EQ(run(headCall(heads)).items.size(), 9000U);
  EXPECT_EQ(run(letterCall("letters_remove", "a", arguments)).integer, 1000);
  EXPECT_EQ(counter("removed_purged"), 1000);
}

TEST_F(LetterScripts, WrongInputIsRefused) {
  bury("1n1", kNow);
  const auto removal = letterCall("letters_remove", "a", {"a", "purged", "1n1", "1"});
  expectTypesChecked(removal);
  expectTypesChecked(headCall({"1", "1n1"}));
  expectTypesChecked(pageCall({"newest", "inf", "", "-inf", "10"}));
  expectRefused(letterCall("letters_remove", "a", {"a", "purged", "1n1"}), "LULLARG");
  expectRefused(letterCall("letters_remove", "a", {}), "LULLARG");
  expectRefused(headCall({"1"}), "LULLARG");
  expectRefused(headCall({"2", "1n1"}), "LULLARG");
  expectRefused(headCall({"x", "1n1"}), "LULLARG");
  expectRefused(pageCall({"newest", "inf", "", "-inf"}), "LULLARG");
  expectRefused(pageCall({"newest", "inf", "", "-inf", "x"}), "LULLARG");
  expectRefused(pageCall({}), "LULLARG");
}

}  // namespace
}  // namespace lull::redis
