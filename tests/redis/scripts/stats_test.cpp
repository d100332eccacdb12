#include "harness.hpp"

namespace lull::redis {
namespace {

class StatsScript : public ScriptHarness {
 protected:
  Call statsCall(std::int64_t now, const Words& ids) const {
    Call call{"stats", {names_.counters(), names_.windowIndex(), names_.letterIndex()}, {text(now)}};
    for (const auto& id : ids) {
      for (const auto& key :
           {names_.queue(id), names_.messages(id), names_.leases(id), names_.state(id), names_.letters(id)}) {
        call.keys.push_back(key);
      }
    }
    return call;
  }
  /// The row of the only endpoint.
  std::vector<Reply> row(std::int64_t now, const std::string& id) {
    return run(statsCall(now, {id})).items.at(4).items;
  }
};

TEST_F(StatsScript, AnEmptyStoreHasNothingToTell) {
  const auto reply = run(statsCall(kNow, {}));
  ASSERT_EQ(reply.items.size(), 4U);
  EXPECT_EQ(reply.items[0].integer, 0);
  EXPECT_EQ(reply.items[1].integer, -1);
  EXPECT_EQ(reply.items[2].integer, 0);
  EXPECT_TRUE(reply.items[3].items.empty());
}

TEST_F(StatsScript, WindowsLettersAndCountersOfOneMoment) {
  createEndpoint("a");
  letter("a", "1n9", kNow);
  settings_.interval = 5'000;
  admit({{.key = "1n1"}, {.key = "1n2"}}, kNow + 1);
  const auto reply = run(statsCall(kNow + 2, {"a"}));
  EXPECT_EQ(reply.items[0].integer, 2);
  EXPECT_EQ(reply.items[1].integer, kNow + 5'001);
  EXPECT_EQ(reply.items[2].integer, 1);
  std::map<std::string, std::string> counters;
  const auto& pairs = reply.items[3].items;
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) counters[pairs[i].text] = pairs[i + 1].text;
  EXPECT_EQ(counters, (std::map<std::string, std::string>{{"accepted", "3"}, {"created", "1"}, {"deadLettered", "1"}}));
}

TEST_F(StatsScript, AnEndpointsRowCountsSuccessorsAndTellsWhenItIsDue) {
  createEndpoint("a");
  put("1n1", kNow);
  claimOne("a", kNow);
  put("1n1", kNow + 1);
  put("1n2", kNow + 2);
  const auto busy = row(kNow + 10, "a");
  EXPECT_EQ(busy.at(0).integer, 3);  // messages
  EXPECT_EQ(busy.at(1).integer, 1);  // leased
  EXPECT_EQ(busy.at(2).integer, 0);  // letters
  EXPECT_EQ(busy.at(3).integer, kNow + 2);
  EXPECT_EQ(busy.at(4).integer, kNow + 2);
  EXPECT_EQ(busy.at(5).text, "");
}

TEST_F(StatsScript, AnOpenBreakerAndAPauseAreNotDue) {
  createEndpoint("a");
  settings_.failures = 1;
  put("1n1", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 1}, kNow);
  const auto open = row(kNow + 10, "a");
  EXPECT_EQ(open.at(3).integer, -1);
  EXPECT_EQ(open.at(4).integer, kNow + settings_.probe);
  EXPECT_EQ(open.at(6).integer, 1);
  EXPECT_EQ(open.at(7).integer, 1);
  EXPECT_EQ(open.at(9).text, "It failed.");
  replaceEndpoint("a", 15, false, kNow + 20);
  const auto paused = row(kNow + 30, "a");
  EXPECT_EQ(paused.at(3).integer, -1);
  EXPECT_EQ(paused.at(4).integer, -1);
  EXPECT_EQ(paused.at(5).text, "operator");
}

TEST_F(StatsScript, ASuccessIsDated) {
  createEndpoint("a");
  put("1n1", kNow);
  settleOne({.action = "c", .claim = claimOne("a", kNow)}, kNow + 7);
  EXPECT_EQ(row(kNow + 9, "a").at(8).text, text(kNow + 7));
}

TEST_F(StatsScript, AThousandEndpointsInOneCallAlsoWhenRedisIsFull) {
  for (const auto& id : manyKeys(1000)) createEndpoint(id);
  put("1n1", kNow);
  fillUp();
  const auto reply = run(statsCall(kNow, manyKeys(1000)));
  ASSERT_EQ(reply.items.size(), 1004U);
  EXPECT_EQ(reply.items.back().items.at(0).integer, 1);
}

TEST_F(StatsScript, WrongInputIsRefused) {
  createEndpoint("a");
  letter("a", "1n1", kNow);
  put("1n1", kNow);
  expectTypesChecked(statsCall(kNow, {"a"}));
  auto bad = statsCall(kNow, {"a"});
  bad.keys.pop_back();
  expectRefused(bad, "LULLARG");
  bad = statsCall(kNow, {"a"});
  bad.arguments = {"x"};
  expectRefused(bad, "LULLARG");
  bad.arguments.clear();
  expectRefused(bad, "LULLARG");
}

}  // namespace
}  // namespace lull::redis
