// A turn of the search for damage: what it looks at, in which order, and what one look does to those beside it.
#include "redis/two_endpoints.hpp"

#include <lull/redis/replay_store.hpp>
#include <lull/redis/upkeep.hpp>

#include <algorithm>
#include <thread>

namespace lull::redis {
namespace {

/// 62 endpoints, of which a turn looks at 25. Each has three messages.
class UpkeepTest : public TwoEndpoints {
 protected:
  UpkeepTest() : TwoEndpoints(3) {}

  void SetUp() override {
    for (int i = 0; i < 60; ++i) {
      Registration registration;
      registration.name = "endpoint " + std::to_string(i);
      registration.webhook().url = "http://127.0.0.1/";
      registration.changeTypes = 1;
      const auto created = registry_.create(registration, {});
      ASSERT_TRUE(created);
      ids_.push_back(created->endpoint.id);
    }
    TwoEndpoints::SetUp();
    ASSERT_EQ(registry_.cached()->endpoints.size(), 62U);
    for (const auto& id : ids_) ASSERT_EQ(waiting(id), 3U);
  }

  Reply redis(const Command& command) {
    auto reply = shard_.call(command);
    EXPECT_TRUE(reply) << reply.error().message;
    return reply ? *reply : Reply{};
  }
  void loseOrder(const EndpointId& id) { redis({"DEL", shard_.keys().queue(id)}); }
  bool isInOrder(const EndpointId& id) { return redis({"ZCARD", shard_.keys().queue(id)}).integer == 3; }
  std::size_t inOrder() {
    std::size_t count = 0;
    for (const auto& id : ids_) count += isInOrder(id) ? 1 : 0;
    return count;
  }

  /// Takes away all that waits.
  void forgetAll() {
    const auto& keys = shard_.keys();
    for (const auto& id : ids_) redis({"DEL", keys.queue(id), keys.messages(id), keys.wakeIndex()});
  }

