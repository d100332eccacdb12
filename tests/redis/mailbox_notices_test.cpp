// Who waits for messages of a mailbox hears of them: at once, and of what was missed.
#include "mailbox_test.hpp"

#include <lull/redis/mailbox_notices.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class MailboxNewsTest : public MailboxTest {
 protected:
  std::vector<EndpointId> news() {
    const auto since = mailboxes_.since(mark_);
    EXPECT_TRUE(since);
    EXPECT_FALSE(since->all);
    mark_ = since->mark;
    return since->ids;
  }
  void begin() {
    const auto since = mailboxes_.since(0);
    EXPECT_TRUE(since->all);
    mark_ = since->mark;
  }
  std::uint64_t mark_ = 0;
};

TEST_F(MailboxNewsTest, NamesThoseThatGotSomethingToReadSinceTheMark) {
  const auto one = enrol("one");
  const auto two = enrol("two");
  enrol("three");
  subscribe(one, kAssets);
  subscribe(two, kCases);
  begin();
  EXPECT_THAT(news(), IsEmpty());
  tell(kAssets);
  EXPECT_THAT(news(), ElementsAre(one));
  EXPECT_THAT(news(), IsEmpty());
  const auto locked = lockNext(one);
  tell(kCases);
  tell(kAssets);
  EXPECT_THAT(news(), UnorderedElementsAre(one, two));
  clock_.advance(kLock);
  ASSERT_TRUE(mailboxes_.endLocks(clock_.now()));
  EXPECT_THAT(news(), ElementsAre(one));
  ASSERT_TRUE(mailboxes_.remove(two, "ada"));
  ids_.erase(two);
  EXPECT_THAT(news(), ElementsAre(two));
  lock(one, locked.message.id);
  EXPECT_THAT(news(), IsEmpty()) << "locking is none";
}

