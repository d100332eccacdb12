// The fleet's history as HistoryStore writes and reads it, on a clock that the test moves.
#include "scripts/harness.hpp"
#include "support/manual_clock.hpp"
#include "support/no_meter.hpp"

#include <lull/history/recorder.hpp>
#include <lull/history/roll_up.hpp>
#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/history_store.hpp>
#include <lull/redis/stats_store.hpp>

#include <iostream>

namespace lull::redis {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ShardSettings settingsOf(const lull::testing::RedisServer& server) {
  ShardSettings settings;
  settings.pool.address = server.address();
  return settings;
}

/// One replica: what it notes, and its store.
struct Replica {
  Replica(const lull::testing::RedisServer& server, ports::Clock& clock)
      : shard(settingsOf(server), clock, meter), stats(shard, registry), store(shard, stats, recorder) {}

  testing::NoMeter meter;
  Shard shard;
  EndpointRegistry registry{shard};
  StatsStore stats;
  history::Recorder recorder;
  HistoryStore store;
};

class HistoryOfTheFleet : public ScriptHarness {
 protected:
  HistoryOfTheFleet() {
    clock_.set(kBegin);
    one_ = std::make_unique<Replica>(server(), clock_);
    two_ = std::make_unique<Replica>(server(), clock_);
    one_->store.turn();  // begins to count
  }

  /// Counts as the scripts do.
  void count(const std::string& name, int by) {
    redis({"HINCRBY", names_.counters(), name, std::to_string(by)});
    // So that I8 holds.
    if (name == "delivered") redis({"HINCRBY", names_.counters(), "created", std::to_string(by)});
    if (name == "deadLettered") redis({"HINCRBY", names_.counters(), "created", std::to_string(by)});
  }
  void pass(Millis time) { clock_.advance(time); }
  std::vector<history::Step> steps(Millis step = seconds(10), Replica* of = nullptr) {
    const auto records = (of != nullptr ? *of : *one_).store.read(clock_.now() - hours(200), clock_.now());
    EXPECT_TRUE(records) << records.error().message;
    return records ? history::rollUp(*records, step) : std::vector<history::Step>{};
  }
  static std::vector<std::uint64_t> accepted(const std::vector<history::Step>& steps) {
    std::vector<std::uint64_t> counts;
    for (const auto& step : steps) counts.push_back(step.accepted);
    return counts;
  }

  static inline const Instant kBegin = *parseRfc3339("2026-11-23T21:00:00.300Z");
  testing::ManualClock clock_;
  std::unique_ptr<Replica> one_;
  std::unique_ptr<Replica> two_;
};

/// A service that has just been started on an empty store takes events before its first look at the counters.
TEST_F(HistoryOfTheFleet, WhatAStoreCountedBeforeItsFirstCallIsInItsFirstStepWhenItWasJustBorn) {
  const auto firstStepOfStoreBornBefore = [this](Millis age) {
    redis({"DEL", names_.historyNow(), names_.history()});
    redis({"HSET", names_.meta(), "born", std::to_string(1000 * millisOf(clock_.now() - age))});
    redis({"HSET", names_.counters(), "accepted", "41"});
    Replica first(server(), clock_);
    first.store.turn();
    pass(seconds(10));
    first.store.turn();
    return accepted(steps());
  };
  EXPECT_THAT(firstStepOfStoreBornBefore(seconds(1)), ElementsAre(41));
  EXPECT_THAT(firstStepOfStoreBornBefore(seconds(30)), ElementsAre(0));
  redis({"HSET", names_.counters(), "accepted", "0"});  // it accepted nothing, as I8 has it
}

TEST_F(HistoryOfTheFleet, WritesWhatTheCountersGrewInAStep) {
  createEndpoint("a");
  put("1n1", kNow);
  count("accepted", 41);
  count("coalesced", 2);
  count("deadLettered", 3);
  one_->recorder.attempted("a", true);
  one_->recorder.deliveredAfter(Millis{100});
  one_->store.turn();
  EXPECT_THAT(steps(), IsEmpty()) << "the step still runs";
  pass(seconds(10));
  one_->store.turn();
  const auto written = steps();
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0].at, *parseRfc3339("2026-11-23T21:00:00Z"));
  EXPECT_EQ(written[0].accepted, 42U);
  EXPECT_EQ(written[0].coalesced, 2U);
  EXPECT_EQ(written[0].deadLettered, 3U);
  EXPECT_EQ(written[0].failed, 1U);
  EXPECT_EQ(written[0].queueDepth, 1U);
  EXPECT_EQ(written[0].lagP50, history::lagOf(history::bucketOf(Millis{100})));
  EXPECT_EQ(written[0].lagP99, written[0].lagP50);
}

