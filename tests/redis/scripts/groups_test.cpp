#include "damage.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kExhausted = 0;
constexpr int kPermanent = 1;

/// Dead letters by cause (lib/group.lua): every script that moves a letter keeps them. The harness recounts them after
/// each test.
class GroupScripts : public DamageScripts {
 protected:
  struct Cell {
    std::string name;
    std::int64_t count = 0;
    std::string firstDied, lastDied, number, key;
  };
  static std::string cell(const std::string& id, const std::string& cause, bool superseded = false, int bit = 1) {
    const auto digits = text(bit);
    return id + "|" + cause + (superseded ? "1" : "0") + std::string(10 - digits.size(), '0') + digits;
  }
  Call pageCall(const Words& arguments) const { return {"groups_page", {names_.groups()}, arguments}; }
  std::vector<Cell> cells(const std::string& behind = "", const std::string& id = "", const std::string& most = "100") {
    const auto reply = run(pageCall({behind, id, most}));
    EXPECT_FALSE(reply.isError()) << reply.text;
    more_ = reply.items.at(0).text;
    std::vector<Cell> found;
    for (std::size_t i = 1; i + 5 < reply.items.size(); i += 6)
      found.push_back({reply.items[i].text, reply.items[i + 1].integer, reply.items[i + 2].text,
                       reply.items[i + 3].text, reply.items[i + 4].text, reply.items[i + 5].text});
    return found;
  }
  Words names(const std::string& id = "") {
    Words found;
    for (const auto& one : cells("", id)) found.push_back(one.name + " " + text(one.count));
    return found;
  }
  void bury(const std::string& id, const std::string& key, std::int64_t now, int reason, int code,
            FailureClass failure = FailureClass::None) {
    put(key, now);
    for (const auto& claimed : claim(now, {"a", "b"}).claims) {
      if (claimed.endpoint == id) {
        settleOne({.action = "b", .claim = claimed, .reason = reason, .code = code, .failure = failure}, now);
      } else {
        settleOne({.action = "c", .claim = claimed}, now);
      }
    }
  }
  void deliver(const std::string& key, std::int64_t now) {
    put(key, now);
    for (const auto& claimed : claim(now, {"a", "b"}).claims) settleOne({.action = "c", .claim = claimed}, now);
  }

  std::string more_;  // what the last page goes on behind
};

TEST_F(GroupScripts, LettersOfOneCauseAreOneCellWithItsFirstAndLastLetter) {
  bury("a", "1n1", kNow, kExhausted, 503);
  bury("a", "1n2", kNow + 5, kExhausted, 503);
  bury("a", "2n3", kNow + 6, kExhausted, 503);
  bury("a", "1n4", kNow + 7, kPermanent, 400);
  bury("b", "1n5", kNow + 8, kExhausted, 0, FailureClass::Timeout);
  EXPECT_THAT(names(), ElementsAre(cell("a", "00050300") + " 2", cell("a", "00050300", false, 2) + " 1",
                                   cell("a", "10040000") + " 1", cell("b", "00000004") + " 1"));
  const auto first = cells().front();
  EXPECT_EQ(first.firstDied, "00" + text(kNow));
  EXPECT_EQ(first.lastDied, "00" + text(kNow + 5));
  EXPECT_EQ(first.number, "2");
  EXPECT_EQ(first.key, "1n2");
  EXPECT_EQ(letterOf("b", "1n5")->letter.failure, FailureClass::Timeout);
}

TEST_F(GroupScripts, AStatusSaysMoreThanAClass) {
  bury("a", "1n1", kNow, kExhausted, 503, FailureClass::Reset);
  EXPECT_THAT(names(), ElementsAre(cell("a", "00050300") + " 1"));
}

TEST_F(GroupScripts, ALetterThatDiesAgainOfAnotherCauseChangesItsGroup) {
  bury("a", "1n1", kNow, kExhausted, 503);
  bury("a", "1n1", kNow + 5, kExhausted, 0, FailureClass::Connect);
  EXPECT_THAT(names(), ElementsAre(cell("a", "00000002") + " 1"));
  EXPECT_EQ(cells().front().number, "1") << "it is the same letter";
  EXPECT_EQ(cells().front().firstDied, "00" + text(kNow + 5));
}

TEST_F(GroupScripts, SupersededLettersAreCountedApart) {
  bury("a", "1n1", kNow, kExhausted, 503);
  bury("a", "1n2", kNow, kExhausted, 503);
  deliver("1n1", kNow + 5);
  EXPECT_THAT(names(), ElementsAre(cell("a", "00050300") + " 1", cell("a", "00050300", true) + " 1"));
  bury("a", "1n1", kNow + 9, kExhausted, 503);
  EXPECT_THAT(names(), ElementsAre(cell("a", "00050300") + " 2")) << "a newer failure is not superseded";
}

TEST_F(GroupScripts, WhatIsRetriedPurgedOrExpiredLeavesItsGroup) {
  for (const auto* key : {"1n1", "1n2", "1n3"}) bury("a", key, kNow, kExhausted, 503);
  Words retry{"a", text(kNow), "5000", "0", "1000", "1000000"};
  for (const auto& word : seenLetters("a", {"1n1"})) retry.push_back(word);
  run(letterCall("letters_retry", "a", retry));
  EXPECT_THAT(names(), ElementsAre(cell("a", "00050300") + " 2"));
  for (const auto* why : {"purged", "expired"}) {
    Words removal{"a", why};
    for (const auto& word : seenLetters("a", {*why == 'p' ? "1n2" : "1n3"})) removal.push_back(word);
    EXPECT_EQ(run(letterCall("letters_remove", "a", removal)).integer, 1);
  }
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(redis({"EXISTS", names_.groups()}).integer, 0);
}

