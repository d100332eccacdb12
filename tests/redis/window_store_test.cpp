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

TEST_F(WindowStoreTest, TellsWhatIsDueFirstAndWhetherEventsWait) {
  const auto& keys = shard_.keys();
  const auto due = [this] {
    const auto note = windows_.due();
    EXPECT_TRUE(note) << note.error().message;
    return note ? *note : ports::DueNote{};
  };
  EXPECT_FALSE(due().window);
  EXPECT_FALSE(due().streamed);
  ASSERT_TRUE(shard_.call({"RPUSH", keys.stream(), "x"}));
  EXPECT_FALSE(due().window);
  EXPECT_TRUE(due().streamed);
  ASSERT_TRUE(shard_.call({"ZADD", keys.windowIndex(), "1500", ItemKey{4, ItemId(std::int64_t{7})}.packed(), "1600",
                           ItemKey{1, ItemId(std::int64_t{7})}.packed(), "1700", "no key"}));
  ASSERT_TRUE(due().window);
  EXPECT_EQ(due().window->at, instantOf(1500));
  EXPECT_EQ(due().window->changeTypes, 5U);
  EXPECT_TRUE(due().streamed);
  ASSERT_TRUE(shard_.call({"DEL", keys.stream()}));
  EXPECT_FALSE(due().streamed);
}

TEST_F(WindowStoreTest, SetsAKeyOfAnotherTypeAsideToTellWhatIsDue) {
  const auto& keys = shard_.keys();
  ASSERT_TRUE(windows_.due());
  for (const auto& key : {keys.stream(), keys.windowIndex()}) {
    ASSERT_TRUE(shard_.call({"SET", key, "of another type"}));
    const auto note = windows_.due();
    ASSERT_TRUE(note) << note.error().message;
    EXPECT_FALSE(note->window);
    EXPECT_FALSE(note->streamed);
    EXPECT_EQ(shard_.call({"TYPE", key})->text, "none") << key;
  }
}

TEST_F(WindowStoreTest, WindowsAreToldOfWhenNobodyKnowsWhetherEventsWait) {
  ASSERT_TRUE(shard_.call({"ACL", "SETUSER", "default", "-llen"}));
  const auto note = windows_.due();
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_TRUE(note->streamed) << "it is asked again where a failure holds up no window";
}

}  // namespace
}  // namespace lull::redis
