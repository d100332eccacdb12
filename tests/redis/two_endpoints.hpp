#pragma once

#include "message_codec.hpp"
#include "support/fixed_sign.hpp"
#include "support/manual_clock.hpp"
#include "support/no_meter.hpp"
#include "support/redis_server.hpp"

#include <lull/ports/meter.hpp>
#include <lull/redis/dead_letter_store.hpp>
#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/keys.hpp>
#include <lull/redis/queue_store.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lull::redis {

using testing::NoMeter;

inline ShardSettings settingsFor(const testing::RedisServer& server) {
  ShardSettings settings;
  settings.pool.address = server.address();
  return settings;
}

/// Two endpoints on a Redis of their own. Each has more waiting messages than one script call handles.
class TwoEndpoints : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kEach = 250;

  explicit TwoEndpoints(std::uint64_t each = kEach) : each_(each) {}

  void SetUp() override {
    for (const char* name : {"first", "second"}) {
      Registration registration;
      registration.name = name;
      registration.webhook().url = "http://127.0.0.1/";
      registration.changeTypes = 1;
      auto created = registry_.create(registration, {});
      ASSERT_TRUE(created);
      ids_.push_back(created->endpoint.id);
    }
    publish(0, each_);
  }

  /// Puts one event of each of these items into the queues of both endpoints.
  void publish(std::uint64_t first, std::uint64_t count) {
    std::vector<std::string> admit{
        std::to_string(millisOf(clock_.now())), "0", "0", "1000", std::to_string(count), "", ""};
    for (std::uint64_t item = first; item < first + count; ++item) {
      Event event;
      event.itemId = ItemId(static_cast<std::int64_t>(item));
      event.data = data_;
      admit.insert(admit.end(), {ItemKey{1, event.itemId}.packed(), "", "", packPayload(event), ""});
    }
    const auto& keys = shard_.keys();
    ASSERT_TRUE(shard_.run("admit",
                           {keys.meta(), keys.counters(), keys.windowIndex(), keys.windows(), keys.eventIds(),
                            keys.eventIdOrder(), keys.stream(), keys.part("test")},
                           admit));
    fireAll(keys);
  }

  void fireAll(const Keys& keys) {
    std::vector<std::string> names{keys.meta(),    keys.counters(),  keys.windowIndex(),
                                   keys.windows(), keys.wakeIndex(), keys.changed()};
    const auto revision = registry_.current().value()->revision;
    std::vector<std::string> arguments{std::to_string(millisOf(clock_.now())),
                                       std::to_string(revision),
                                       "10000",
                                       "10000",
                                       "5000",
                                       "1",
                                       "30000",
                                       "0",
                                       "0",
                                       std::to_string(sign_.slot()),
                                       "0",
                                       "0"};
    for (const auto& id : ids_) {
      names.insert(names.end(), {keys.queue(id), keys.messages(id), keys.state(id), keys.leases(id)});
      arguments.insert(arguments.end(), {id, "1", "16", "25000"});
    }
    ASSERT_TRUE(shard_.run("fire", names, arguments));
  }

  std::vector<Claim> claimAll(const EndpointId& id) {
    const auto most = static_cast<std::uint32_t>(2 * each_);
    return queue_.claim(clock_.now(), {{id, most, most, Millis{25'000}}}, most)->claims;
  }

  ports::Settlement burialOf(const Claim& claim) {
    ports::Settlement settlement;
    settlement.action = ports::SettleAction::Bury;
    settlement.endpoint = claim.endpoint;
    settlement.key = claim.key;
    settlement.token = claim.token;
    return settlement;
  }

  void buryAll(const EndpointId& id) {
    const auto claims = claimAll(id);
    ASSERT_EQ(claims.size(), each_);
    std::vector<ports::Settlement> settlements;
    for (const auto& claim : claims) settlements.push_back(burialOf(claim));
    ASSERT_TRUE(queue_.settle(clock_.now(), settlements, {}));
    clock_.advance(Millis{1});  // so that the letters of the next one are younger
  }

  std::uint64_t waiting(const EndpointId& id) { return registry_.states({id})->at(0).queueDepth; }

  const std::uint64_t each_;
  testing::RedisServer server_;
  NoMeter meter_;
  testing::ManualClock clock_;
  Shard shard_{settingsFor(server_), clock_, meter_};
  EndpointRegistry registry_{shard_};
  testing::FixedSign sign_;
  QueueStore queue_{shard_, {std::chrono::hours(96), Millis{5000}, 0, Millis{10'000}, Millis{10'000}, 100'000}, sign_};
  DeadLetterStore letters_{shard_, registry_, Millis{5000}, {}, [] {}};
  std::vector<EndpointId> ids_;
  std::string data_;  ///< of every event
};

}  // namespace lull::redis