TEST_F(HistoryOfTheFleet, IsWrittenOnceAndIsTheSameFromEveryReplica) {
  for (int i = 1; i <= 3; ++i) {
    count("accepted", i);
    one_->recorder.deliveredAfter(Millis{10});
    two_->recorder.deliveredAfter(Millis{1000});
    two_->recorder.attempted("nobody", true);
    two_->store.turn();
    one_->store.turn();
    pass(seconds(10));
    two_->store.turn();
    one_->store.turn();
  }
  ASSERT_THAT(accepted(steps()), ElementsAre(1, 2, 3));
  EXPECT_THAT(accepted(steps(seconds(10), two_.get())), ElementsAre(1, 2, 3));
  EXPECT_EQ(steps()[0].failed, 1U) << "both replicas' attempts count";
  EXPECT_EQ(steps()[0].lagP50, history::lagOf(history::bucketOf(Millis{10}))) << "both replicas' lags, too";
  EXPECT_EQ(steps()[0].lagP99, history::lagOf(history::bucketOf(Millis{1000})));
  EXPECT_EQ(steps()[2].lagP99, history::lagOf(history::bucketOf(Millis{1000})));
}

TEST_F(HistoryOfTheFleet, OfATimeWithoutReplicasHasNoSteps) {
  count("accepted", 5);
  one_->recorder.deliveredAfter(Millis{10});
  one_->store.turn();
  // All replicas are killed in the middle of the step, and a new one starts an hour later.
  pass(hours(1));
  Replica restarted(server(), clock_);
  count("accepted", 2);  // before its first turn: less than a second
  restarted.store.turn();
  count("accepted", 3);
  pass(seconds(10));
  restarted.store.turn();
  const auto written = steps();
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[0].at, *parseRfc3339("2026-11-23T21:00:00Z"));
  EXPECT_EQ(written[0].accepted, 7U) << "with those that came just before the first turn";
  EXPECT_EQ(written[1].at, *parseRfc3339("2026-11-23T22:00:00Z"));
  EXPECT_EQ(written[1].accepted, 3U);
  const auto hour = steps(hours(1));
  ASSERT_EQ(hour.size(), 1U);
  EXPECT_EQ(hour[0].lagP50, history::lagOf(history::bucketOf(Millis{10}))) << "the five minutes were ended, too";
}

TEST_F(HistoryOfTheFleet, RollsLagsUpExactlyForEveryLength) {
  // 6 steps of 10 ms, then 30 of 1 s, then 324 of 100 ms: an hour.
  for (int i = 0; i < 360; ++i) {
    one_->recorder.deliveredAfter(Millis{i < 6 ? 10 : i < 36 ? 1000 : 100});
    one_->store.turn();
    pass(seconds(10));
    one_->store.turn();
  }
  const auto lag = [](int ms) { return std::optional(history::lagOf(history::bucketOf(Millis{ms}))); };
  ASSERT_EQ(steps().size(), 360U);
  EXPECT_EQ(steps()[0].lagP50, lag(10));
  EXPECT_EQ(steps()[6].lagP50, lag(1000));
  const auto ofMinutes = steps(minutes(1));
  ASSERT_EQ(ofMinutes.size(), 60U);
  EXPECT_EQ(ofMinutes[0].lagP99, lag(10));
  EXPECT_EQ(ofMinutes[1].lagP50, lag(1000));
  EXPECT_EQ(ofMinutes[59].lagP50, lag(100));
  const auto fives = steps(minutes(5));
  ASSERT_EQ(fives.size(), 12U);
  EXPECT_EQ(fives[0].lagP50, lag(1000));
  EXPECT_EQ(fives[1].lagP50, lag(100));
  EXPECT_EQ(fives[1].lagP99, lag(1000));
  const auto whole = steps(hours(1));
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].lagP50, lag(100));
  EXPECT_EQ(whole[0].lagP99, lag(1000));
}