TEST_F(MailboxNewsTest, AMarkStaysGoodThroughAQuietTimeAndAnOldOneMeansAny) {
  const auto id = enrol();
  subscribe(id, kAssets);
  begin();
  const auto old = mark_;
  for (int i = 0; i < 5; ++i) {
    clock_.advance(std::chrono::minutes(20));
    EXPECT_THAT(news(), IsEmpty());
  }
  tell(kAssets);
  EXPECT_THAT(news(), ElementsAre(id));
  EXPECT_TRUE(mailboxes_.since(old)->all);
  EXPECT_TRUE(mailboxes_.since(mark_ + 1'000'000'000)->all) << "of another store";
  clock_.advance(std::chrono::hours(2));
  const auto other = enrol("other");
  subscribe(other, kAssets);
  tell(kAssets);
  EXPECT_EQ(redis({"ZCARD", shard_.keys().mailed()}).integer, 2);
  ASSERT_TRUE(mailboxes_.remove(other, "ada"));
  ids_.erase(other);
  clock_.advance(std::chrono::hours(2));
  tell(kAssets);
  EXPECT_EQ(redis({"ZCARD", shard_.keys().mailed()}).integer, 1) << "old notices are forgotten";
}

TEST_F(MailboxNewsTest, NumbersGrowAlsoOverAnEmptiedStore) {
  const auto id = enrol();
  subscribe(id, kAssets);
  begin();
  for (int i = 0; i < 5; ++i) tell(kAssets);
  news();
  redis({"HDEL", shard_.keys().meta(), "mailed"});
  redis({"DEL", shard_.keys().mailed()});
  clock_.advance(Millis{1});
  tell(kAssets);
  EXPECT_THAT(news(), ElementsAre(id));
}

TEST_F(MailboxNewsTest, ANumberThatLeavesNoRoomToGrowIsBegunAnew) {
  subscribe(enrol(), kAssets);
  redis({"HSET", shard_.keys().meta(), "mailed", "9007199254000000"});
  tell(kAssets);
  EXPECT_EQ(redis({"HGET", shard_.keys().meta(), "mailed"}).text, std::to_string(millisOf(clock_.now()) * 1000));
}

TEST_F(MailboxNewsTest, MoreThanAThousandMeansAny) {
  begin();
  for (int i = 0; i < 1001; ++i)
    redis({"ZADD", shard_.keys().mailed(), std::to_string(mark_ + 1000 + static_cast<std::uint64_t>(i)),
           "ep_" + std::to_string(i)});
  EXPECT_TRUE(mailboxes_.since(mark_)->all);
}

/// Listens as a process does.
class MailboxNoticesTest : public MailboxTest {
 protected:
  MailboxNoticesTest() {
    auto settings = settingsFor(server_).pool;
    settings.firstRetryDelay = Millis{5};
    settings.longestRetryDelay = Millis{20};
    notices_ = std::make_unique<MailboxNotices>(
        settings, shard_.keys(), [this](const EndpointId& id) { note([&] { arrived_.push_back(id); }); },
        [this] { note([&] { ++begun_; }); });
    thread_ = std::thread([this] { notices_->run(); });
  }
  void TearDown() override {
    notices_->stop();
    thread_.join();
    MailboxTest::TearDown();
  }
  template <class Change>
  void note(Change change) {
    {
      const std::lock_guard guard(mutex_);
      change();
    }
    changed_.notify_all();
  }
  template <class Holds>
  bool comes(Holds holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), holds);
  }
  bool begins(int times) {
    return comes([&] { return begun_ >= times; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<EndpointId> arrived_;  // protected by mutex_
  int begun_ = 0;                    // protected by mutex_
  std::unique_ptr<MailboxNotices> notices_;
  std::thread thread_;
};

TEST_F(MailboxNoticesTest, TellsTheIdOfWhoeverGotAMessage) {
  const auto id = enrol();
  const auto other = enrol("other");
  subscribe(id, kAssets);
  subscribe(other, kCases);
  ASSERT_TRUE(begins(1));
  tell(kAssets);
  EXPECT_TRUE(comes([&] { return arrived_ == std::vector{id}; }));
  lockNext(id);
  clock_.advance(kLock);
  ASSERT_TRUE(mailboxes_.endLocks(clock_.now()));
  EXPECT_TRUE(comes([&] { return arrived_ == std::vector{id, id}; }));
  ASSERT_TRUE(mailboxes_.remove(other, "ada"));
  ids_.erase(other);
  EXPECT_TRUE(comes([&] { return arrived_ == std::vector{id, id, other}; }));
  EXPECT_EQ(begun_, 1);
}

TEST_F(MailboxNoticesTest, BeginsAgainWhenRedisIsBack) {
  const auto id = enrol();
  subscribe(id, kAssets);
  ASSERT_TRUE(begins(1));
  server_.kill9();
  server_.restart();
  ASSERT_TRUE(begins(2)) << "whoever waits has to look, because notices were lost";
  // The pool may still have connections of before.
  for (int i = 0; i < 200 && !shard_.call({"PING"}); ++i) std::this_thread::sleep_for(Millis{10});
  tell(kAssets);
  EXPECT_TRUE(comes([&] { return arrived_ == std::vector{id}; }));
}

TEST_F(MailboxNoticesTest, AUserWhoMayNotSubscribeIsNoBusyLoopAndEventsAreTakenAllTheSame) {
  ASSERT_TRUE(begins(1));
  const auto id = enrol();
  subscribe(id, kAssets);
  redis({"ACL", "SETUSER", "default", "resetchannels"});
  tell(kAssets);
  EXPECT_EQ(peek(id).count, 1U) << "the script may not publish, and goes on";
  redis({"ACL", "SETUSER", "default", "allchannels"});
  EXPECT_TRUE(begins(2)) << "Redis closes subscriptions that are not allowed any more";
}

TEST_F(MailboxNoticesTest, StopsAtOnce) {
  ASSERT_TRUE(begins(1));
  const auto began = std::chrono::steady_clock::now();
  notices_->stop();
  thread_.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
  thread_ = std::thread([] {});
}

TEST_F(MailboxNoticesTest, StopsAtOnceWhileRedisIsAway) {
  ASSERT_TRUE(begins(1));
  server_.kill9();
  const auto began = std::chrono::steady_clock::now();
  notices_->stop();
  thread_.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
  thread_ = std::thread([] {});
  server_.restart();
  for (int i = 0; i < 200 && !shard_.call({"PING"}); ++i) std::this_thread::sleep_for(Millis{10});
}

}  // namespace
}  // namespace lull::redis
