#include "harness.hpp"

namespace lull::redis {
namespace {

class StatsScript : public ScriptHarness {
 protected:
  Call totalsCall(std::int64_t now, const Words& ids) const {
    Call call{"totals", {names_.counters(), names_.windowIndex(), names_.letterIndex(), names_.stream()}, {text(now)}};
    for (const auto& id : ids) {
      for (const auto& key :
           {names_.messages(id), names_.queue(id), names_.leases(id), names_.state(id), names_.setAside(id)}) {
        call.keys.push_back(key);
      }
    }
    return call;
  }
  Call statesCall(std::int64_t now, const Words& ids) const {
    Call call{"states", {}, {text(now), "10"}};
    for (const auto& id : ids) {
      for (const auto& key : {names_.queue(id), names_.messages(id), names_.leases(id), names_.state(id),
                              names_.letters(id), names_.setAside(id)}) {
        call.keys.push_back(key);
      }
    }
    return call;
  }
  /// The row of the only endpoint.
  std::vector<Reply> row(std::int64_t now, const std::string& id) {
    return run(statesCall(now, {id})).items.at(0).items;
  }
  /// When the earliest message that may be sent is due, as the totals have it.
  std::int64_t earliest(std::int64_t now, const Words& ids) { return run(totalsCall(now, ids)).items.at(6).integer; }
};

TEST_F(StatsScript, AnEmptyStoreHasNothingToTell) {
  EXPECT_TRUE(run(statesCall(kNow, {})).items.empty());
  const auto reply = run(totalsCall(kNow, {}));
  ASSERT_EQ(reply.items.size(), 11U);
  EXPECT_EQ(reply.items[4].integer, 0);
  EXPECT_EQ(reply.items[5].integer, 0);
  EXPECT_EQ(reply.items[6].integer, -1);
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
  const auto reply = run(totalsCall(kNow + 2, {"a"}));
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
  EXPECT_EQ(busy.at(4).text, "");
}

TEST_F(StatsScript, TotalsAreTheSumOfAllEndpointsAtOneMoment) {
  for (const auto* id : {"a", "b", "idle"}) createEndpoint(id);
  put("1n1", kNow + 5);
  claimOne("a", kNow + 5);
  put("1n2", kNow + 7);
  const auto totals = run(totalsCall(kNow + 10, {"a", "b", "idle"}));
  EXPECT_EQ(totals.items.at(4).integer, 6) << "each of the three has both";
  EXPECT_EQ(totals.items.at(5).integer, 1);
  EXPECT_EQ(totals.items.at(6).integer, kNow + 5) << "of an endpoint that has not sent it";
  EXPECT_EQ(earliest(kNow + 10, {"a"}), kNow + 7);
}

TEST_F(StatsScript, AnOpenBreakerAndAPauseAreNotDue) {
  createEndpoint("a");
  settings_.failures = 1;
  put("1n1", kNow);
  settleOne({.action = "r", .claim = claimOne("a", kNow), .due = kNow + 1}, kNow);
  const auto open = row(kNow + 10, "a");
  EXPECT_EQ(earliest(kNow + 10, {"a"}), -1);
  EXPECT_EQ(open.at(3).integer, kNow + settings_.probe);
  EXPECT_EQ(open.at(5).integer, 1);
  EXPECT_EQ(open.at(6).integer, 1);
  EXPECT_EQ(open.at(8).text, "It failed.");
  replaceEndpoint("a", 15, false, kNow + 20);
  const auto paused = row(kNow + 30, "a");
  EXPECT_EQ(earliest(kNow + 30, {"a"}), -1);
  EXPECT_EQ(paused.at(3).integer, -1);
  EXPECT_EQ(paused.at(4).text, "operator");
}

TEST_F(StatsScript, WhatWasLeasedAsItWasMadeIsDueSinceThen) {
  createEndpoint("a");
  permits_ = 1;
  admit({{.key = "1n7", .occurred = kNow - 100}}, kNow);
  fire(kNow);
  ASSERT_TRUE(message("a", "1n7")->leased());
  EXPECT_EQ(row(kNow + 50, "a").at(13).integer, kNow);
}

TEST_F(StatsScript, WhatIsDueWaitsSinceItWasWantedHoweverOftenItWasParked) {
  createEndpoint("a");
  const auto dueSince = [&](std::int64_t now) { return row(now, "a").at(13).integer; };
  EXPECT_EQ(dueSince(kNow), -1);
  put("1n1", kNow);
  EXPECT_EQ(dueSince(kNow + 50), kNow);
  const auto first = claimOne("a", kNow + 50);
  put("1n2", kNow + 100);
  EXPECT_EQ(dueSince(kNow + 400), kNow) << "a leased one is not delivered yet";
  settleOne({.action = "p", .claim = first, .due = kNow + 5'000}, kNow + 500);
  EXPECT_EQ(row(kNow + 600, "a").at(3).integer, kNow + 5'000) << "it is parked";
  EXPECT_EQ(dueSince(kNow + 600), kNow) << "behind the other one, and due later than that";
  settleOne({.action = "c", .claim = claimOne("a", kNow + 5'000)}, kNow + 5'000);
  EXPECT_EQ(dueSince(kNow + 5'050), kNow);
  settleOne({.action = "r", .claim = claim(kNow + 5'050, {"a"}).claims.at(0), .due = kNow + 9'000}, kNow + 5'100);
  EXPECT_EQ(dueSince(kNow + 5'200), -1) << "the schedule wants it later";
  EXPECT_EQ(dueSince(kNow + 9'500), kNow + 9'000);
  auto unasked = statesCall(kNow + 9'500, {"a"});
  unasked.arguments.at(1) = "0";
  EXPECT_EQ(run(unasked).items.at(0).items.at(13).integer, -1);
  replaceEndpoint("a", 15, false, kNow + 9'600);
  EXPECT_EQ(dueSince(kNow + 9'700), -1) << "it is paused";
}

TEST_F(StatsScript, ASuccessIsDated) {
  createEndpoint("a");
  put("1n1", kNow);
  settleOne({.action = "c", .claim = claimOne("a", kNow)}, kNow + 7);
  EXPECT_EQ(row(kNow + 9, "a").at(7).text, text(kNow + 7));
}

TEST_F(StatsScript, TwoThousandEndpointsInOneCallAlsoWhenRedisIsFull) {
  for (const auto& id : manyKeys(2000)) createEndpoint(id);
  put("1n1", kNow);
  fillUp();
  EXPECT_EQ(run(totalsCall(kNow, manyKeys(2000))).items.at(4).integer, 2000);
  const auto states = run(statesCall(kNow, manyKeys(2000)));
  ASSERT_EQ(states.items.size(), 2000U);
  EXPECT_EQ(states.items.back().items.at(0).integer, 1);
}

TEST_F(StatsScript, WrongInputIsRefused) {
  createEndpoint("a");
  letter("a", "1n1", kNow);
  put("1n1", kNow);
  createLanes("b", Lanes::Endpoint);
  expectTypesChecked(statesCall(kNow, {"b"}));
  for (const auto& call : {totalsCall(kNow, {"a"}), statesCall(kNow, {"a"})}) {
    expectTypesChecked(call);
    auto bad = call;
    bad.keys.pop_back();
    expectRefused(bad, "LULLARG");
    bad = call;
    bad.arguments.front() = "x";
    expectRefused(bad, "LULLARG");
    bad.arguments.clear();
    expectRefused(bad, "LULLARG");
  }
}

}  // namespace
}  // namespace lull::redis
