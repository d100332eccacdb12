#include "redis/two_endpoints.hpp"

#include <lull/redis/admission_pipeline.hpp>
#include <lull/redis/call_store.hpp>
#include <lull/redis/queue_view_store.hpp>

#include <gmock/gmock.h>

#include <thread>

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CallStoreTest : public ::testing::Test {
 protected:
  EndpointId create(const std::string& name, std::uint32_t position, Delivery delivery = Delivery::Sync) {
    Registration registration;
    registration.name = name;
    registration.webhook().url = "http://127.0.0.1/";
    registration.changeTypes = 3;
    registration.telling.delivery = delivery;
    registration.telling.position = position;
    return registry_.create(registration, {}).value().endpoint.id;
  }

  std::vector<std::string> called() {
    std::vector<std::string> names;
    const auto snapshot = registry_.current().value();
    for (const auto& endpoint : snapshot->called) names.push_back(endpoint->registration.name);
    return names;
  }

  AttemptRecord attempt(const std::string& id, Outcome outcome) const {
    AttemptRecord record;
    record.at = clock_.now();
    record.messageId = id;
    record.key = {1, ItemId(std::int64_t{7})};
    record.attempt = 1;
    record.outcome = outcome;
    if (outcome != Outcome::Delivered) record.sentence = "It failed.";
    return record;
  }

  testing::RedisServer server_;
  NoMeter meter_;
  testing::ManualClock clock_;
  Shard shard_{settingsFor(server_), clock_, meter_};
  EndpointRegistry registry_{shard_};
  QueueViewStore queue_{shard_, registry_, [] {}};
  CallStore calls_{shard_};
};

TEST_F(CallStoreTest, EndpointsAreCalledByPositionAndThenByRegistration) {
  const std::vector<std::pair<const char*, std::uint32_t>> made{
      {"d", 2}, {"b", 1}, {"c", 1}, {"a", 0}, {"e", 1u << 30}};
  for (const auto& [name, position] : made) {
    create(name, position);
    clock_.advance(Millis{1});
  }
  create("debounced", 0, Delivery::Debounced);
  create("every", 0, Delivery::Every);
  EXPECT_THAT(called(), ElementsAre("a", "b", "c", "d", "e"));
}

TEST_F(CallStoreTest, OnlyThoseThatAreOwedWindowsAreAmongTheSubscribers) {
  const auto id = create("turns", 0, Delivery::Debounced);
  clock_.advance(Millis{1});  // ids of one millisecond are in no order
  create("always", 0);
  const auto turnTo = [&](Delivery delivery) {
    auto endpoint = registry_.find(id).value();
    endpoint.registration.telling.delivery = delivery;
    ASSERT_TRUE(registry_.replace(id, endpoint.version, endpoint.registration));
    ASSERT_TRUE(registry_.refresh());
  };
  turnTo(Delivery::Sync);
  const auto list = registry_.subscribers();
  ASSERT_EQ(list->subscribers.size(), 1U);
  EXPECT_EQ(list->subscribers.front().endpoint, id);
  EXPECT_EQ(list->turned.front().endpoint, id);
  EXPECT_FALSE(list->uniform) << "it does not get every window";
  EXPECT_THAT(list->everyEvent, IsEmpty());
  EXPECT_THAT(called(), ElementsAre("turns", "always"));
  turnTo(Delivery::Debounced);
  EXPECT_THAT(registry_.subscribers()->turned, IsEmpty());
  EXPECT_TRUE(registry_.subscribers()->uniform);
  EXPECT_THAT(called(), ElementsAre("always"));
}

TEST_F(CallStoreTest, OneWhoseRegistrationCannotBeReadGetsNoMessagesEither) {
  const auto id = create("broken", 0);
  ASSERT_TRUE(shard_.call({"HSET", shard_.keys().registrations(), id, "broken"}));
  ASSERT_TRUE(shard_.call({"HINCRBY", shard_.keys().meta(), "rev", "1"}));
  const auto snapshot = registry_.current().value();
  EXPECT_TRUE(snapshot->endpoints.at(id)->damaged);
  EXPECT_EQ(snapshot->called.size(), 1U);
  EXPECT_THAT(registry_.subscribers()->subscribers, IsEmpty());
}

TEST_F(CallStoreTest, ACommitTellsTheRevisionOfTheRegistryAlsoOfALargeRequest) {
  AdmissionPipeline admission(shard_, {}, [](const ports::DueNote&) {});
  std::thread thread([&] { admission.run(); });
  create("one", 0);
  for (const std::size_t count : {1U, 450U}) {
    std::vector<Event> events(count);
    for (auto& event : events) event.changeType = 1;
    const auto receipt = admission.admit(events, "test");
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->registryRevision, registry_.current().value()->revision);
  }
  admission.stop();
  thread.join();
}

TEST_F(CallStoreTest, IdsAreThoseOfTheEventAndOfNoMessage) {
  create("one", 0);
  EXPECT_EQ(calls_.messageId("ep_a", 7), webhookId(shard_.epoch(), "ep_a", 7) + "s");
}

TEST_F(CallStoreTest, CallsStandInTheLogAndInTheState) {
  const auto first = create("first", 0);
  const auto second = create("second", 0);
  ASSERT_TRUE(calls_.write(clock_.now(), {{first, attempt("1", Outcome::Delivered), false, {}},
                                          {second, attempt("2", Outcome::Retryable), true, {}},
                                          {first, attempt("3", Outcome::Retryable), true, {}},
                                          {first, attempt("4", Outcome::Retryable), true, {}},
                                          {"ep_gone", attempt("5", Outcome::Delivered), false, {}}}));
  const auto logged = queue_.attempts(first, {}).value();
  ASSERT_EQ(logged.size(), 3U);
  EXPECT_EQ(logged.at(0).messageId, "4");
  EXPECT_EQ(logged.at(2).messageId, "1");
  EXPECT_EQ(logged.at(0).sentence, "It failed.");
  const auto states = registry_.states({first, second}).value();
  EXPECT_EQ(states.at(0).consecutiveFailures, 2U);
  EXPECT_EQ(states.at(0).lastSuccessAt, clock_.now());
  EXPECT_EQ(states.at(0).lastError, "It failed.");
  EXPECT_EQ(states.at(1).health(), Health::Failing);
  EXPECT_EQ(states.at(1).lastSuccessAt, std::nullopt);
}

TEST_F(CallStoreTest, AnEndpointThatMayBeSentNothingIsPaused) {
  const auto id = create("gone", 0);
  auto record = attempt("1", Outcome::Held);
  record.heldFor = PausedReason::Gone;
  ASSERT_TRUE(calls_.write(clock_.now(), {{id, record, true, PauseOrder{PausedReason::Gone, "It is gone.", true}}}));
  EXPECT_FALSE(registry_.find(id).value().registration.enabled);
  EXPECT_EQ(registry_.states({id}).value().at(0).pausedReason, PausedReason::Gone);
}

}  // namespace
}  // namespace lull::redis
