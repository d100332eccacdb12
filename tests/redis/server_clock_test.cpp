// The fleet's clock as a process carries it on between its calls, with clocks that the test moves.
#include "two_endpoints.hpp"

#include <lull/redis/clock_watch.hpp>
#include <lull/redis/server_clock.hpp>

#include <gmock/gmock.h>

#include <map>

namespace lull::redis {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;

class ServerClockTest : public ::testing::Test {
 protected:
  ServerClockTest() : shard_(settingsFor(server_), unused_, meter_) {}

  ClockSources sources(const std::string& bootId = "boot-a") {
    ClockSources given;
    given.boot = [this] { return std::chrono::microseconds(real_ + Millis{5000} + bootAhead_); };
    given.bootId = bootId;
    given.host = [this] { return kStart + real_; };
    given.server = [this] {
      // The time before this line passes while the question is under way, the time after it while the answer is.
      real_ += wayThere_;
      auto told = std::to_string(millisOf(kStart + real_ + serverAhead_));
      real_ += wayBack_;
      if (heldUpOnce_) wayThere_ = wayBack_ = Millis{0};
      return told;
    };
    return given;
  }
  ClockReading sample(ServerClock& clock) { return clock.sample(shard_).value(); }
  Millis ahead(const ServerClock& clock) const { return clock.now() - (kStart + real_); }