TEST_F(HistoryOfTheFleet, KeepsSevenDays) {
  for (int i = 0; i < 8 * 24 * 6; ++i) {
    pass(minutes(10));
    one_->store.turn();
  }
  const auto written = steps();
  EXPECT_EQ(written.size(), 7U * 24 * 6 - 1) << "the oldest step began a moment more than seven days ago";
  EXPECT_LE(redis({"HLEN", names_.history()}).integer, 7 * 24 + 2);
}

TEST_F(HistoryOfTheFleet, BeginsAnewWhenWhatIsKeptIsDamagedOrFromAWrongClock) {
  redis({"HSET", names_.historyNow(), "step", text(millisOf(clock_.now()) / 10'000 + 100'000), "failed", "many"});
  count("accepted", 5);
  pass(seconds(10));
  one_->store.turn();
  two_->store.turn();
  count("accepted", 6);
  two_->recorder.attempted("a", true);
  pass(seconds(10));
  two_->store.turn();
  const auto written = steps();
  ASSERT_THAT(accepted(written), ElementsAre(6));
  EXPECT_EQ(written[0].failed, 1U);
  redis({"HSET", names_.history(), "t" + text(millisOf(clock_.now()) / 3'600'000), std::string("\0\1\3\4\xff", 5)});
  EXPECT_THAT(steps(), IsEmpty());
}

TEST_F(HistoryOfTheFleet, CountsTheAttemptsOfAnEndpointByFiveMinutesForADay) {
  createEndpoint("a");
  for (int i = 0; i < 300; ++i) {
    one_->recorder.attempted("a", i % 2 == 0);
    one_->recorder.attempted("gone", true);
    one_->store.turn();
    one_->recorder.attempted("a", false);
    one_->store.turn();
    pass(minutes(5));
  }
  const auto slots = two_->store.attemptsOf("a");
  ASSERT_TRUE(slots);
  EXPECT_LE(slots->size(), 289U);
  EXPECT_GE(slots->size(), 288U);
  EXPECT_EQ(slots->back().at, history::stepBegin(clock_.now() - minutes(5), minutes(5)));
  EXPECT_EQ(slots->back().counts.attempts, 2U);
  EXPECT_EQ(slots->back().counts.failures, 0U);
  EXPECT_EQ(slots->at(slots->size() - 2).counts.failures, 1U);
  EXPECT_LE(redis({"STRLEN", names_.attemptCounts("a")}).integer, 289 * 8);
  EXPECT_THAT(*two_->store.attemptsOf("gone"), IsEmpty()) << "nothing is kept of an endpoint that was deleted";
  EXPECT_EQ(redis({"EXISTS", names_.attemptCounts("gone")}).integer, 0);
  ASSERT_TRUE(one_->registry.remove("a"));
  endpoints_.erase("a");
  EXPECT_EQ(redis({"EXISTS", names_.attemptCounts("a")}).integer, 0);
}

TEST_F(HistoryOfTheFleet, TheAttemptsOfADayAgoGoWhenNewOnesCome) {
  createEndpoint("a");
  const auto note = [&](std::int64_t now) {
    run("history_note", {names_.meta(), names_.historyNow(), names_.registrations(), names_.attemptCounts("a")},
        {text(now), "0", "a", "1", "0"});
    return redis({"STRLEN", names_.attemptCounts("a")}).integer / 8;
  };
  constexpr std::int64_t kFiveMinutes = 300'000;
  EXPECT_EQ(note(kNow), 1);
  EXPECT_EQ(note(kNow + 288 * kFiveMinutes), 2) << "a day and the entry that is being counted";
  EXPECT_EQ(note(kNow + 289 * kFiveMinutes), 2) << "the first is too old";
}

