#include "dispatcher_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <thread>

namespace lull::dispatch {
namespace {

using namespace testing;  // NOLINT: the fakes of this suite
using ports::SettleAction;

TEST_F(DispatcherTest, SettlesWhatTheChannelDelivered) {
  know(3, {endpointNamed("ep_a")});
  claimed(3, {claimFor("ep_a", 1)});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  EXPECT_FALSE(dispatcher_.drained(runtime::Deadline::in({})));
  channel_.finish(0, delivered());
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  EXPECT_EQ(settling_.settled()[0].action, SettleAction::Complete);
  EXPECT_TRUE(dispatcher_.drained(runtime::Deadline::in(std::chrono::seconds(5))));
}

TEST_F(DispatcherTest, NotesAttemptsAndLagsForTheHistory) {
  know(3, {endpointNamed("ep_a")});
  claimed(3, {claimFor("ep_a", 1), claimFor("ep_a", 2), claimFor("ep_a", 3), claimFor("ep_a", 4), claimFor("ep_a", 5)});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 5; }));
  AttemptResult result;
  channel_.finish(0, result);
  channel_.finish(1, delivered());
  result.outcome = Outcome::Released;
  channel_.finish(2, result);
  result.outcome = Outcome::Held;
  result.pause = PauseOrder{PausedReason::Egress, "Refused.", false};
  channel_.finish(3, result);
  result.pause = PauseOrder{PausedReason::Gone, "Gone.", true};
  channel_.finish(4, result);
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 5; }));
  const auto lag = std::to_string((clock_.now() - instantOf(999'000)).count()) + " ms";
  EXPECT_EQ(history_.noted(), (std::vector<std::string>{"ep_a failed", lag, "ep_a delivered", "ep_a failed"}))
      << "a request that never began is no attempt";
}

TEST_F(DispatcherTest, SendsNothingUnderAnOlderRegistration) {
  know(3, {endpointNamed("ep_a")});
  auto moved = endpointNamed("ep_a");
  moved.registration.webhook().url = "http://moved.example/";
  registry_.stored_ = FakeRegistry::snapshot(4, {moved});
  claimed(4, {claimFor("ep_a", 1)});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  EXPECT_EQ(channel_.requests()[0].endpoint->registration.webhook().url, "http://moved.example/");
  channel_.finish(0, delivered());
}

// The claim was made with what was cached; what is stored by now asks for longer than the lease lasts.
TEST_F(DispatcherTest, ReleasesAnAttemptThatWouldOutliveItsLease) {
  know(3, {endpointNamed("ep_a"), endpointNamed("ep_b")});
  auto slower = endpointNamed("ep_a");
  slower.registration.timeout = Millis(60'000);
  registry_.stored_ = FakeRegistry::snapshot(4, {slower, endpointNamed("ep_b")});
  claimed(4, {claimFor("ep_a", 1), claimFor("ep_b", 2)});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1 && settling_.settled().size() == 1; }));
  EXPECT_EQ(channel_.requests()[0].endpoint->id, "ep_b");
  EXPECT_EQ(settling_.settled()[0].endpoint, "ep_a");
  EXPECT_EQ(settling_.settled()[0].action, SettleAction::Release);
  noteReady("ep_a");
  EXPECT_TRUE(eventually([&] { return askedFor("ep_a").back().lease == Millis(70'000); }))
      << "the next claim is for the time-out that is stored";
  channel_.finish(0, delivered());
}

// The lease is what the store gave, whatever the settings of this process would make of it.
TEST_F(DispatcherTest, AnAttemptEndsBeforeTheLeaseThatItsClaimCarries) {
  know(3, {endpointNamed("ep_a")});
  auto brief = claimFor("ep_a", 1);
  brief.lease = settings().timeout;
  claimed(3, {brief});
  start();
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  EXPECT_EQ(settling_.settled()[0].action, SettleAction::Release);
  EXPECT_TRUE(channel_.requests().empty());
}

TEST_F(DispatcherTest, ReleasesASuspectThatWouldOutliveTheLeaseItWasRenewedFor) {
  know(3, {endpointNamed("ep_a")});
  auto slower = endpointNamed("ep_a");
  slower.registration.timeout = Millis(60'000);
  claims_.answerRenewals(4);
  auto suspect = claimFor("ep_a", 2);
  suspect.losses = 2;
  suspect.lease = Millis(600'000);  // of the claim: the renewal replaced it
  claimed(3, {suspect});
  registry_.stored_ = FakeRegistry::snapshot(4, {slower});
  start();
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  EXPECT_EQ(settling_.settled()[0].action, SettleAction::Release);
  EXPECT_TRUE(channel_.requests().empty());
  EXPECT_EQ(claims_.renewals().at(0).lease, Millis(25'000));
}

// While it runs its time-out is set to a second: the lease that lets others go on must still last as long as the
// attempt.
TEST_F(DispatcherTest, NeverCutsTheLeaseOfARunningSuspectShort) {
  auto slow = endpointNamed("ep_a");
  slow.registration.timeout = Millis(60'000);
  know(3, {slow});
  claims_.answerRenewals(3);
  auto suspect = claimFor("ep_a", 2);
  suspect.losses = 2;
  claimed(3, {suspect});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  auto quick = endpointNamed("ep_a");
  quick.registration.timeout = Millis(1'000);
  know(4, {quick});
  ASSERT_TRUE(eventually([&] { return claims_.renewals().size() == 2; }));
  EXPECT_FALSE(claims_.renewals()[1].alone);
  EXPECT_EQ(claims_.renewals()[1].lease, Millis(70'000));
  channel_.finish(0, delivered());
}

TEST_F(DispatcherTest, ReleasesWhatItCannotLookUp) {
  know(3, {endpointNamed("ep_a")});
  registry_.stored_ = nullptr;
  claimed(4, {claimFor("ep_a", 1), claimFor("ep_a", 2)});
  start();
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 2; }));
  EXPECT_EQ(settling_.settled()[0].action, SettleAction::Release);
  EXPECT_TRUE(channel_.requests().empty());
}

TEST_F(DispatcherTest, ReleasesWhatAClaimBringsThatWasUnderWayWhenItStopped) {
  know(3, {endpointNamed("ep_a")});
  claimed(3, {claimFor("ep_a", 1)});
  claims_.onClaim = [this] { dispatcher_.stop(); };
  start();
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  EXPECT_EQ(settling_.settled()[0].action, SettleAction::Release);
  EXPECT_TRUE(channel_.requests().empty());
}

TEST_F(DispatcherTest, DropsClaimsOfADeletedEndpoint) {
  know(4, {endpointNamed("ep_b")});
  claimed(4, {claimFor("ep_deleted", 1), claimFor("ep_b", 2)});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  EXPECT_EQ(channel_.requests()[0].endpoint->id, "ep_b");
  channel_.finish(0, delivered());
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  EXPECT_EQ(settling_.settled()[0].endpoint, "ep_b");
}

TEST_F(DispatcherTest, BuriesTheExpiredAndThePoisonedUnsent) {
  know(3, {endpointNamed("ep_a")});
  auto expired = claimFor("ep_a", 1);
  expired.expired = true;
  auto poisoned = claimFor("ep_a", 2);
  poisoned.poisoned = true;
  claimed(3, {expired, poisoned});
  start();
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 2; }));
  EXPECT_EQ(settling_.settled()[0].reason, DeathReason::Expired);
  EXPECT_EQ(settling_.settled()[1].reason, DeathReason::Poisoned);
  EXPECT_TRUE(channel_.requests().empty());
}

TEST_F(DispatcherTest, SendsASuspectWhenNothingElseRunsAndClaimsNothingUntilItIsSettled) {
  know(3, {endpointNamed("ep_a")});
  claims_.answerRenewals(3);
  auto suspect = claimFor("ep_a", 2);
  suspect.losses = 2;
  claimed(3, {suspect, claimFor("ep_a", 1)});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  EXPECT_EQ(channel_.requests()[0].message.key.itemId, ItemId(1)) << "the innocent one";
  const auto asked = claims_.asked().size();
  EXPECT_TRUE(claims_.renewals().empty()) << "it waits";
  channel_.finish(0, delivered());
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 2; }));
  EXPECT_EQ(claims_.renewals(), (std::vector<FakeClaims::Renewal>{{2, true, Millis(25'000)}}));
  EXPECT_EQ(claims_.asked().size(), asked);
  channel_.finish(1, delivered());
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 2 && claims_.asked().size() > asked; }));
}

TEST_F(DispatcherTest, LetsOthersGoOnBesideASuspectThatTakesLong) {
  know(3, {endpointNamed("ep_a")});
  claims_.answerRenewals(3);
  auto suspect = claimFor("ep_a", 2);
  suspect.losses = 2;
  claimed(3, {suspect});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  const auto asked = claims_.asked().size();
  ASSERT_TRUE(eventually([&] { return claims_.asked().size() > asked; }));
  EXPECT_EQ(claims_.renewals(),
            (std::vector<FakeClaims::Renewal>{{2, true, Millis(25'000)}, {2, false, Millis(25'000)}}));
  channel_.finish(0, delivered());
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
}

TEST_F(DispatcherTest, GivesBackASuspectThatMayNotBeSent) {
  know(3, {endpointNamed("ep_a")});
  claims_.answerRenewals(std::nullopt);
  auto suspect = claimFor("ep_a", 2);
  suspect.losses = 2;
  claimed(3, {suspect});
  start();
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  EXPECT_EQ(settling_.settled()[0].action, SettleAction::Release);
  EXPECT_TRUE(channel_.requests().empty());
}

TEST_F(DispatcherTest, LeasesForTheEndpointsOwnTimeoutAndLimit) {
  auto slow = endpointNamed("ep_slow");
  slow.registration.timeout = Millis(60'000);
  slow.registration.maxConcurrency = 3;
  know(3, {slow});
  ports::ClaimBatch first;
  first.registryRevision = 3;
  first.ready = {"ep_slow", "ep_unknown"};
  claims_.answer(std::move(first));
  start();
  ASSERT_TRUE(eventually([&] { return claims_.asked().size() >= 2; }));
  const auto limits = claims_.asked()[1];
  ASSERT_EQ(limits.size(), 2U);
  EXPECT_EQ(limits[0].lease, Millis(70'000));
  EXPECT_EQ(limits[0].inFlight, 3U);
  EXPECT_EQ(limits[0].most, 32U) << "the claims of one call are divided among the endpoints that are ready";
  EXPECT_EQ(limits[1].lease, Millis(25'000));
}

TEST_F(DispatcherTest, NamesFewEndpointsInACallThatAreNotKnownToAnswer) {
  ports::ClaimBatch first;
  first.registryRevision = 3;
  for (int i = 0; i < 40; ++i) first.ready.push_back("ep_" + std::to_string(i));
  claims_.answer(std::move(first));
  start();
  ASSERT_TRUE(eventually([&] { return claims_.asked().size() >= 2; }));
  EXPECT_EQ(claims_.asked()[1].size(), 12U);
}

TEST_F(DispatcherTest, AnEndpointAloneGetsHalfOfTheClaimsOfACall) {
  ports::ClaimBatch first;
  first.registryRevision = 3;
  first.ready = {"ep_alone"};
  claims_.answer(std::move(first));
  start();
  ASSERT_TRUE(eventually([&] { return claims_.asked().size() >= 2; }));
  const auto limits = claims_.asked()[1];
  ASSERT_EQ(limits.size(), 1U);
  EXPECT_EQ(limits[0].most, 32U);
}

TEST_F(DispatcherTest, DividesTheSecondHalfOfItsSocketsFairly) {
  auto greedy = endpointNamed("ep_greedy");
  greedy.registration.maxConcurrency = 1024;
  know(3, {greedy, endpointNamed("ep_b"), endpointNamed("ep_c"), endpointNamed("ep_d")});
  const std::size_t half = settings().maxSockets / 2;
  std::vector<Claim> claims;
  for (std::uint64_t token = 1; token <= half; ++token) claims.push_back(claimFor("ep_greedy", token));
  const auto ready = [&](std::vector<Claim> given) {
    ports::ClaimBatch batch;
    batch.claims = std::move(given);
    batch.registryRevision = 3;
    batch.ready = {"ep_greedy"};
    claims_.answer(std::move(batch));
  };
  ready({});
  ready(claims);
  // Those that just started take a shared slot each, until they are a second old; it is named in every look until then.
  for (int look = 0; look < 1000; ++look) ready({});
  start();
  ASSERT_TRUE(eventually([&] { return askedFor("ep_greedy").size() >= 2; }));
  const auto limits = askedFor("ep_greedy");
  EXPECT_EQ(limits[0].inFlight, 1024U) << "nothing runs";
  EXPECT_EQ(limits[1].inFlight, half / 4);
  for (std::size_t i = 0; i < half; ++i) channel_.finish(i, delivered());
}

TEST_F(DispatcherTest, StartsOneOfAnEndpointThatHasNoneWhenAllSlotsAreTaken) {
  know(3, {endpointNamed("ep_hangs"), endpointNamed("ep_well")});
  std::vector<Claim> hanging;
  for (std::uint64_t token = 1; token <= settings().maxConcurrency; ++token)
    hanging.push_back(claimFor("ep_hangs", token));
  ports::ClaimBatch all;
  all.claims = std::move(hanging);
  all.registryRevision = 3;
  all.ready = {"ep_hangs", "ep_well"};
  claims_.answer(std::move(all));
  claimed(3, {claimFor("ep_well", 9999)});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == settings().maxConcurrency + 1; }));
  EXPECT_EQ(channel_.requests().back().endpoint->id, "ep_well");
  const auto asked = claims_.asked().at(2);  // after a look and a claim
  ASSERT_EQ(asked.size(), 1U) << "nothing more for the one that has attempts running";
  EXPECT_EQ(asked[0].endpoint, "ep_well");
  EXPECT_EQ(asked[0].most, 1U);
  for (std::size_t i = 0; i <= settings().maxConcurrency; ++i) channel_.finish(i, delivered());
}

TEST_F(DispatcherTest, ClaimsNothingWithoutASignOfLifeAndGoesOnWithIt) {
  know(3, {endpointNamed("ep_a")});
  claimed(3, {claimFor("ep_a", 1)});
  sign_.become(0);
  start();
  ASSERT_TRUE(eventually([&] { return sign_.looks() >= 3; }));
  EXPECT_TRUE(claims_.asked().empty());
  sign_.become(7);
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  channel_.finish(0, delivered());
}

TEST_F(DispatcherTest, LeasesNothingWithoutASignOfLife) {
  sign_.become(0);
  EXPECT_EQ(dispatcher_.reserve().most, 0U);
  EXPECT_EQ(dispatcher_.ask({{}}).request.most, 0U);
  sign_.become(7);
  EXPECT_GT(dispatcher_.reserve().most, 0U);
}

TEST_F(DispatcherTest, ReleasesWhatItClaimedBeforeItsSignOfLifeRanOut) {
  know(3, {endpointNamed("ep_a")});
  claimed(3, {claimFor("ep_a", 1)});
  claims_.onClaim = [this] { sign_.become(0); };
  start();
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  EXPECT_EQ(settling_.settled()[0].action, SettleAction::Release);
  EXPECT_TRUE(channel_.requests().empty());
}

TEST_F(DispatcherTest, ReleasesWhatItClaimedUnderASlotThatIsNoLongerItsOwn) {
  know(3, {endpointNamed("ep_a")});
  claimed(3, {claimFor("ep_a", 1)});
  claims_.onClaim = [this] { sign_.become(8); };
  start();
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  EXPECT_EQ(settling_.settled()[0].action, SettleAction::Release);
  EXPECT_TRUE(channel_.requests().empty());
}

TEST_F(DispatcherTest, SendsASuspectUnderTheSlotOfItsRenewedLease) {
  know(3, {endpointNamed("ep_a")});
  claims_.answerRenewals(3);
  auto suspect = claimFor("ep_a", 2);
  suspect.losses = 2;
  claimed(3, {suspect});
  claims_.onClaim = [this] { sign_.become(8); };
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  channel_.finish(0, delivered());
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
}

TEST_F(DispatcherTest, SettlesAgainWhenTheStoreWasAway) {
  know(3, {endpointNamed("ep_a")});
  settling_.failNext(3);
  claimed(3, {claimFor("ep_a", 1)});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  channel_.finish(0, delivered());
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  EXPECT_EQ(settling_.calls(), 4);
}

TEST_F(DispatcherTest, AsksForTheEndpointsThatAReplyHasNamed) {
  know(3, {endpointNamed("ep_a")});
  start();
  noteReady("ep_a");
  ASSERT_TRUE(eventually([&] {
    const auto asked = claims_.asked();
    return std::any_of(asked.begin(), asked.end(),
                       [](const auto& limits) { return limits.size() == 1 && limits[0].endpoint == "ep_a"; });
  }));
}

TEST_F(DispatcherTest, SendsWhatACallThatSettlesHasClaimed) {
  know(3, {endpointNamed("ep_a")});
  claimed(3, {claimFor("ep_a", 1)});
  settling_.answerNext(batchOf(3, {claimFor("ep_a", 2)}));
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  channel_.finish(0, delivered());
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 2; }));
  const auto asked = settling_.asked().at(0);
  ASSERT_EQ(asked.limits.size(), 1U);
  EXPECT_EQ(asked.limits[0].endpoint, "ep_a");
  EXPECT_EQ(asked.limits[0].inFlight, 16U);
  EXPECT_EQ(asked.limits[0].lease, Millis(25'000));
  EXPECT_EQ(asked.most, 64U);
  channel_.finish(1, delivered());
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 2; }));
}

TEST_F(DispatcherTest, AsksForNothingWhenTheReplyOfASettlementSaysThatNothingIsDue) {
  know(3, {endpointNamed("ep_a")});
  claimed(3, {claimFor("ep_a", 1)});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  channel_.finish(0, delivered());
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  // The loop looks again after 200 ms, without naming anyone.
  const auto before = claims_.asked().size();
  ASSERT_TRUE(eventually([&] { return claims_.asked().size() > before + 1; }));
  EXPECT_EQ(askedFor("ep_a").size(), 1U);
  EXPECT_EQ(meter_.inVain, 0);
}

TEST_F(DispatcherTest, CountsACallThatBroughtNothing) {
  know(3, {endpointNamed("ep_a")});
  start();
  noteReady("ep_a");
  EXPECT_TRUE(eventually([&] { return meter_.inVain > 0; }));
}

TEST_F(DispatcherTest, HoldsAFewSlotsForWhoeverFiresWindows) {
  const auto few = dispatcher_.reserveFew(3);
  EXPECT_EQ(few.most, 3U);
  EXPECT_EQ(dispatcher_.reserveFew(1'000).most, 126U) << "half of those that are left";
  dispatcher_.giveBack(few);
  EXPECT_EQ(dispatcher_.reserveFew(1'000).most, 65U);
  dispatcher_.stop();
  EXPECT_EQ(dispatcher_.reserveFew(1).most, 0U);
}

TEST_F(DispatcherTest, SendsWhatTheDebounceLoopWasLeased) {
  know(3, {endpointNamed("ep_a")});
  start();
  const auto permits = dispatcher_.reserve();
  EXPECT_EQ(permits.most, 128U) << "half of the free slots";
  EXPECT_TRUE(permits.paced);
  EXPECT_EQ(permits.inFlight, 16U);
  dispatcher_.depart(permits, batchOf(3, {claimFor("ep_a", 1)}));
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  channel_.finish(0, delivered());
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  // The slots are given back a moment after the settlement.
  EXPECT_TRUE(eventually([&] {
    const auto again = dispatcher_.reserve();
    dispatcher_.depart(again, {});
    return again.most == 128U;
  }));
}

TEST_F(DispatcherTest, HoldsNoMoreSlotsThanThereAre) {
  const auto first = dispatcher_.reserve();
  const auto second = dispatcher_.reserve();
  EXPECT_EQ(first.most + second.most, 192U);
  dispatcher_.depart(first, {});
  dispatcher_.depart(second, {});
  EXPECT_EQ(dispatcher_.reserve().most, 128U);
}

TEST_F(DispatcherTest, LeasesNothingOnceItHasStopped) {
  know(3, {endpointNamed("ep_a")});
  const auto permits = dispatcher_.reserve();
  dispatcher_.stop();
  EXPECT_EQ(dispatcher_.reserve().most, 0U);
  dispatcher_.depart(permits, batchOf(3, {claimFor("ep_a", 1)}));
  start();
  ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
  EXPECT_EQ(settling_.settled()[0].action, SettleAction::Release);
  EXPECT_TRUE(channel_.requests().empty());
}

TEST_F(DispatcherTest, NobodyIsGivenTheSlotsOfAClaimThatIsUnderWay) {
  know(3, {endpointNamed("ep_a")});
  const auto given = std::make_shared<runtime::Guarded<std::set<std::uint32_t>>>();
  claims_.onClaim = [this, given] {
    const auto permits = dispatcher_.reserve();
    given->lock()->insert(permits.most);
    dispatcher_.depart(permits, {});
  };
  start();
  noteReady("ep_a");
  EXPECT_TRUE(eventually([&] { return given->lock()->contains(96U); })) << "half of what 64 claims leave of 256";
}

// A suspect has the process to itself, so nothing else may come in beside it.
TEST_F(DispatcherTest, LeasesNothingWhileASuspectIsHeld) {
  know(3, {endpointNamed("ep_a")});
  auto suspect = claimFor("ep_a", 1);
  suspect.losses = 2;
  settling_.answerNext(batchOf(3, {suspect}));
  claims_.answerRenewals(3);
  claimed(3, {claimFor("ep_a", 7)});
  start();
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  channel_.finish(0, delivered());
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 2; })) << "it is sent alone";
  EXPECT_EQ(dispatcher_.reserve().most, 0U);
  channel_.finish(1, delivered());
  EXPECT_TRUE(eventually([&] {
    const auto permits = dispatcher_.reserve();
    dispatcher_.depart(permits, {});
    return permits.most > 0;
  }));
}

TEST_F(DispatcherTest, TellsThatThereIsRoomAgain) {
  know(3, {endpointNamed("ep_a")});
  start();
  const auto permits = dispatcher_.reserve();
  EXPECT_FALSE(dispatcher_.awaitRoom(std::chrono::milliseconds(1)));
  dispatcher_.depart(permits, batchOf(3, {claimFor("ep_a", 1)}));
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  channel_.finish(0, delivered());
  EXPECT_TRUE(dispatcher_.awaitRoom(std::chrono::seconds(10)));
}

}  // namespace
}  // namespace lull::dispatch
