#include "harness.hpp"

namespace lull::redis {
namespace {

using ::testing::IsEmpty;

class RenewScript : public ScriptHarness {
 protected:
  RenewScript() { createEndpoint("a"); }

  Call renewCall(const Claimed& claimed, std::int64_t now, bool alone) const {
    return {"renew",
            {names_.meta(), names_.messages("a"), names_.leases("a"), names_.state("a")},
            {text(now), claimed.key, std::to_string(claimed.message.token), text(settings_.lease), alone ? "1" : "0",
             text(settings_.slot)}};
  }
  /// Whether it may be sent.
  bool renew(const Claimed& claimed, std::int64_t now, bool alone) {
    const auto reply = run(renewCall(claimed, now, alone));
    EXPECT_FALSE(reply.isError()) << reply.text;
    return !reply.isError() && reply.items.at(0).integer == 1;
  }
  /// Loses a lease that was renewed as `alone`; the next claim.
  Claimed lose(const Claimed& claimed, std::int64_t& now, bool alone) {
    EXPECT_TRUE(renew(claimed, now, alone));
    now += settings_.lease;
    return claimOne("a", now);
  }
};

TEST_F(RenewScript, LeasesAnewAndTellsTheRegistrysRevision) {
  put("1n7", kNow);
  const auto claimed = claimOne("a", kNow);
  const auto reply = run(renewCall(claimed, kNow + 20'000, false));
  EXPECT_EQ(reply.items.at(0).integer, 1);
  EXPECT_EQ(reply.items.at(1).integer, std::stoll(field(names_.meta(), "rev")));
  EXPECT_EQ(score(names_.leases("a"), "1n7"), kNow + 20'000 + settings_.lease);
  EXPECT_THAT(claim(kNow + settings_.lease, {"a"}).claims, IsEmpty());
  settleOne({.action = "c", .claim = claimed}, kNow + settings_.lease);
}

TEST_F(RenewScript, DoesNothingForAnotherTokenOrWhatIsNotLeased) {
  put("1n7", kNow);
  const auto old = claimOne("a", kNow);
  claimOne("a", kNow + settings_.lease);
  const auto before = snapshot();
  EXPECT_FALSE(renew(old, kNow + settings_.lease, true));
  auto unknown = old;
  unknown.key = "1n8";
  EXPECT_FALSE(renew(unknown, kNow, true));
  EXPECT_EQ(snapshot(), before);
}

TEST_F(RenewScript, SaysNoWhenTheEndpointIsPausedOrGone) {
  put("1n7", kNow);
  const auto claimed = claimOne("a", kNow);
  replaceEndpoint("a", 15, false, kNow + 1);
  EXPECT_FALSE(renew(claimed, kNow + 2, true));
  redis({"RENAME", names_.state("a"), "aside"});
  EXPECT_FALSE(renew(claimed, kNow + 3, true));
  redis({"RENAME", "aside", names_.state("a")});
}

TEST_F(RenewScript, AMessageIsPoisonedByTheThirdLossInARowOnlyWhenThatOneWasAlone) {
  put("1n7", kNow);
  auto now = kNow;
  auto claimed = claimOne("a", now);
  claimed = lose(claimed, now, true);
  claimed = lose(claimed, now, true);
  EXPECT_EQ(claimed.flags, 0) << "two losses";
  claimed = lose(claimed, now, false);
  EXPECT_EQ(claimed.message.losses, 3U);
  EXPECT_EQ(claimed.flags, 0) << "the third one beside others";
  EXPECT_TRUE(renew(claimed, now, true));
  claimed = lose(claimed, now, false);
  EXPECT_EQ(claimed.flags, 0) << "others were sent again before it was lost";
  claimed = lose(claimed, now, true);
  EXPECT_EQ(claimed.message.losses, 5U);
  EXPECT_EQ(claimed.flags, kPoisoned);
}

TEST_F(RenewScript, APoisonedMessageStaysSoUntilItIsBuriedOrItsContentChanges) {
  put("1n7", kNow);
  auto now = kNow;
  auto claimed = claimOne("a", now);
  for (int i = 0; i < 3; ++i) claimed = lose(claimed, now, true);
  ASSERT_EQ(claimed.flags, kPoisoned);
  settleOne({.action = "x", .claim = claimed, .unattempted = true}, now);
  claimed = claimOne("a", now);
  EXPECT_EQ(claimed.flags, kPoisoned) << "it was given back";
  put("1n7", now);
  now += settings_.lease;
  EXPECT_EQ(claimOne("a", now).flags, 0) << "newer content has lost no lease";
}

TEST_F(RenewScript, AReportedAttemptClearsASuspect) {
  put("1n7", kNow);
  auto now = kNow;
  auto claimed = claimOne("a", now);
  for (int i = 0; i < 2; ++i) claimed = lose(claimed, now, true);
  EXPECT_TRUE(renew(claimed, now, true));
  settleOne({.action = "r", .claim = claimed, .due = now}, now);
  claimed = claimOne("a", now);
  claimed = lose(claimed, now, false);
  EXPECT_EQ(claimed.message.losses, 1U);
  EXPECT_EQ(claimed.flags, 0);
}

TEST_F(RenewScript, WorksAtMaxmemory) {
  put("1n7", kNow);
  const auto claimed = claimOne("a", kNow);
  fillUp();
  EXPECT_TRUE(renew(claimed, kNow + 1, true));
}

TEST_F(RenewScript, RefusesWhatIsMalformed) {
  put("1n7", kNow);
  const auto good = renewCall(claimOne("a", kNow), kNow, true);
  expectTypesChecked(good);
  for (std::size_t i : {0U, 3U, 4U}) {
    auto bad = good;
    bad.arguments[i] = "x";
    expectRefused(bad, "LULLARG renew");
  }
  auto more = good;
  more.arguments.push_back("1");
  expectRefused(more, "LULLARG renew");
}

}  // namespace
}  // namespace lull::redis