TEST_F(GroupScripts, AnExpiredMessageIsInTheGroupOfItsLastAttempt) {
  put("1n1", kNow);
  for (const auto& claimed : claim(kNow, {"a"}).claims)
    settleOne({.action = "r", .claim = claimed, .due = kNow + 1, .code = 0, .failure = FailureClass::Tls}, kNow);
  for (const auto& claimed : claim(kNow + 1, {"a"}).claims)
    settleOne({.action = "b", .claim = claimed, .reason = 2, .unattempted = true}, kNow + 1);
  EXPECT_THAT(names("a"), ElementsAre(cell("a", "20000003") + " 1"));
}

TEST_F(GroupScripts, LettersOfLanesAreGroupedByTheChangeTypeOfTheirItem) {
  createLanes("one", Lanes::Endpoint);
  tell({"4s1"}, kNow);
  settleOne({.action = "b", .claim = claimOne("one", kNow)}, kNow);
  EXPECT_THAT(names("one"), ElementsAre(cell("one", "00050000", false, 4) + " 1"));
}

TEST_F(GroupScripts, PagesGoOnBehindACellAndKeepToAnEndpoint) {
  for (const int code : {500, 501, 502}) bury("a", "1n" + text(code), kNow, kExhausted, code);
  bury("b", "1n1", kNow, kExhausted, 500);
  EXPECT_EQ(cells("", "", "2").size(), 2U);
  EXPECT_EQ(more_, cell("a", "00050100"));
  EXPECT_EQ(cells(more_, "", "2").size(), 2U);
  EXPECT_EQ(more_, "");
  EXPECT_EQ(cells(cell("a", "00050100"), "a", "9").size(), 1U);
  EXPECT_EQ(cells("", "b").front().name, cell("b", "00050000"));
  EXPECT_THAT(cells("", "c"), IsEmpty());
}

TEST_F(GroupScripts, WhatIsNoMemberIsSteppedOverAndRemovedByTheAudit) {
  bury("a", "1n1", kNow, kExhausted, 503);
  const auto right = redis({"ZRANGE", names_.groups(), "0", "-1"}).items.front().text;
  for (const auto* stray : {"", "a", "a|", "a|12|3|4|5", "a|0005030000000000001|1|2|k", "zzz"})
    redis({"ZADD", names_.groups(), "0", stray});
  redis({"ZADD", names_.groups(), "0", right + "x"});  // of no letter
  EXPECT_EQ(cells().front().name, cell("a", "00050300"));
  // Members are drawn at random, so one look need not find all.
  for (int look = 0; look < 20; ++look) run(letterAuditCall("a"));
  EXPECT_THAT(names(), ElementsAre(cell("a", "00050300") + " 1"));
}

TEST_F(GroupScripts, TheAuditPutsLettersBackIntoTheirGroups) {
  bury("a", "1n1", kNow, kExhausted, 503);
  bury("b", "1n2", kNow, kExhausted, 503);
  redis({"DEL", names_.groups()});
  EXPECT_EQ(run(letterAuditCall("a")).items.at(1).integer, 1);
  EXPECT_THAT(names(), ElementsAre(cell("a", "00050300") + " 1"));
  EXPECT_EQ(run(letterAuditCall("b")).items.at(1).integer, 1) << "that of others is theirs";
  EXPECT_EQ(run(letterAuditCall("b")).items.at(1).integer, 0);
}

TEST_F(GroupScripts, ALetterThatIsSetAsideLeavesItsGroupAlthoughNobodyCanReadWhichThatIs) {
  bury("a", "1n1", kNow, kExhausted, 503);
  bury("a", "1n2", kNow, kExhausted, 503);
  redis({"HSET", names_.letters("a"), "1n1", "unreadable"});
  EXPECT_EQ(setLetterAside("a", "1n1").integer, 1);
  EXPECT_THAT(names(), ElementsAre(cell("a", "00050300") + " 1"));
}

TEST_F(GroupScripts, WrongInputIsRefused) {
  bury("a", "1n1", kNow, kExhausted, 503);
  expectTypesChecked(pageCall({"", "", "10"}));
  expectRefused(pageCall({"", "", "x"}), "LULLARG");
  expectRefused(pageCall({}), "LULLARG");
}

TEST_F(GroupScripts, ASuccessLooksAtTheTypeOfTheGroupsWhenThereAreLetters) {
  bury("a", "1n1", kNow, kExhausted, 503);
  put("1n1", kNow + 5);
  const auto held = claim(kNow + 5, {"a"}).claims.at(0);
  redis({"DEL", names_.groups()});
  redis({"SADD", names_.groups(), "no script of ours uses sets"});
  expectRefused(settleCall({{.action = "c", .claim = held}}, kNow + 5), "LULLTYPE");
  redis({"DEL", names_.groups()});
  run(letterAuditCall("a"));
}

}  // namespace
}  // namespace lull::redis
