#include "fakes.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace lull::dispatch {
namespace {

using namespace testing;  // NOLINT: the fakes of this suite
using namespace std::chrono_literals;

/// A settler, which holds what may wait for `heldFor`; it runs on a thread of its own.
class Running {
 public:
  explicit Running(std::chrono::milliseconds heldFor, bool started = true) : settler(settling_, clock_, heldFor) {
    settler.connect(next_);
    if (started) start();
  }
  ~Running() { stop(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  /// Between two of them passes more time than a settler takes that holds nothing.
  void add(int settlements, Haste haste) {
    for (int i = 0; i < settlements; ++i) {
      settler.expect();
      settler.addExpected({}, haste);
      std::this_thread::sleep_for(2ms);
    }
  }
  void start() {
    thread_ = std::thread([this] { settler.run(); });
  }
  /// Waits until so many are settled; returns the calls that this took.
  int callsUntil(std::size_t settlements) {
    EXPECT_TRUE(eventually([&] { return settling_.settled().size() == settlements; }));
    return settling_.calls();
  }
  void stop() {
    settler.stop(runtime::Deadline::in(1s));
    if (thread_.joinable()) thread_.join();
  }

 private:
  FakeClock clock_;
  FakeSettling settling_;
  NothingNext next_;
  std::thread thread_;

 public:
  Settler settler;
};

TEST(SettlerTest, HoldsWhatMayWaitUntilThereIsEnoughForACall) {
  Running running(1h);
  running.add(4, Haste::MayWait);
  EXPECT_EQ(running.callsUntil(4), 1);
  running.add(4, Haste::MayWait);
  EXPECT_EQ(running.callsUntil(8), 2);
}

TEST(SettlerTest, SettlesWhatIsEnoughForACallAlthoughAttemptsStillRun) {
  Running running(1h);
  running.settler.expect();
  running.add(4, Haste::MayWait);
  EXPECT_EQ(running.callsUntil(4), 1);
}

TEST(SettlerTest, HoldsWhatMayWaitForAMomentOnly) {
  Running running(1ms);
  running.add(1, Haste::MayWait);
  EXPECT_EQ(running.callsUntil(1), 1);
}

TEST(SettlerTest, SettlesWhatIsHeldTogetherWithWhatMayNotWait) {
  Running running(1h);
  running.add(2, Haste::MayWait);
  running.add(1, Haste::Now);
  EXPECT_EQ(running.callsUntil(3), 1);
}

TEST(SettlerTest, SettlesWhatIsHeldWhenItIsAskedTo) {
  Running running(1h);
  running.settler.hasten();  // there is nothing to settle yet
  running.add(3, Haste::MayWait);
  running.settler.hasten();
  EXPECT_EQ(running.callsUntil(3), 1);
}

TEST(SettlerTest, SettlesWhatIsHeldBeforeItStops) {
  Running running(1h);
  running.add(3, Haste::MayWait);
  EXPECT_FALSE(running.settler.settledAll());
  running.stop();
  EXPECT_EQ(running.callsUntil(3), 1);
  EXPECT_TRUE(running.settler.settledAll());
}

// They came while the call before was under way, and have waited for that.
TEST(SettlerTest, DoesNotHoldWhatAFullCallLeft) {
  Running running(1h, false);
  for (int i = 0; i < 130; ++i) {
    running.settler.expect();
    running.settler.addExpected({}, Haste::MayWait);
  }
  running.start();
  EXPECT_EQ(running.callsUntil(130), 2);
}

TEST(SettlerTest, GathersWhatEndsTogetherIntoOneCall) {
  FakeClock clock;
  FakeSettling settling;
  Settler settler(settling, clock);
  NothingNext next;
  settler.connect(next);
  for (int i = 0; i < 100; ++i) settler.expect();
  for (int i = 0; i < 100; ++i) settler.addExpected({});
  settler.stop(runtime::Deadline::in(std::chrono::seconds(1)));
  settler.run();
  EXPECT_EQ(settling.settled().size(), 100U);
  EXPECT_EQ(settling.calls(), 1);
}

// Redis is held for as long as a call takes: what else wants it does not wait until a thousand failures are settled.
TEST(SettlerTest, SettlesTheFailuresOfManyEndpointsInManyCalls) {
  FakeClock clock;
  FakeSettling settling;
  Settler settler(settling, clock);
  NothingNext next;
  settler.connect(next);
  for (int i = 0; i < 48; ++i) {
    ports::Settlement failed;
    failed.action = ports::SettleAction::Reschedule;
    failed.endpoint = "ep_" + std::to_string(i / 2);
    settler.add(failed);
  }
  settler.stop(runtime::Deadline::in(std::chrono::seconds(1)));
  settler.run();
  EXPECT_EQ(settling.settled().size(), 48U);
  EXPECT_EQ(settling.calls(), 2) << "24 endpoints, 12 in a call";
}

TEST(SettlerTest, SaysWhetherALeaseIsLeft) {
  FakeClock clock;
  FakeSettling settling;
  Settler settler(settling, clock);
  NothingNext next;
  settler.connect(next);
  EXPECT_TRUE(settler.settledAll());
  settler.expect();
  EXPECT_FALSE(settler.settledAll()) << "an attempt runs";
  settler.addExpected({});
  EXPECT_FALSE(settler.settledAll()) << "it is not settled yet";
  settler.stop(runtime::Deadline::in(std::chrono::seconds(1)));
  settler.run();
  EXPECT_TRUE(settler.settledAll());
}

TEST(SettlerTest, GivesUpAfterItsPatienceWhenTheStoreStaysAway) {
  FakeClock clock;
  FakeSettling settling;
  settling.failNext(1'000'000);
  Settler settler(settling, clock);
  NothingNext next;
  settler.connect(next);
  settler.add({});
  settler.stop(runtime::Deadline::in(std::chrono::milliseconds(30)));
  settler.run();
  EXPECT_TRUE(settling.settled().empty());
  EXPECT_GE(settling.calls(), 1);
  EXPECT_FALSE(settler.settledAll());
}

}  // namespace
}  // namespace lull::dispatch
