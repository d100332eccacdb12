// The newest attempts over many logs: none of the newest is missed, what is known costs nothing, what cannot be read
// stops nothing.
#include "redis/two_endpoints.hpp"

#include <lull/redis/attempt_feed_store.hpp>

#include <gmock/gmock.h>

#include <set>

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AttemptFeed : public ::testing::Test {
 protected:
  void log(const EndpointId& id, int at) {
    AttemptRecord record;
    record.at = instantOf(1'000'000 + at);
    record.messageId = std::to_string(at);
    record.key = {1, ItemId(std::int64_t{7})};
    record.attempt = 1;
    ASSERT_TRUE(shard_.call({"LPUSH", shard_.keys().attempts(id), packAttempt(record, id)}));
  }
  std::vector<std::string> newest(const std::vector<EndpointId>& ids, std::size_t most = 100) {
    const auto found = feed_.newest(ids, most, marks_);
    EXPECT_TRUE(found) << found.error().message;
    std::vector<std::string> messages;
    for (const auto& one : *found) messages.push_back(one.endpoint + one.attempt.messageId);
    return messages;
  }

  testing::RedisServer server_;
  NoMeter meter_;
  testing::ManualClock clock_;
  Shard shard_{settingsFor(server_), clock_, meter_};
  AttemptFeedStore feed_{shard_};
  ports::AttemptMarks marks_;
};

TEST_F(AttemptFeed, GivesWhatIsNewAndTheNewestFirst) {
  log("a", 1);
  log("b", 2);
  log("a", 3);
  EXPECT_THAT(newest({"a", "b", "c"}), ElementsAre("a3", "b2", "a1"));
  EXPECT_THAT(newest({"a", "b", "c"}), IsEmpty()) << "nothing was logged since";
  log("b", 4);
  log("c", 5);
  EXPECT_THAT(newest({"a", "b", "c"}), ElementsAre("c5", "b4"));
  EXPECT_THAT(newest({}), IsEmpty());
  EXPECT_TRUE(marks_.empty()) << "of endpoints that are not asked for nothing is kept";
}

TEST_F(AttemptFeed, TheNewestOfAllAreAmongThemWhereverTheyStand) {
  // 130 logs of 20 attempts: the newest 100 of all stand in the logs of the last endpoint, and one each in others.
  std::vector<EndpointId> ids;
  std::vector<int> all;
  for (int endpoint = 0; endpoint < 130; ++endpoint) {
    ids.push_back("e" + std::to_string(endpoint) + "_");
    for (int i = 0; i < 20; ++i) {
      const int at = endpoint % 10 == 0 ? 100'000 + endpoint * 20 + i : endpoint * 20 + i;
      log(ids.back(), at);
      all.push_back(at);
    }
  }
  std::ranges::sort(all, std::greater{});
  const auto found = feed_.newest(ids, 100, marks_);
  ASSERT_TRUE(found);
  ASSERT_GE(found->size(), 100U);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ((*found)[i].attempt.messageId, std::to_string(all[i])) << i;
  std::set<EndpointId> seen;
  for (const auto& one : *found) seen.insert(one.endpoint);
  EXPECT_EQ(seen.size(), 130U) << "a few of each log, however old";
}

TEST_F(AttemptFeed, ALogThatGotMoreThanIsAskedForGivesTheNewest) {
  for (int i = 0; i < 30; ++i) log("a", i);
  EXPECT_EQ(newest({"a"}, 10).size(), 10U);
  for (int i = 30; i < 60; ++i) log("a", i);
  const auto more = newest({"a"}, 10);
  ASSERT_EQ(more.size(), 10U);
  EXPECT_EQ(more.front(), "a59");
}

TEST_F(AttemptFeed, WhatCannotBeReadIsLeftOutAndIsNoReasonToReadAgain) {
  log("a", 1);
  ASSERT_TRUE(shard_.call({"LPUSH", shard_.keys().attempts("a"), "no attempt"}));
  log("b", 2);
  EXPECT_THAT(newest({"a", "b"}), ElementsAre("b2", "a1"));
  EXPECT_THAT(newest({"a", "b"}), IsEmpty());
  log("a", 3);
  EXPECT_THAT(newest({"a", "b"}), ElementsAre("a3"));
}

TEST_F(AttemptFeed, IsReadInAsManyCallsAsManyLogsNeed) {
  std::vector<EndpointId> ids;
  for (int i = 0; i < 2'500; ++i) ids.push_back("e" + std::to_string(i) + "_");
  log(ids.front(), 1);
  log(ids.back(), 2);
  EXPECT_THAT(newest(ids), ElementsAre(ids.back() + "2", ids.front() + "1"));
}

}  // namespace
}  // namespace lull::redis