  static constexpr Instant kStart{Millis{1'763'900'000'000}};
  Millis real_{0};         // what really passed since
  Millis serverAhead_{0};  // a step of the server's clock
  Millis bootAhead_{0};
  Millis wayThere_{0}, wayBack_{0};
  bool heldUpOnce_ = false;
  testing::RedisServer server_;
  NoMeter meter_;
  testing::ManualClock unused_;  // the shard needs a clock, but the scripts of this test ask for no time
  Shard shard_;
};

TEST_F(ServerClockTest, CarriesOnBetweenCalls) {
  ServerClock clock(sources());
  EXPECT_EQ(clock.now(), Instant{});
  sample(clock);
  EXPECT_EQ(ahead(clock), Millis{0});
  real_ += seconds(40);
  EXPECT_EQ(ahead(clock), Millis{0});
  EXPECT_EQ(clock.realTimeUntil(clock.now() + seconds(5)), seconds(5));
  EXPECT_EQ(clock.realTimeUntil(clock.now() - seconds(5)), seconds(0));
  EXPECT_EQ(clock.realTimeUntil(Instant::max()), hours(24)) << "nanoseconds hold 292 years";
}

TEST_F(ServerClockTest, ACallThatWasHeldUpChangesNothing) {
  ServerClock clock(sources());
  sample(clock);
  for (const auto& [there, back] :
       {std::pair{seconds(3), seconds(0)}, {seconds(0), seconds(3)}, {seconds(2), seconds(2)}}) {
    for (int i = 0; i < 5; ++i) {
      real_ += seconds(1);
      wayThere_ = there;
      wayBack_ = back;
      const auto reading = sample(clock);
      EXPECT_EQ(ahead(clock), Millis{0}) << there.count() << " s there, " << back.count() << " s back";
      EXPECT_EQ(reading.server, Millis{0}) << "what the call's duration may account for is no distance";
    }
  }
}

TEST_F(ServerClockTest, AFirstCallThatWasHeldUpIsLateRatherThanEarly) {
  wayThere_ = wayBack_ = seconds(1);
  ServerClock clock(sources());
  sample(clock);
  EXPECT_EQ(ahead(clock), Millis{-1000});
}

TEST_F(ServerClockTest, AFirstCallThatWasHeldUpIsMadeAgain) {
  ServerClock first(sources());
  sample(first);
  real_ += seconds(10);
  wayThere_ = wayBack_ = seconds(1);
  heldUpOnce_ = true;
  ServerClock second(sources("boot-b"));
  sample(second);
  EXPECT_EQ(ahead(second), Millis{0}) << "a window that it opens would be overdue for the first one at once";
}

TEST_F(ServerClockTest, AStepOfTheServersClockIsSlewedInAndOutAgain) {
  ServerClock clock(sources());
  sample(clock);
  for (const auto step : {Millis{hours(1)}, -Millis{hours(24 * 40)}}) {
    serverAhead_ = step;
    auto before = clock.now();
    for (int i = 0; i < 3; ++i) {
      real_ += seconds(1);
      EXPECT_NEAR(static_cast<double>((sample(clock).server - step).count()), 0, 1);
      EXPECT_LE(clock.now() - before, Millis{1050});
      EXPECT_GE(clock.now() - before, Millis{950});
      before = clock.now();
    }
    EXPECT_EQ(ahead(clock), step > Millis{0} ? Millis{100} : Millis{-100}) << "the third 50 ms are still to come";
    serverAhead_ = Millis{0};
    for (int i = 0; i < 4; ++i) {
      real_ += seconds(1);
      sample(clock);
    }
    EXPECT_EQ(ahead(clock), Millis{0});
  }
}

TEST_F(ServerClockTest, SlewsWhileEveryCallTakesLong) {
  ServerClock clock(sources());
  sample(clock);
  serverAhead_ = hours(1);
  wayThere_ = wayBack_ = Millis{100};
  for (int i = 0; i < 10; ++i) {
    real_ += Millis{800};
    sample(clock);
  }
  EXPECT_GE(ahead(clock), Millis{250});
  EXPECT_LE(ahead(clock), Millis{500});
}

TEST_F(ServerClockTest, ASuspendedMachineWakesUpAtTheRightTime) {
  ServerClock clock(sources());
  sample(clock);
  real_ += hours(48);
  EXPECT_EQ(ahead(clock), Millis{0});
  sample(clock);
  EXPECT_EQ(ahead(clock), Millis{0});
}

TEST_F(ServerClockTest, ABootTimeClockThatGainsIsDistrustedAfterThreeCalls) {
  ServerClock broken(sources());
  sample(broken);
  for (int i = 0; i < 30; ++i) {
    real_ += seconds(1);
    bootAhead_ += seconds(1);
    sample(broken);
  }
  EXPECT_LE(ahead(broken), seconds(4));
}

TEST_F(ServerClockTest, ARestartedProcessOfTheSameBootGoesOnWhateverTheServersClockSays) {
  ServerClock first(sources());
  sample(first);
  sample(first);
  real_ += hours(8);
  serverAhead_ = hours(24 * 31);
  ServerClock second(sources());
  sample(second);
  EXPECT_EQ(ahead(second), Millis{50});
}

struct FakeAlerts : ports::Alerts {
  void raise(ports::AlertKind kind, std::string subject, std::string sentence) override {
    EXPECT_EQ(kind, ports::AlertKind::Clock);
    raised[subject].push_back(std::move(sentence));
  }
  std::map<std::string, std::vector<std::string>> raised;
};

struct OffsetMeter : NoMeter {
  void clockOffset(Millis ofFleet, Millis ofServer) override {
    fleet = ofFleet;
    server = ofServer;
  }
  Millis fleet{0}, server{0};
};

TEST(ClockWatchTest, TellsOncePerEpisode) {
  FakeAlerts alerts;
  OffsetMeter meter;
  ClockWatch watch(meter, &alerts);
  watch.look({Millis{5000}, Millis{-5000}});
  EXPECT_TRUE(alerts.raised.empty());
  for (int i = 0; i < 100; ++i) watch.look({Millis{0}, Millis{3'600'000 + i}});
  EXPECT_EQ(meter.server, Millis{3'600'099});
  ASSERT_EQ(alerts.raised["server"].size(), 1U);
  EXPECT_THAT(alerts.raised["server"][0], HasSubstr("01:00:00 ahead of this host's"));
  EXPECT_TRUE(alerts.raised["fleet"].empty());
  watch.look({Millis{-6000}, Millis{4000}});
  EXPECT_EQ(alerts.raised["server"].size(), 1U) << "4 s is not good again";
  ASSERT_EQ(alerts.raised["fleet"].size(), 1U);
  EXPECT_THAT(alerts.raised["fleet"][0], HasSubstr("00:00:06 behind this host's"));
  EXPECT_EQ(meter.fleet, Millis{-6000});
  watch.look({Millis{0}, Millis{0}});
  watch.look({Millis{-6000}, Millis{6000}, true});
  ASSERT_EQ(alerts.raised["server"].size(), 2U);
  EXPECT_THAT(alerts.raised["server"][1], HasSubstr("10 minutes"));
  ASSERT_EQ(alerts.raised["fleet"].size(), 2U);
  EXPECT_THAT(alerts.raised["fleet"][1], HasSubstr("10 minutes"));
}

}  // namespace
}  // namespace lull::redis
