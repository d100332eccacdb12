// What operators see of mailboxes and do with them; and what becomes of locks when processes and Redis end.
#include "mailbox_test.hpp"

#include <lull/redis/item_store.hpp>
#include <lull/redis/replay_store.hpp>
#include <lull/redis/stats_store.hpp>
#include <lull/redis/take_over.hpp>
#include <lull/redis/upkeep.hpp>

namespace lull::redis {
namespace {

using ports::QueueItemState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MailboxOperator : public MailboxTest {
 protected:
  void SetUp() override {
    id_ = enrol();
    subscribe(id_, kAssets);
  }
  /// A process of its own that takes over everything when it begins, as with a managed Redis.
  void takeOverAll() {
    ServerClock clock;
    ASSERT_TRUE(clock.sample(shard_));
    TakeOver takeOver(shard_, clock, registry_, [] {});
    takeOver.freeOthers();
  }
  EndpointId id_;
};

TEST_F(MailboxOperator, UnlocksTheLockedMessagesAndTheirLockIdsAreRefused) {
  const auto one = tell(kAssets);
  const auto two = tell(kAssets);
  const auto first = lockNext(id_);
  const auto second = lockNext(id_);
  const auto mark = mailboxes_.since(0)->mark;
  ports::QueueFilter filter;
  filter.ids = {first.message.message.id};
  EXPECT_EQ(*queues_.retry(id_, filter), 1U);
  EXPECT_THAT(mailboxes_.since(mark)->ids, ElementsAre(id_));
  EXPECT_EQ(next(id_), one);
  EXPECT_EQ(codeOf(mailboxes_.confirm(id_, "ada", first.message.id, first.lockId)), ErrorCode::Conflict);
  EXPECT_EQ(*queues_.retry(id_, {}), 1U);
  EXPECT_EQ(*queues_.retry(id_, {}), 0U);
  EXPECT_EQ(codeOf(mailboxes_.confirm(id_, "ada", second.message.id, second.lockId)), ErrorCode::Conflict);
  EXPECT_THAT(readAll(id_), ElementsAre(one, two));
}

TEST_F(MailboxOperator, ALockThatAnOperatorEndedCountsForNothing) {
  MailboxStore strict(shard_, {.receives = 2});
  tell(kAssets);
  const auto message = nextId(id_);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(strict.lock(id_, "ada", message, kLock));
    EXPECT_EQ(*queues_.retry(id_, {}), 1U);
  }
  for (const std::uint64_t letters : {0U, 1U}) {
    lock(id_, message);
    clock_.advance(kLock);
    ASSERT_TRUE(strict.endLocks(clock_.now()));
    EXPECT_EQ(letters_.list({}, {})->total, letters);
  }
}

TEST_F(MailboxOperator, PurgesWaitingAndLockedMessages) {
  tell(kAssets, "AA");
  tell(kAssets);
  const auto kept = lockNext(id_);
  ports::QueueFilter filter;
  filter.ids = {kept.message.message.id};
  EXPECT_EQ(*queues_.purge(id_, filter), 1U);
  EXPECT_EQ(codeOf(mailboxes_.confirm(id_, "ada", kept.message.id, kept.lockId)), ErrorCode::NotFound);
  lockNext(id_);
  tell(kAssets);
  EXPECT_EQ(*queues_.purge(id_, {}), 2U);
  EXPECT_EQ(peek(id_).count, 0U);
  EXPECT_EQ(counter("cancelled"), 3U);
  EXPECT_EQ(redis({"EXISTS", shard_.keys().heads(id_)}).integer, 0) << "no tombstone";
  clock_.advance(kLock);
  EXPECT_EQ(mailboxes_.endLocks(clock_.now()).value(), std::nullopt);
}

TEST_F(MailboxOperator, SeesALockedMessageInFlightAndTheAgeOfTheOldest) {
  EXPECT_EQ(stateOf(id_).oldestMessageAge, std::nullopt);
  tell(kAssets);
  clock_.advance(Millis{700});
  tell(kAssets);
  clock_.advance(Millis{300});
  auto state = stateOf(id_);
  EXPECT_EQ(state.queueDepth, 2U);
  EXPECT_EQ(state.inFlight, 0U);
  EXPECT_EQ(state.oldestMessageAge, Millis{1000});
  EXPECT_EQ(state.nextAttemptAt, std::nullopt);
  lockNext(id_);
  state = stateOf(id_);
  EXPECT_EQ(state.inFlight, 1U);
  EXPECT_EQ(state.oldestMessageAge, Millis{1000}) << "the oldest one is locked";
  const auto page = queues_.list(id_, {}, {});
  ASSERT_EQ(page->items.size(), 2U);
  EXPECT_EQ(page->items[0].state, QueueItemState::InFlight);
  EXPECT_EQ(page->items[1].state, QueueItemState::Waiting);
  for (const auto& item : page->items) EXPECT_EQ(item.nextAttemptAt, std::nullopt);
  EXPECT_EQ(page->items[0].lockedUntil, clock_.now() + kLock);
  EXPECT_EQ(page->items[1].lockedUntil, std::nullopt);
}

TEST_F(MailboxOperator, TheAgeIsThatOfTheOldestOfAHundredLocksThatEndFirst) {
  tell(kAssets);
  lockNext(id_, 2 * kLock);
  for (int i = 0; i < 100; ++i) {
    clock_.advance(Millis{1});
    tell(kAssets);
    lockNext(id_);
  }
  EXPECT_EQ(stateOf(id_).oldestMessageAge, Millis{99});
}

TEST_F(MailboxOperator, CountsMailboxesApartFromWhatIsDue) {
  const auto other = enrol("other");
  subscribe(other, kAssets);
  enrol("empty");
  tell(kAssets);
  lockNext(other);
  clock_.advance(Millis{5000});
  StatsStore stats(shard_, registry_);
  const auto counters = stats.counters();
  ASSERT_TRUE(counters);
  EXPECT_EQ(counters->mailboxes, 3U);
  EXPECT_EQ(counters->mailboxDepth, 2U);
  EXPECT_EQ(counters->mailboxOldestAge, Millis{5000});
  EXPECT_EQ(counters->pending, 2U);
  EXPECT_EQ(counters->inFlight, 1U);
  redis({"DEL", shard_.keys().windowIndex(), shard_.keys().windows()});
  EXPECT_EQ(stats.counters()->oldestDueAge, Millis{0}) << "nobody is to send it";
}

TEST_F(MailboxOperator, LocksOutliveEveryTakeOverAndARestartOfRedis) {
  tell(kAssets);
  const auto locked = lockNext(id_);
  takeOverAll();
  EXPECT_FALSE(peek(id_).next);
  server_.restart();
  for (int i = 0; i < 100 && !mailboxes_.peek(id_, "ada"); ++i) std::this_thread::sleep_for(Millis{20});
  EXPECT_FALSE(peek(id_).next);
  EXPECT_TRUE(mailboxes_.confirm(id_, "ada", locked.message.id, locked.lockId));
}

TEST_F(MailboxOperator, ClaimsNothingOfIt) {
  tell(kAssets);
  testing::FixedSign sign;
  QueueStore queue(shard_, {std::chrono::hours(96), Millis{5000}, 0, Millis{10'000}, Millis{10'000}, 100'000}, sign);
  redis({"ZADD", shard_.keys().wakeIndex(), "0", id_});
  EXPECT_THAT(queue.claim(clock_.now(), {{id_, 10, 10, Millis{1000}}}, 10)->claims, IsEmpty());
  EXPECT_EQ(redis({"ZSCORE", shard_.keys().wakeIndex(), id_}).kind, Reply::Kind::Nil);
}

TEST_F(MailboxOperator, AnItemsStoryNamesItsMessages) {
  tell(kAssets);
  const auto item = peek(id_).next->message.key.itemId.text();
  ItemStore items(shard_, registry_);
  auto story = items.story(kAssets, item);
  ASSERT_TRUE(story);
  ASSERT_EQ(story->endpoints.size(), 1U);
  ASSERT_TRUE(story->endpoints[0].waiting);
  EXPECT_EQ(story->endpoints[0].waiting->nextAttemptAt, std::nullopt);
  lockNext(id_);
  story = items.story(kAssets, item);
  EXPECT_TRUE(story->endpoints[0].inFlight);
  EXPECT_FALSE(story->endpoints[0].waiting);
}

}  // namespace
}  // namespace lull::redis
