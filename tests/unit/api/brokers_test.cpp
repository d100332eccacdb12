// Brokers as clients see them: what this process knows of each, and what waits for it in the whole fleet.
#include "fakes/client.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

namespace lull::api::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BrokersOfTheApi : public ::testing::Test {
 protected:
  static ports::BrokerStatus broker(const std::string& name, const std::string& protocol, ports::BrokerLink link,
                                    std::vector<EndpointId> endpoints = {}) {
    return {name, protocol, std::move(link), std::move(endpoints)};
  }
  EndpointState& stateOf(const EndpointId& id) { return api.backend.endpoints.state[id]; }
  Json items() { return api.get("/api/v1/brokers").json().at("items"); }
  std::string metrics() {
    for (int i = 0; i < 200 && api.get("/healthz/ready").status != 200; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return api.get("/metrics").body;
  }

  ApiFixture api;
};

TEST_F(BrokersOfTheApi, AreShownWithWhatWaitsForThem) {
  api.backend.brokers.are(
      {broker("fs", "rabbitmq",
              {ports::BrokerState::Away, kNow - Millis{60'000}, "The broker fs is away: it says nothing.", 1, 7},
              {"ep_1", "ep_2"}),
       broker("fs", "amqp", {ports::BrokerState::Connecting}, {"ep_3"}), broker("desk", "", {})});
  stateOf("ep_1").queueDepth = 3;
  stateOf("ep_1").dueSince = kNow - Millis{90'500};
  stateOf("ep_2").queueDepth = 4;
  stateOf("ep_2").dueSince = kNow - Millis{1'000};
  stateOf("ep_3").queueDepth = 5;
  EXPECT_EQ(items(), Json::parse(R"([
      {"name":"fs","protocol":"rabbitmq","state":"away","since":"2026-11-23T21:18:06.123Z",
       "lastError":"The broker fs is away: it says nothing.","endpoints":2,"queued":7,"lag":"00:01:30.5000000",
       "inFlight":1,"confirmed":7},
      {"name":"fs","protocol":"amqp","state":"connecting","since":null,"lastError":null,"endpoints":1,"queued":5,
       "lag":"00:00:00","inFlight":0,"confirmed":0},
      {"name":"desk","protocol":null,"state":"idle","since":null,"lastError":null,"endpoints":0,"queued":0,
       "lag":"00:00:00","inFlight":0,"confirmed":0}])"));
}

TEST_F(BrokersOfTheApi, AreReadOnceForAllWhoAskAndOnlyTheirEndpointsAre) {
  api.registerEndpoint();
  items();
  const auto once = api.backend.endpoints.statesRead;
  EXPECT_EQ(once, 1U);
  for (int i = 0; i < 5; ++i) items();
  EXPECT_LE(api.backend.endpoints.statesRead, 2 * once) << "a second may have passed";
}

TEST_F(BrokersOfTheApi, CannotBeShownWhileTheStoreIsAway) {
  api.backend.endpoints.failure = Error{ErrorCode::Unavailable, "away"};
  EXPECT_EQ(api.get("/api/v1/brokers").status, 503);
  EXPECT_EQ(api.get("/api/v1/brokers?limit=1").status, 400);
  EXPECT_EQ(api.post("/api/v1/brokers", "{}").status, 405);
}

TEST_F(BrokersOfTheApi, NoStateOfOneMakesTheServiceUnready) {
  api.backend.brokers.are({broker("fs", "rabbitmq", {ports::BrokerState::Away, kNow, "It is away."}, {"ep_1"})});
  metrics();
  const auto ready = api.get("/healthz/ready");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.json().at("brokers"), Json::parse(R"([{"name":"fs","protocol":"rabbitmq","state":"away"}])"));
  EXPECT_EQ(api.get("/api/v1/stats").json().at("brokers").at(0).at("state"), "away");
  api.backend.brokers.are({});
  EXPECT_FALSE(api.get("/healthz/ready").json().contains("brokers"));
}

TEST_F(BrokersOfTheApi, HaveOneSeriesEachInTheMetrics) {
  auto lost = broker("lost-one", "amqp", {ports::BrokerState::Unavailable, {}, "No such broker."}, {"ep_9"});
  lost.inSettings = false;
  api.backend.brokers.are(
      {broker("both", "rabbitmq", {ports::BrokerState::Connected, kNow, {}, 2, 10}, {"ep_1"}),
       broker("both", "amqp", {ports::BrokerState::Blocked, kNow, "It takes nothing.", 1, 5}, {"ep_2"}),
       broker("idle", "", {}), lost});
  const auto page = metrics();
  for (const auto* line :
       {"lull_broker_connected{broker=\"both\"} 0", "lull_broker_away{broker=\"both\"} 1",
        "lull_broker_in_flight{broker=\"both\"} 3", "lull_broker_confirmed_total{broker=\"both\"} 15",
        "lull_broker_connected{broker=\"idle\"} 0", "lull_broker_away{broker=\"idle\"} 0"})
    EXPECT_THAT(page, HasSubstr(std::string(line) + "\n"));
  EXPECT_THAT(page, Not(HasSubstr("lost-one")));
  api.backend.stats.fail(Error{ErrorCode::Unavailable, "away"});
  EXPECT_THAT(api.get("/metrics").body, HasSubstr("lull_broker_away{broker=\"both\"} 1")) << "they are this process's";
}

}  // namespace
}  // namespace lull::api::testing
