#include "redis/two_endpoints.hpp"

#include <lull/redis/admission_pipeline.hpp>

#include <gmock/gmock.h>

#include <mutex>
#include <thread>

namespace lull::redis {
namespace {

/// Collects the alerts that were raised, as "<kind> <subject>".
struct NotedAlerts : ports::Alerts {
  void raise(ports::AlertKind kind, std::string subject, std::string) override {
    std::lock_guard guard(mutex);
    raised.push_back(std::string(toString(kind)) + " " + subject);
  }
  std::mutex mutex;
  std::vector<std::string> raised;
};

/// A running process that knows an endpoint when Redis is emptied.
class EmptiedStore : public ::testing::Test {
 protected:
  struct Process {
    Process(const testing::RedisServer& server, ports::Clock& clock)
        : shard(settingsFor(server), clock, meter, &alerts),
          registry(shard, Sealer{}, kMostEndpoints, &alerts),
          queue(shard, {std::chrono::hours(96), Millis{5000}, 5, Millis{10'000}, Millis{10'000}, 100'000}, sign),
          admission(shard, {}, [](const ports::DueNote&) {}),
          thread([this] { admission.run(); }) {}
    ~Process() {
      admission.stop();
      thread.join();
    }
    std::uint64_t admit() {
      Event event;
      event.type = "AssetCreated";
      event.changeType = 1;
      event.itemId = ItemId(std::int64_t{7});
      const auto receipt = admission.admit({event}, "test");
      EXPECT_TRUE(receipt) << receipt.error().message;
      return receipt ? receipt->sequences.at(0) : 0;
    }
    NoMeter meter;
    testing::FixedSign sign;
    NotedAlerts alerts;
    Shard shard;
    EndpointRegistry registry;
    QueueStore queue;
    AdmissionPipeline admission;
    std::thread thread;
  };

  void SetUp() override {
    Registration registration;
    registration.name = "known";
    registration.webhook().url = "http://127.0.0.1/";
    registration.changeTypes = 15;
    id_ = one_.registry.create(registration, {}).value().endpoint.id;
    ASSERT_TRUE(one_.registry.current());
    ASSERT_TRUE(two_.registry.current());
  }
  void flush() { ASSERT_TRUE(one_.shard.call({"FLUSHALL"})); }

  testing::RedisServer server_;
  testing::ManualClock clock_;
  Process one_{server_, clock_};
  Process two_{server_, clock_};
  EndpointId id_;
};

TEST_F(EmptiedStore, IsAttachedAgainByTheCallThatFindsItAndNoSequenceGoesBack) {
  const auto before = one_.admit();
  const auto epoch = one_.shard.epoch();
  flush();
  EXPECT_GT(one_.admit(), before);
  EXPECT_GT(two_.admit(), before);
  EXPECT_EQ(one_.shard.epoch(), epoch) << "webhook-ids go on";
  EXPECT_EQ(two_.shard.epoch(), epoch);
}

TEST_F(EmptiedStore, NoSettlementFromBeforeMatchesAMessageOfTheNewOne) {
  const Keys keys("lull");
  const auto claimOne = [&](Process& process, const EndpointId& id) {
    process.admit();
    const auto snapshot = process.registry.current().value();
    std::vector<std::string> names{keys.meta(),      keys.counters(), keys.windowIndex(), keys.windows(),
                                   keys.wakeIndex(), keys.changed(),  keys.queue(id),     keys.messages(id),
                                   keys.state(id),   keys.leases(id)};
    clock_.advance(std::chrono::hours(1));
    EXPECT_TRUE(process.shard.run("fire", names,
                                  {std::to_string(millisOf(clock_.now())), std::to_string(snapshot->revision), "1000",
                                   "10", "5000", "15", "30000", "0", "0", "7", "0", "0", id, "15", "16", "25000"}));
    return process.queue.claim(clock_.now(), {{id, 10, 10, std::chrono::hours(1)}}, 10).value().claims.at(0);
  };
  const auto old = claimOne(one_, id_);
  flush();
  // Somebody brings the endpoint back under its id, as a restored registration would.
  Registration registration;
  registration.changeTypes = 15;
  const auto again = two_.registry.create(registration, {}).value().endpoint.id;
  const auto fresh = claimOne(two_, again);
  EXPECT_GT(fresh.token, old.token);
  EXPECT_GT(fresh.message.upto, old.message.upto);
  EXPECT_NE(fresh.message.id, old.message.id);
  ports::Settlement late;
  late.endpoint = again;
  late.key = old.key;
  late.token = old.token;
  const auto settled = one_.queue.settle(clock_.now(), {late}, {});
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->stale, 1U);
}

TEST_F(EmptiedStore, EveryProcessThatKnewRegistrationsSaysThatTheyAreGone) {
  flush();
  for (auto* process : {&one_, &two_}) {
    EXPECT_TRUE(process->registry.current().value()->endpoints.empty());
    EXPECT_THAT(process->alerts.raised, ::testing::ElementsAre("registry-lost registrations"));
    EXPECT_TRUE(process->registry.current());
    EXPECT_EQ(process->alerts.raised.size(), 1U) << "once";
  }
}

TEST_F(EmptiedStore, DeletingTheLastEndpointIsNoLoss) {
  ASSERT_TRUE(one_.registry.remove(id_));
  EXPECT_TRUE(two_.registry.current().value()->endpoints.empty());
  EXPECT_TRUE(two_.alerts.raised.empty());
}

TEST_F(EmptiedStore, ADamagedNumberIsPutInOrderByTheCallThatMeetsIt) {
  const auto before = one_.admit();
  const Keys keys("lull");
  ASSERT_TRUE(one_.shard.call({"HSET", keys.meta(), "seq", "abc", "rev", "-1"}));
  EXPECT_GT(one_.admit(), before);
  EXPECT_THAT(one_.alerts.raised, ::testing::UnorderedElementsAre("unreadable meta seq", "unreadable meta rev"));
  EXPECT_TRUE(two_.registry.current().value()->endpoints.contains(id_));
}

}  // namespace
}  // namespace lull::redis
