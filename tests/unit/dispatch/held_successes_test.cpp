#include "dispatcher_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace lull::dispatch {
namespace {

using namespace testing;  // NOLINT: the fakes of this suite
using namespace std::chrono_literals;

/// Which settlements a dispatcher lets wait for others. What may wait is held for an hour, so whatever is settled in
/// these tests was not held, or is held no longer.
class HeldSuccesses : public DispatcherTest {
 protected:
  explicit HeldSuccesses(Millis leaseMargin = Millis(1000)) : DispatcherTest(1h, leaseMargin) {}

  void startWith(std::vector<Endpoint> endpoints) {
    know(3, std::move(endpoints));
    start();
  }
  void startWithOne() { startWith({endpointNamed("ep_a")}); }
  /// The reply to the last call that settles has been read: its slots are back.
  bool repliesRead() {
    return eventually([&] {
      const auto permits = dispatcher_.reserve();
      dispatcher_.giveBack(permits);
      return permits.most == 128U;
    });
  }

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
  startWithOne();
  begin({claimFor("ep_a", 1), claimFor("ep_a", 2), claimFor("ep_a", 3), claimFor("ep_a", 4)});
  for (int i = 0; i < 4; ++i) {
    end(delivered());
    std::this_thread::sleep_for(2ms);  // more than a settler takes that holds nothing
  }
  EXPECT_TRUE(settles(4));
  EXPECT_EQ(settling_.calls(), 1);
}

TEST_F(HeldSuccesses, GoWithTheNextFailure) {
  startWithOne();
  begin({claimFor("ep_a", 1), claimFor("ep_a", 2)});
  end(delivered());
  end(failed());
  EXPECT_TRUE(settles(2));
  EXPECT_EQ(settling_.calls(), 1);
}

TEST_F(HeldSuccesses, AreSettledWhenAReplyNamesAMessageThatIsDue) {
  startWithOne();
  begin({claimFor("ep_a", 1)});
  end(delivered());
  noteReady("ep_a");
  EXPECT_TRUE(settles(1));
}

TEST_F(HeldSuccesses, AreSettledWhenWindowsWaitForRoom) {
  startWithOne();
  const auto permits = dispatcher_.reserve();
  dispatcher_.giveBack(permits);
  begin({claimFor("ep_a", 1)});
  end(delivered());
  EXPECT_TRUE(dispatcher_.awaitRoom(10s));
  EXPECT_TRUE(settles(1));
}

TEST_F(HeldSuccesses, AreNoneWhileWindowsWaitForRoom) {
  startWithOne();
  begin({claimFor("ep_a", 1)});
  const auto permits = dispatcher_.reserve();
  dispatcher_.giveBack(permits);
  std::thread ends([this] {
    std::this_thread::sleep_for(20ms);  // the wait for room has begun
    end(delivered());
  });
  EXPECT_TRUE(dispatcher_.awaitRoom(10s));
  ends.join();
}

TEST_F(HeldSuccesses, AreSettledWhenTheLoopClaimsSomething) {
  startWithOne();
  begin({claimFor("ep_a", 1)});
  end(delivered());
  claimed(3, {claimFor("ep_b", 2)});
  dispatcher_.wake();
  EXPECT_TRUE(settles(1));
}

// Its slots are all in use, so what waits for one is sent only when a success has been settled.
TEST_F(HeldSuccesses, AreNoneOfAnEndpointWithABacklog) {
  startWith({endpointNamed("ep_a"), endpointNamed("ep_b")});
  settling_.answerNext(batchOf(3, {claimFor("ep_a", 7)}));
  begin({claimFor("ep_a", 1), claimFor("ep_a", 2), claimFor("ep_b", 3), claimFor("ep_b", 4)});
  end(failed());
  ASSERT_TRUE(settles(1));
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 5; }));
  ASSERT_TRUE(repliesRead());
  channel_.finish(2, failed());
  ASSERT_TRUE(settles(2)) << "a call about another endpoint changes nothing";
  ASSERT_TRUE(repliesRead());
  channel_.finish(1, delivered());
  EXPECT_TRUE(settles(3));
}

// What was held when the backlog showed goes, too.
TEST_F(HeldSuccesses, AreSettledWhenACallThatSettlesClaimsSomething) {
  startWith({endpointNamed("ep_a"), endpointNamed("ep_b")});
  begin({claimFor("ep_a", 1), claimFor("ep_b", 2)});
  settling_.answerNext(batchOf(3, {claimFor("ep_a", 7)}));
  settling_.whileSettling([&] { channel_.finish(1, delivered()); });
  end(failed());
  EXPECT_TRUE(settles(2));
}

TEST_F(HeldSuccesses, AreHeldAgainWhenTheBacklogIsGone) {
  startWithOne();
  claimed(3, {claimFor("ep_a", 1)});
  noteReady("ep_a");
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 1; }));
  channel_.finish(0, delivered());
  ASSERT_TRUE(settles(1));
  ASSERT_TRUE(repliesRead());
  dispatcher_.depart(dispatcher_.reserve(), batchOf(3, {claimFor("ep_a", 2), claimFor("ep_a", 3)}));
  ASSERT_TRUE(eventually([&] { return channel_.requests().size() == 3; }));
  channel_.finish(1, delivered());
  std::this_thread::sleep_for(2ms);  // more than a settler takes that holds nothing
  channel_.finish(2, failed());
  EXPECT_TRUE(settles(3));
  EXPECT_EQ(settling_.calls(), 2);
}

TEST_F(HeldSuccesses, AreNoneOfAnEndpointWithFewSlots) {
  auto few = endpointNamed("ep_few");
  few.registration.maxConcurrency = 15;
  startWith({few});
  begin({claimFor("ep_few", 1)});
  end(delivered());
  EXPECT_TRUE(settles(1));
}

TEST_F(HeldSuccesses, AreNoneWhereTheNextOfALaneWaits) {
  auto every = endpointNamed("ep_every");
  every.registration.telling.delivery = Delivery::Every;
  startWith({every});
  begin({claimFor("ep_every", 1)});
  end(delivered());
  EXPECT_TRUE(settles(1));
}

// A suspect has the process to itself. If it ends the process, nothing else is to have been lost by that.
TEST_F(HeldSuccesses, AreSettledWhenASuspectIsHeldAndNoneMeanwhile) {
  startWithOne();
  auto suspect = claimFor("ep_a", 3);
  suspect.losses = 2;
  claims_.answerRenewals(3);
  begin({claimFor("ep_a", 1), claimFor("ep_a", 2)});
  end(delivered());
  dispatcher_.depart(dispatcher_.reserve(), batchOf(3, {suspect}));
  EXPECT_TRUE(settles(1));
  end(delivered());
  EXPECT_TRUE(settles(2));
}

// The probe of an open breaker tells whether everything else of its endpoint may be sent.
TEST_F(HeldSuccesses, AreNoProbes) {
  startWithOne();
  auto probe = claimFor("ep_a", 1);
  probe.probe = true;
  begin({probe});
  end(delivered());
  EXPECT_TRUE(settles(1));
}

/// An attempt that ends with its time-out has 999 ms of its lease left.
class ShortMargin : public HeldSuccesses {
 protected:
  ShortMargin() : HeldSuccesses(Millis(999)) {}
};

TEST_F(ShortMargin, HoldsNothing) {
  startWithOne();
  begin({claimFor("ep_a", 1)});
  end(delivered());
  EXPECT_TRUE(settles(1));
}

}  // namespace
}  // namespace lull::dispatch
