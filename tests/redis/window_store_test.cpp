#include "redis/two_endpoints.hpp"

#include <lull/redis/window_store.hpp>

namespace lull::redis {
namespace {

struct WindowStoreTest : ::testing::Test {
  testing::RedisServer server_;
  NoMeter meter_;
  testing::ManualClock clock_;
  Shard shard_{settingsFor(server_), clock_, meter_};
  EndpointRegistry registry_{shard_};
  testing::FixedSign sign_;
  WindowStore windows_{shard_, {Millis{5000}, Millis{30'000}}, sign_, [](const ports::DueNote&) {}};

  /// The number of keys of the latest script call.
  std::string keysOfTheLastCall() {
    const auto calls = shard_.call({"SLOWLOG", "GET", "-1"});
    for (const auto& call : calls->items) {
      const auto& words = call.items.at(3).items;
      if (words.at(0).text == "EVALSHA") return words.at(2).text;
    }
    return "";
  }
};

// Each endpoint that a call names costs Redis a few microseconds and the service a hundred bytes.
TEST_F(WindowStoreTest, NamesOnlyTheEndpointsThatTakeWhatIsDue) {
  ASSERT_TRUE(shard_.call({"CONFIG", "SET", "slowlog-log-slower-than", "0"}));
  const auto revision = registry_.current().value()->revision;
  const ports::SubscriberList known{revision, {{"ep_a", 1}, {"ep_b", 2}, {"ep_c", 6}}};
  for (const auto& [changeTypes, keys] : {std::pair(1U, "10"), {2U, "14"}, {7U, "18"}, {8U, "6"}}) {
    const auto fired = windows_.fireDue(clock_.now(), known, changeTypes, {});
    ASSERT_TRUE(fired) << fired.error().message;
    EXPECT_EQ(keysOfTheLastCall(), keys) << changeTypes;
  }
}

}  // namespace
}  // namespace lull::redis
