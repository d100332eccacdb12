#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// What settle.lua leases in the same step.
class SettleNext : public ScriptHarness {
 protected:
  SettleNext() { nextMost_ = 10; }

  ClaimReply settleAndClaim(const std::vector<Settle>& settlements, std::int64_t now) {
    const auto reply = run(settleCall(settlements, now));
    EXPECT_FALSE(reply.isError()) << reply.text;
    if (reply.isError()) return {};
    EXPECT_EQ(reply.items.at(0).integer, static_cast<std::int64_t>(settlements.size()));
    Words ids;
    for (const auto& s : settlements) {
      if (std::ranges::find(ids, s.claim.endpoint) == ids.end()) ids.push_back(s.claim.endpoint);
    }
    return claimReply(reply.items.at(2), ids);
  }
  static Words keysOf(const ClaimReply& reply) {
    Words keys;
    for (const auto& claim : reply.claims) keys.push_back(claim.endpoint + " " + claim.key);
    return keys;
  }
};

TEST_F(SettleNext, ClaimsWhatTheEndpointMaySendNext) {
  createEndpoint("a");
  put("1n1", kNow);
  const auto first = claimOne("a", kNow);
  put("1n2", kNow);
  put("1n3", kNow + 100);
  const auto next = settleAndClaim({{.action = "c", .claim = first}}, kNow + 10);
  EXPECT_THAT(keysOf(next), ElementsAre("a 1n2"));
  EXPECT_EQ(next.nextWake, kNow + 100) << "when the one that is left is due";
  EXPECT_THAT(next.ready, IsEmpty());
  EXPECT_EQ(message("a", "1n2")->token, next.claims.at(0).message.token);
  EXPECT_EQ(score(names_.leases("a"), "1n2"), kNow + 10 + settings_.lease);
  settleOne({.action = "c", .claim = next.claims.at(0)}, kNow + 200);
  EXPECT_EQ(message("a", "1n3")->leased(), true) << "due by then";
}

TEST_F(SettleNext, ClaimsTheSuccessorOfWhatWasSettled) {
  createEndpoint("a");
  put("1n1", kNow);
  const auto first = claimOne("a", kNow);
  put("1n1", kNow);
  const auto next = settleAndClaim({{.action = "c", .claim = first}}, kNow + 1);
  ASSERT_THAT(keysOf(next), ElementsAre("a 1n1"));
  EXPECT_EQ(next.claims.at(0).message.upto, 2U);
}

TEST_F(SettleNext, SaysThatNothingIsDue) {
  createEndpoint("a");
  put("1n1", kNow);
  const auto first = claimOne("a", kNow);
  const auto next = settleAndClaim({{.action = "c", .claim = first}}, kNow + 1);
  EXPECT_THAT(next.claims, IsEmpty());
  EXPECT_THAT(next.ready, IsEmpty());
  EXPECT_EQ(next.nextWake, -1);
}

// The claims carry the revision of the registry. One that is too low would make the process load it again, one that is
// too high would let it send by what it knew before.
TEST_F(SettleNext, ClaimsCarryTheRevisionThatItsOwnPauseMade) {
  createEndpoint("a", 1);
  createEndpoint("b", 2);
  put("1n1", kNow);
  put("2n1", kNow);
  put("2n2", kNow);
  const auto paused = claimOne("a", kNow);
  const auto ended = claim(kNow, {"b"}, 1).claims.at(0);
  const auto next = settleAndClaim(
      {{.action = "h", .claim = paused, .pause = "gone|Paused."}, {.action = "c", .claim = ended}}, kNow);
  ASSERT_EQ(next.claims.size(), 1U);
  EXPECT_EQ(text(next.revision), field(names_.meta(), "rev"));
}

