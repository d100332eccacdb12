#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The alerts that settle.lua raises where it makes the transition.
class NoticesOfSettlements : public ScriptHarness {
 protected:
  NoticesOfSettlements() {
    settings_.failures = 3;
    createEndpoint("a");
  }
  void fail(int times, int flags = kCounts) {
    for (int i = 0; i < times; ++i) {
      const auto key = "1n" + text(next_++);
      put(key, kNow);
      settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 1, .flags = flags}, kNow);
    }
  }
  void end(const std::string& action, std::int64_t now = kNow) {
    put("1n" + text(next_++), now);
    settleOne({.action = action, .claim = claimOne("a", now)}, now);
  }
  /// "<count>|<sentence>"
  std::string alert(const std::string& kind) { return field(names_.alerts(), kind + "|a"); }
  std::string all() {
    std::string kinds;
    for (const auto& item : redis({"ZRANGE", names_.alertOrder(), "0", "-1"}).items) kinds += item.text + " ";
    return kinds;
  }
  int next_ = 0;
};

TEST_F(NoticesOfSettlements, ABreakerThatOpensIsAnAlertOncePerOpening) {
  fail(2);
  EXPECT_THAT(all(), IsEmpty());
  fail(1);
  EXPECT_THAT(alert("endpoint-open"),
              AllOf(HasSubstr("1|3 attempts in a row failed"), HasSubstr("It failed."), HasSubstr("queue/retry")));
  EXPECT_EQ(score(names_.alertOrder(), "endpoint-open|a"), kNow);
  auto at = kNow + settings_.probe;
  settleOne({.action = "r", .claim = claimOne("a", at), .due = at + 1, .flags = kCounts | kProbe}, at);
  EXPECT_THAT(alert("endpoint-open"), HasSubstr("1|")) << "it stays open";
  at += 2 * settings_.probe;
  settleOne({.action = "c", .claim = claimOne("a", at), .flags = kProbe}, at);
  for (int i = 0; i < 3; ++i) {
    settleOne({.action = "r", .claim = claim(at, {"a"}, 1000, 1).claims.at(0), .due = at + 3'600'000}, at);
    put("1n" + text(next_++), at);
  }
  EXPECT_THAT(alert("endpoint-open"), HasSubstr("2|"));
  EXPECT_EQ(all(), "endpoint-open|a ");
}

TEST_F(NoticesOfSettlements, ABreakerThatIsOffOrAReceiverThatLivesRaisesNone) {
  fail(5, kLives);
  settings_.failures = 0;
  fail(5);
  EXPECT_THAT(all(), IsEmpty());
}

TEST_F(NoticesOfSettlements, APauseSaysWhatTheChannelSays) {
  put("1n" + text(next_++), kNow);
  settleOne({.action = "h", .claim = claimOne("a", kNow), .flags = kAnswered, .pause = "gone|It is gone. Enable it."},
            kNow);
  EXPECT_EQ(alert("endpoint-paused"), "1|It is gone. Enable it.");
  replaceEndpoint("a", 15, true, kNow);
  settleOne({.action = "h", .claim = claim(kNow, {"a"}).claims.at(0)}, kNow + 5);
  EXPECT_EQ(alert("endpoint-paused"), "2|Paused.");
  EXPECT_EQ(score(names_.alertOrder(), "endpoint-paused|a"), kNow + 5);
}

TEST_F(NoticesOfSettlements, AnOperatorsOwnPauseIsNone) {
  put("1n1", kNow);
  const auto held = claimOne("a", kNow);
  replaceEndpoint("a", 15, false, kNow);
  settleOne({.action = "h", .claim = held, .flags = kAnswered, .pause = "gone|Paused."}, kNow);
  EXPECT_EQ(state("a", "paused"), "operator");
  EXPECT_THAT(all(), IsEmpty());
}

TEST_F(NoticesOfSettlements, OfManyLettersTheFirstIsAnAlert) {
  settings_.failures = 0;
  put("1n1", kNow);
  put("1n2", kNow);
  const auto held = claim(kNow, {"a"}).claims;
  ASSERT_EQ(held.size(), 2U);
  settle({{.action = "b", .claim = held[0], .reason = 1}, {.action = "b", .claim = held[1], .reason = 0}}, kNow);
  letter("a", "1n3", kNow + 1);
  letter("a", "1n1", kNow + 2);
  EXPECT_THAT(alert("first-letter"), AllOf(HasSubstr("1|"), HasSubstr("refuses it for good"), HasSubstr("It failed."),
                                           HasSubstr("retry or purge")));
  EXPECT_EQ(score(names_.alertOrder(), "first-letter|a"), kNow);
  Words purge{"a", "purged"};
  for (const auto& part : seenLetters("a", {"1n1", "1n2", "1n3"})) purge.push_back(part);
  EXPECT_EQ(run(letterCall("letters_remove", "a", purge)).integer, 3);
  settings_.maxAge = 60'000;
  put("1n4", kNow + 3);
  const auto old = claimOne("a", kNow + 100'000);
  settleOne({.action = "b", .claim = old, .reason = 2, .unattempted = true}, kNow + 100'000);
  EXPECT_THAT(alert("first-letter"), AllOf(HasSubstr("2|"), HasSubstr("older than Delivery:MaxAge")));
}

TEST_F(NoticesOfSettlements, AFullSetOfLettersSaysWhichSettingBoundsIt) {
  settings_.mostLetters = 1;
  letter("a", "1n1", kNow);
  end("b");
  EXPECT_THAT(alert("endpoint-paused"), AllOf(HasSubstr("DeadLetters:MaxPerEndpoint allows (1)"), HasSubstr("purge")));
}

TEST_F(NoticesOfSettlements, TheReplyNamesWhatWasRaisedForTheLog) {
  put("1n1", kNow);
  const auto reply = run(settleCall({{.action = "b", .claim = claimOne("a", kNow), .flags = 0}}, kNow));
  ASSERT_EQ(reply.items.size(), 5U);
  EXPECT_EQ(reply.items[3].text, "first-letter|a");
  EXPECT_EQ("1|" + reply.items[4].text, alert("first-letter"));
}

TEST_F(NoticesOfSettlements, TheLast500AreKept) {
  for (int i = 0; i < 500; ++i) {
    redis({"ZADD", names_.alertOrder(), text(i + 1), "source|" + text(i)});
    redis({"HSET", names_.alerts(), "source|" + text(i), "1|Away."});
  }
  letter("a", "1n1", kNow);
  EXPECT_EQ(redis({"ZCARD", names_.alertOrder()}).integer, 500);
  EXPECT_EQ(redis({"HLEN", names_.alerts()}).integer, 500);
  EXPECT_EQ(field(names_.alerts(), "source|0"), "");
}

}  // namespace
}  // namespace lull::redis