TEST_F(HistoryOfTheFleet, KeepsWhatCannotBeWrittenForTheNextTurn) {
  createEndpoint("a");
  one_->recorder.attempted("a", true);
  redis({"CONFIG", "SET", "maxmemory", "1"});
  one_->store.turn();
  EXPECT_EQ(redis({"EXISTS", names_.attemptCounts("a")}).integer, 0);
  redis({"CONFIG", "SET", "maxmemory", "0"});
  one_->store.turn();
  EXPECT_EQ(one_->store.attemptsOf("a")->at(0).counts.failures, 1U);
}

// Every number has as many bytes as the busiest fleet gives it, and lags fall into all buckets. The scripts write six
// hours; the others of the week are the same pieces under earlier hours.
TEST_F(HistoryOfTheFleet, OfTheBusiestWeekTakesLessThanFourMebibytes) {
  constexpr int kHours = 6;
  constexpr int kSteps = kHours * 360;
  Words lags{"", std::to_string(history::kLagBuckets)};
  for (std::uint32_t bucket = 0; bucket < history::kLagBuckets; ++bucket) {
    lags.insert(lags.end(), {std::to_string(bucket), "5000"});
  }
  for (int i = 1; i <= kSteps; ++i) {
    Words counted{"HSET", names_.counters()};
    for (const auto* name : {"accepted", "coalesced", "created", "delivered"}) {
      counted.insert(counted.end(), {name, std::to_string(200'000ULL * static_cast<std::uint64_t>(i))});
    }
    redis(counted);
    lags[0] = text(millisOf(clock_.now()));
    run("history_note", {names_.meta(), names_.historyNow(), names_.registrations()}, lags);
    pass(seconds(10));
    run("history_close", {names_.meta(), names_.counters(), names_.historyNow(), names_.history()},
        {text(millisOf(clock_.now())), "1000000", "86400000"});
  }
  ASSERT_EQ(steps().size(), static_cast<std::size_t>(kSteps));
  const auto pieces = redis({"HGETALL", names_.history()});
  for (std::size_t i = 0; i + 1 < pieces.items.size(); i += 2) {
    const auto& name = pieces.items[i].text;
    for (int hour = kHours; hour < 7 * 24; hour += kHours) {
      redis({"HSET", names_.history(), name.substr(0, 1) + text(std::stoll(name.substr(1)) - hour),
             pieces.items[i + 1].text});
    }
  }
  const auto bytes = redis({"MEMORY", "USAGE", names_.history(), "SAMPLES", "0"}).integer +
                     redis({"MEMORY", "USAGE", names_.historyNow(), "SAMPLES", "0"}).integer;
  std::cout << "the busiest week takes " << bytes << " bytes of Redis" << std::endl;
  EXPECT_LE(bytes, 4 * 1024 * 1024);
  const auto week = steps(hours(1));
  EXPECT_GE(week.size(), 167U);
  EXPECT_EQ(week.at(100).accepted, 360U * 200'000);
  EXPECT_EQ(week.at(100).lagP50, history::lagOf(59));
}

TEST_F(HistoryOfTheFleet, ScriptsCheckWhatTheyAreGiven) {
  createEndpoint("a");
  Call note{"history_note",
            {names_.meta(), names_.historyNow(), names_.registrations(), names_.attemptCounts("a")},
            {text(kNow), "1", "7", "2", "a", "3", "1"}};
  expectTypesChecked(note);
  for (const std::size_t place : {0U, 1U, 2U, 3U, 5U, 6U}) {
    auto wrong = note;
    wrong.arguments[place] = "x";
    expectRefused(wrong, "LULLARG");
  }
  note.arguments.pop_back();
  expectRefused(note, "LULLARG");
  Call close{"history_close",
             {names_.meta(), names_.counters(), names_.historyNow(), names_.history()},
             {text(millisOf(clock_.now()) + 20'000), "1", "2"}};
  expectTypesChecked(close);
  for (const std::size_t place : {0U, 1U, 2U}) {
    auto wrong = close;
    wrong.arguments[place] = "x";
    expectRefused(wrong, "LULLARG");
  }
}

}  // namespace
}  // namespace lull::redis