TEST_F(SettleNext, ClaimsNothingOfAnEndpointThatItPauses) {
  createEndpoint("a");
  put("1n1", kNow);
  const auto first = claimOne("a", kNow);
  put("1n2", kNow);
  const auto next = settleAndClaim({{.action = "h", .claim = first, .unattempted = true}}, kNow + 1);
  EXPECT_THAT(next.claims, IsEmpty());
  EXPECT_EQ(state("a", "paused"), "egress");
}

TEST_F(SettleNext, ClaimsNothingOfAnEndpointWhoseBreakerItOpens) {
  settings_.failures = 1;
  createEndpoint("a");
  put("1n1", kNow);
  const auto first = claimOne("a", kNow);
  put("1n2", kNow);
  const auto next = settleAndClaim({{.action = "r", .claim = first, .due = kNow + 5'000, .step = 1}}, kNow + 1);
  EXPECT_THAT(next.claims, IsEmpty());
  EXPECT_EQ(next.nextWake, kNow + 1 + settings_.probe);
}

TEST_F(SettleNext, ClaimsNothingOfAnEndpointThatItParks) {
  createEndpoint("a");
  put("1n1", kNow);
  const auto first = claimOne("a", kNow);
  put("1n2", kNow);
  EXPECT_THAT(settleAndClaim({{.action = "p", .claim = first, .due = kNow + 700}}, kNow + 1).claims, IsEmpty());
}

TEST_F(SettleNext, NamesOthersThatAreReadyButClaimsNothingOfThem) {
  createEndpoint("a");
  put("1n1", kNow);
  const auto first = claimOne("a", kNow);
  createEndpoint("b");
  put("1n2", kNow);
  const auto other = claim(kNow, {"a"});
  const auto next = settleAndClaim({{.action = "c", .claim = first}}, kNow + 1);
  EXPECT_THAT(next.claims, IsEmpty());
  EXPECT_THAT(next.ready, ElementsAre("b"));
}

TEST_F(SettleNext, KeepsToTheNumberOfTheCall) {
  createEndpoint("a");
  put("1n1", kNow);
  const auto first = claimOne("a", kNow);
  for (const auto& key : manyKeys(20)) put(key, kNow);
  const auto next = settleAndClaim({{.action = "c", .claim = first}}, kNow + 1);
  EXPECT_EQ(next.claims.size(), 10U);
  EXPECT_THAT(next.ready, ElementsAre("a"));
}

TEST_F(SettleNext, AMessageThatCannotBeReadIsNamedAndTheSettlementStands) {
  createEndpoint("a");
  put("1n1", kNow);
  const auto first = claimOne("a", kNow);
  put("1n2", kNow);
  const auto whole = redis({"HGET", names_.messages("a"), "1n2"}).text;
  redis({"HSET", names_.messages("a"), "1n2", "garbage"});
  const auto next = settleAndClaim({{.action = "c", .claim = first}}, kNow + 1);
  EXPECT_THAT(next.damaged, ElementsAre(ElementsAre("LULLDAMAGED", "message", "a", "1n2")));
  EXPECT_EQ(counter("delivered"), 1);
  redis({"HSET", names_.messages("a"), "1n2", whole});
}

TEST_F(SettleNext, TheNextOfALaneIsClaimedWithTheSettlementOfItsHead) {
  createLanes("a", Lanes::Endpoint);
  tell({"1n1", "1n2", "1n3"}, kNow);
  const auto first = claimOne("a", kNow);
  const auto next = settleAndClaim({{.action = "c", .claim = first}}, kNow + 1);
  EXPECT_THAT(keysOf(next), ElementsAre("a " + laneKey("", 2)));
}

TEST_F(SettleNext, ArgumentsAreChecked) {
  createEndpoint("a");
  put("1n1", kNow);
  const auto call = settleCall({{.action = "c", .claim = claimOne("a", kNow)}}, kNow);
  for (const std::size_t at : {6U, 7U, 8U, 9U, 12U, 13U, 14U}) {
    auto wrong = call;
    wrong.arguments.at(at) = "x";
    expectRefused(wrong, "LULLARG settle");
  }
}

}  // namespace
}  // namespace lull::redis