  int ready_ = 0;
  ReplayStore replays_{shard_, registry_, {}, [] {}};
  Upkeep upkeep_{shard_, registry_, replays_, [this] { ++ready_; }};
};

TEST_F(UpkeepTest, LooksAtTwentyFiveEndpointsInATurnAndGoesOnBehindThem) {
  for (const auto& id : ids_) loseOrder(id);
  for (const std::size_t mended : {25U, 50U, 62U}) {
    upkeep_.turn();
    EXPECT_EQ(inOrder(), mended);
  }
  EXPECT_EQ(ready_, 62);
  // The last turn has begun anew with the first 13.
  for (const auto& id : ids_) loseOrder(id);
  upkeep_.turn();
  for (const auto& id : ids_) loseOrder(id);
  upkeep_.turn();
  upkeep_.turn();
  EXPECT_EQ(inOrder(), 50U);
}

TEST_F(UpkeepTest, DamageToOneEndpointKeepsNoneOfTheOthersFromBeingLookedAt) {
  for (const auto& id : ids_) loseOrder(id);
  std::vector<EndpointId> sorted = ids_;
  std::ranges::sort(sorted);
  const auto& keys = shard_.keys();
  redis({"DEL", keys.messages(sorted[1])});
  redis({"SET", keys.messages(sorted[1]), "of another type"});
  redis({"ZADD", keys.queue(sorted[1]), "1", "without a message"});
  redis({"SET", keys.letters(sorted[2]), "of another type"});
  redis({"ZADD", keys.letterOrder(sorted[2]), "1", "without a letter"});
  upkeep_.turn();
  EXPECT_EQ(inOrder(), 24U) << "the messages of one are gone";
  EXPECT_EQ(redis({"TYPE", keys.messages(sorted[1])}).text, "none") << "what stood there is set aside";
  EXPECT_EQ(redis({"TYPE", keys.queue(sorted[1])}).text, "none") << "and it was looked at again";
  EXPECT_EQ(redis({"TYPE", keys.letters(sorted[2])}).text, "none");
  EXPECT_EQ(redis({"TYPE", keys.letterOrder(sorted[2])}).text, "none");
}

TEST_F(UpkeepTest, EndpointsThatHaveNothingAreNotLookedAtOneByOne) {
  forgetAll();
  upkeep_.turn();  // Redis knows the scripts from now on
  redis({"CONFIG", "RESETSTAT"});
  upkeep_.turn();
  EXPECT_NE(redis({"INFO", "commandstats"}).text.find("cmdstat_evalsha:calls=3,"), std::string::npos)
      << "one call for the index of changes, one for the windows, one for 25 endpoints";
}

TEST_F(UpkeepTest, OneKeyOfAnEndpointIsEnoughToLookAtIt) {
  forgetAll();
  const auto& keys = shard_.keys();
  const auto& id = ids_.front();
  for (const auto& key : {keys.queue(id), keys.messages(id), keys.leases(id), keys.behind(id), keys.heads(id),
                          keys.setAside(id), keys.letters(id), keys.letterOrder(id), keys.state(id)}) {
    redis({"DEL", key});
    redis({"SET", key, "of another type"});
    for (int turn = 0; turn < 3; ++turn) upkeep_.turn();
    EXPECT_NE(redis({"TYPE", key}).text, "string") << key;
  }
}

TEST_F(UpkeepTest, LooksAlsoWhenRedisHasLostTheScripts) {
  upkeep_.turn();
  for (const auto& id : ids_) loseOrder(id);
  redis({"SCRIPT", "FLUSH"});
  upkeep_.turn();
  EXPECT_EQ(inOrder(), 25U);
}

TEST_F(UpkeepTest, GoesThroughALongQueueInSeveralTurns) {
  ids_ = {ids_.back()};
  publish(3, 2'000);
  const auto& id = ids_.front();
  loseOrder(id);
  std::int64_t before = 0;
  int turns = 0;
  for (; turns < 300; ++turns) {
    upkeep_.turn();
    const auto now = redis({"ZCARD", shard_.keys().queue(id)}).integer;
    EXPECT_LE(now - before, 300) << "a look at one endpoint is short";
    before = now;
    if (now == 2'003) break;
  }
  EXPECT_EQ(before, 2'003) << "each look goes on where the last one has ended";
}

TEST_F(UpkeepTest, GoesThroughManyLettersInSeveralTurns) {
  ids_ = {ids_.back()};
  publish(3, 600);
  const auto& id = ids_.front();
  for (auto claims = claimAll(id); !claims.empty(); claims = claimAll(id)) {
    std::vector<ports::Settlement> burials;
    for (const auto& claim : claims) burials.push_back(burialOf(claim));
    ASSERT_TRUE(queue_.settle(clock_.now(), burials, {}));
  }
  redis({"DEL", shard_.keys().letterOrder(id)});
  std::int64_t before = 0;
  for (int turns = 0; turns < 100 && before < 603; ++turns) {
    upkeep_.turn();
    const auto now = redis({"ZCARD", shard_.keys().letterOrder(id)}).integer;
    EXPECT_LE(now - before, 300) << "a look at one endpoint is short";
    before = now;
  }
  EXPECT_EQ(before, 603) << "each look goes on where the last one has ended";
}

TEST_F(UpkeepTest, FindsWhatIsMissingOfTheLettersToo) {
  for (const auto& id : ids_) buryAll(id);
  redis({"DEL", shard_.keys().letterIndex()});
  for (int turn = 0; turn < 3; ++turn) upkeep_.turn();
  EXPECT_EQ(redis({"ZCARD", shard_.keys().letterIndex()}).integer, 62 * 3);
}

TEST_F(UpkeepTest, GoesOnWhenRedisIsBack) {
  for (const auto& id : ids_) loseOrder(id);
  server_.kill9();
  upkeep_.turn();
  server_.restart();
  while (!shard_.call({"PING"})) std::this_thread::yield();
  for (int turn = 0; turn < 3; ++turn) upkeep_.turn();
  EXPECT_EQ(inOrder(), 62U);
}

}  // namespace
}  // namespace lull::redis
