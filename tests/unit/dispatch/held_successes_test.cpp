#include "dispatcher_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace lull::dispatch {
namespace {

using namespace testing;  // NOLINT: the fakes of this suite
using ports::SettleAction;
using namespace std::chrono_literals;

/// Which settlements a dispatcher lets wait for others. What may wait is held for an hour, so whatever is settled in
/// these tests was not held, or is held no longer.
class HeldSuccesses : public DispatcherTest {
 protected:
  HeldSuccesses() : DispatcherTest(1h) {}

  /// One attempt of the endpoint succeeds, and the call that settles it tells of nothing that waits.
  void becomeQuiet(const Endpoint& endpoint) {
    know(3, {endpoint});
    start();
    begin({claimFor(endpoint.id, 1)});
    end(delivered());
    ASSERT_TRUE(eventually([&] { return settling_.settled().size() == 1; }));
    // The call has returned, but only when its slots are back its reply has been read.
    ASSERT_TRUE(eventually([&] {
      const auto permits = dispatcher_.reserve();
      dispatcher_.giveBack(permits);
      return permits.most == 128U;
    }));
  }
  void becomeQuiet() { becomeQuiet(endpointNamed("ep_a")); }

  void begin(std::vector<Claim> claims) {
    begun_ += claims.size();
    dispatcher_.depart(dispatcher_.reserve(), batchOf(3, std::move(claims)));
    ASSERT_TRUE(eventually([&] { return channel_.requests().size() == begun_; }));
  }
  /// The first attempt that has not ended yet ends.
  void end(AttemptResult result) { channel_.finish(ended_++, std::move(result)); }

  bool settles(std::size_t settlements) {
    return eventually([&] { return settling_.settled().size() == settlements; });
  }

  static AttemptResult failed() {
    AttemptResult result;
    result.outcome = Outcome::Retryable;
    result.code = 503;
    return result;
  }

 private:
  std::size_t begun_ = 0;
  std::size_t ended_ = 0;
};

TEST_F(HeldSuccesses, FourOfThemShareACall) {
  becomeQuiet();
  begin({claimFor("ep_a", 2), claimFor("ep_a", 3), claimFor("ep_a", 4), claimFor("ep_a", 5)});
  for (int i = 0; i < 4; ++i) {
    end(delivered());
    std::this_thread::sleep_for(2ms);  // more than a settler takes that holds nothing
  }
  EXPECT_TRUE(settles(5));
  EXPECT_EQ(settling_.calls(), 2);
}

TEST_F(HeldSuccesses, GoWithTheNextFailure) {
  becomeQuiet();
  begin({claimFor("ep_a", 2), claimFor("ep_a", 3)});
  end(delivered());
  end(failed());
  EXPECT_TRUE(settles(3));
  EXPECT_EQ(settling_.calls(), 2);
}

TEST_F(HeldSuccesses, AreSettledWhenAReplyNamesAMessageThatIsDue) {
  becomeQuiet();
  begin({claimFor("ep_a", 2)});
  end(delivered());
  noteReady("ep_a");
  EXPECT_TRUE(settles(2));
}

TEST_F(HeldSuccesses, AreSettledWhenWindowsWaitForRoom) {
  becomeQuiet();
  const auto permits = dispatcher_.reserve();
  dispatcher_.giveBack(permits);
  begin({claimFor("ep_a", 2)});
  end(delivered());
  EXPECT_TRUE(dispatcher_.awaitRoom(10s));
  EXPECT_TRUE(settles(2));
}

TEST_F(HeldSuccesses, AreSettledWhenTheLoopClaimsSomething) {
  becomeQuiet();
  begin({claimFor("ep_a", 2)});
  end(delivered());
  ports::ClaimBatch seen;
  seen.ready = {"ep_a"};
  claims_.answer(std::move(seen));
  claimed(3, {claimFor("ep_a", 3)});
  dispatcher_.wake();
  EXPECT_TRUE(settles(2));
}

// Its slots are all in use, so what waits for one is sent only when a success has been settled.
TEST_F(HeldSuccesses, AreNoneWhileTheCallsThatSettleClaimSomething) {
  becomeQuiet();
  settling_.answerNext(batchOf(3, {claimFor("ep_a", 7)}));
  begin({claimFor("ep_a", 2), claimFor("ep_a", 3)});
  end(failed());
  ASSERT_TRUE(settles(2));
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 4; }));
  end(delivered());
  EXPECT_TRUE(settles(3));
}

TEST_F(HeldSuccesses, AreNoneOfAnEndpointWithFewSlots) {
  auto few = endpointNamed("ep_few");
  few.registration.maxConcurrency = 15;
  becomeQuiet(few);
  begin({claimFor("ep_few", 2)});
  end(delivered());
  EXPECT_TRUE(settles(2));
}

TEST_F(HeldSuccesses, AreNoneWhereTheNextOfALaneWaits) {
  auto every = endpointNamed("ep_every");
  every.registration.telling.delivery = Delivery::Every;
  becomeQuiet(every);
  begin({claimFor("ep_every", 2)});
  end(delivered());
  EXPECT_TRUE(settles(2));
}

// A suspect has the process to itself, until its success is settled.
TEST_F(HeldSuccesses, AreNoneWhileASuspectIsHeld) {
  becomeQuiet();
  auto suspect = claimFor("ep_a", 2);
  suspect.losses = 2;
  claims_.answerRenewals(3);
  begin({claimFor("ep_a", 3)});
  dispatcher_.depart(dispatcher_.reserve(), batchOf(3, {suspect}));
  ASSERT_TRUE(eventually([&] {
    const auto permits = dispatcher_.reserve();
    dispatcher_.giveBack(permits);
    return permits.most == 0U;
  }));
  end(delivered());
  EXPECT_TRUE(settles(2));
}

// The probe of an open breaker tells whether everything else of its endpoint may be sent.
TEST_F(HeldSuccesses, AreNoProbes) {
  becomeQuiet();
  auto probe = claimFor("ep_a", 2);
  probe.probe = true;
  begin({probe});
  end(delivered());
  EXPECT_TRUE(settles(2));
}

}  // namespace
}  // namespace lull::dispatch
