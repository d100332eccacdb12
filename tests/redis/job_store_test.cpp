#include "redis/two_endpoints.hpp"

#include <lull/redis/group_store.hpp>
#include <lull/redis/job_store.hpp>

#include <gmock/gmock.h>

namespace lull::redis {
namespace {

using ports::JobAction;
using ports::JobOrder;
using ports::JobState;
using ::testing::ElementsAre;

/// Jobs and groups over 250 letters of each of two endpoints.
class JobsOverManyLetters : public TwoEndpoints {
 protected:
  void SetUp() override {
    TwoEndpoints::SetUp();
    for (const auto& id : ids_) buryAll(id);
  }
  static JobOrder orderOf(JobAction action, DeadLetterFilter filter = {}) {
    JobOrder order;
    order.action = action;
    order.filter = std::move(filter);
    order.by = "ada";
    return order;
  }
  DeadLetterFilter ofFirst() const {
    DeadLetterFilter filter;
    filter.endpointId = ids_[0];
    return filter;
  }
  ports::JobTask taskOf(JobStore& store) {
    const auto tasks = store.take();
    EXPECT_TRUE(tasks && tasks->size() == 1);
    return tasks && !tasks->empty() ? tasks->front() : ports::JobTask{};
  }
  /// Works through the job as the loop does, but at most `parts` parts.
  void work(JobStore& store, int parts = 1000) {
    auto task = taskOf(store);
    for (; parts > 0; --parts) {
      const auto letters = store.read(task);
      ASSERT_TRUE(letters);
      const auto moved = store.move(task, letters->letters);
      ASSERT_TRUE(moved);
      const auto state = letters->last ? JobState::Done : JobState::Running;
      const auto advanced = store.advance(task, letters->next, letters->skipped + moved->skipped, state);
      ASSERT_TRUE(advanced);
      if (letters->last || !advanced->ours) return;
      task.place = letters->next;
    }
  }
  JobStore makeStore() {
    return JobStore{shard_, registry_, LetterMoves{shard_, Millis{5000}, {}, [] {}}, replays_, [this] { ++started_; }};
  }
  /// Makes the message of this item die again.
  void dieAgain(std::int64_t item) {
    for (const auto& claim : claimAll(ids_[0])) {
      if (claim.key.packed() != ItemKey{1, ItemId(item)}.packed()) continue;
      ASSERT_TRUE(queue_.settle(clock_.now(), {burialOf(claim)}, {}));
    }
  }

  int started_ = 0;
  ReplayStore replays_{shard_, registry_, {std::chrono::days{7}, 100'000, Millis{5000}, 16}, [] {}};
  JobStore store_ = makeStore();
  JobStore other_ = makeStore();
  GroupStore groups_{shard_};
};

TEST_F(JobsOverManyLetters, ARetryMovesEveryLetterOnce) {
  const auto job = store_.start(orderOf(JobAction::Retry));
  ASSERT_TRUE(job);
  EXPECT_EQ(started_, 1);
  EXPECT_EQ(job->total, 2 * kEach);
  EXPECT_EQ(store_.find(job->id)->state, JobState::Running);
  work(store_);
  const auto done = store_.find(job->id).value();
  EXPECT_EQ(done.state, JobState::Done);
  EXPECT_EQ(done.done, 2 * kEach);
  EXPECT_EQ(done.skipped, 0U);
  EXPECT_EQ(done.by, "ada");
  EXPECT_TRUE(done.finishedAt);
  for (const auto& id : ids_) EXPECT_EQ(waiting(id), kEach);
  EXPECT_EQ(groups_.groups(GroupBy::Cause, {}, {})->items.size(), 0U);
}

TEST_F(JobsOverManyLetters, APurgeTakesWhatItsFilterMatches) {
  const auto job = store_.start(orderOf(JobAction::Purge, ofFirst()));
  work(store_);
  EXPECT_EQ(store_.find(job->id)->done, kEach);
  EXPECT_EQ(job->filter.endpointId, ids_[0]);
  EXPECT_EQ(other_.find(job->id)->filter.endpointId, ids_[0]) << "it says what it is of, also later and elsewhere";
  EXPECT_EQ(letters_.list({}, {})->total, kEach);
  EXPECT_EQ(waiting(ids_[0]), 0U);
}

TEST_F(JobsOverManyLetters, WhatDiesAfterItBeganIsUntouched) {
  const auto job = store_.start(orderOf(JobAction::Purge));
  // One letter dies again, and a new one comes; both in the very millisecond of the others.
  publish(0, 1);
  dieAgain(0);
  publish(kEach + 1, 1);
  dieAgain(static_cast<std::int64_t>(kEach) + 1);
  work(store_);
  const auto done = store_.find(job->id).value();
  EXPECT_EQ(done.done, 2 * kEach - 1);
  EXPECT_EQ(done.skipped, 1U) << "it died again before its turn";
  EXPECT_EQ(letters_.list({}, {})->total, 2U);
}

TEST_F(JobsOverManyLetters, WhatItRevivedAndDiedAgainIsNotTakenTwice) {
  const auto job = store_.start(orderOf(JobAction::Retry, ofFirst()));
  const auto task = taskOf(store_);
  const auto letters = store_.read(task).value();
  ASSERT_EQ(letters.letters.size(), kEach);
  ASSERT_TRUE(store_.move(task, letters.letters));
  dieAgain(3);
  // As if its process had been killed here: another one begins at the same place.
  clock_.advance(Millis{4000});
  work(other_);
  const auto done = store_.find(job->id).value();
  EXPECT_EQ(done.state, JobState::Done);
  EXPECT_EQ(done.done, kEach);
  EXPECT_EQ(done.failedAgain, 1U);
  EXPECT_EQ(letters_.list(ofFirst(), {})->total, 1U);
}

TEST_F(JobsOverManyLetters, AnotherProcessGoesOnWithExactCounts) {
  // The letters of the first endpoint whose change type it gave up are skipped, and counted once.
  auto registration = registry_.find(ids_[0])->registration;
  registration.changeTypes = 2;
  ASSERT_TRUE(registry_.replace(ids_[0], registry_.find(ids_[0])->version, registration));
  const auto job = store_.start(orderOf(JobAction::Retry));
  EXPECT_EQ(job->total, 2 * kEach);
  work(store_, 1);
  EXPECT_TRUE(other_.take()->empty()) << "while its lease lasts";
  clock_.advance(Millis{4000});
  const auto task = taskOf(other_);
  EXPECT_FALSE(store_.advance(task, "", 9, JobState::Running)->ours);
  EXPECT_FALSE(store_.move(task, other_.read(task)->letters)->ours);
  work(other_);
  const auto done = store_.find(job->id).value();
  EXPECT_EQ(done.done, kEach);
  EXPECT_EQ(done.skipped, kEach);
}

TEST_F(JobsOverManyLetters, CountsSayWhatWouldBeSkipped) {
  ASSERT_TRUE(registry_.remove(ids_[0]));
  const auto counted = store_.count(orderOf(JobAction::Retry));
  EXPECT_EQ(counted->total, 2 * kEach);
  EXPECT_EQ(counted->skipped, kEach);
  EXPECT_EQ(store_.count(orderOf(JobAction::Purge))->skipped, 0U);
  EXPECT_EQ(letters_.list({}, {})->total, 2 * kEach);
}

TEST_F(JobsOverManyLetters, CancellingEndsItAtOnce) {
  const auto job = store_.start(orderOf(JobAction::Purge));
  const auto task = taskOf(store_);
  const auto letters = store_.read(task).value();
  ASSERT_TRUE(store_.cancel(job->id));
  EXPECT_FALSE(store_.move(task, letters.letters)->ours);
  EXPECT_EQ(letters_.list({}, {})->total, 2 * kEach);
  EXPECT_EQ(store_.find(job->id)->state, JobState::Cancelled);
  EXPECT_EQ(store_.cancel(job->id).error().code, ErrorCode::Conflict);
  EXPECT_TRUE(store_.take()->empty());
}

TEST_F(JobsOverManyLetters, IdsThatAreNoneAreNotFound) {
  for (const auto* id : {"", "job_", "job_0", "job_01", "job_x", "job_-1", "7", "job_99999999999999999999"}) {
    EXPECT_EQ(store_.find(id).error().code, ErrorCode::NotFound) << id;
    EXPECT_EQ(store_.cancel(id).error().code, ErrorCode::NotFound) << id;
  }
}

TEST_F(JobsOverManyLetters, TheLastHundredAreKeptAndPaged) {
  std::vector<std::string> ids;
  for (int i = 0; i < 101; ++i) {
    const auto job = store_.start(orderOf(JobAction::Purge, ofFirst()));
    ASSERT_TRUE(job) << job.error().message;
    ids.push_back(job->id);
    ASSERT_TRUE(i > 0 || store_.cancel(job->id));
  }
  EXPECT_EQ(store_.find(ids.front()).error().code, ErrorCode::NotFound);
  EXPECT_EQ(store_.start(orderOf(JobAction::Purge)).error().code, ErrorCode::Conflict) << "all are running";
  std::vector<std::string> listed;
  PageRequest page;
  page.limit = 40;
  do {
    const auto found = store_.list(page);
    ASSERT_TRUE(found);
    for (const auto& job : found->items) listed.push_back(job.id);
    page.cursor = found->nextCursor;
  } while (!page.cursor.empty());
  std::reverse(listed.begin(), listed.end());
  EXPECT_EQ(listed, (std::vector<std::string>(ids.begin() + 1, ids.end())));
}

TEST_F(JobsOverManyLetters, AnOrderThatCannotBeReadFails) {
  const auto job = store_.start(orderOf(JobAction::Purge));
  const auto number = job->id.substr(4);
  ASSERT_TRUE(shard_.call({"HSET", shard_.keys().jobs(), number + "|order", "\x09"}));
  EXPECT_TRUE(store_.take()->empty());
  EXPECT_EQ(store_.find(job->id)->state, JobState::Failed);
}

TEST_F(JobsOverManyLetters, AnOrderComesBackAsItWasGiven) {
  auto order = orderOf(JobAction::Retry);
  order.includeSuperseded = true;
  order.ratePerSecond = 2000;
  order.filter = {ids_[0], 1, "3", 503, std::nullopt, DeathReason::Expired, true, instantOf(5), clock_.now(), {"dl_1"}};
  ASSERT_TRUE(store_.start(order));
  const auto read = taskOf(store_).order;
  EXPECT_EQ(read.action, order.action);
  EXPECT_EQ(read.includeSuperseded, true);
  EXPECT_EQ(read.ratePerSecond, 2000U);
  EXPECT_EQ(read.by, "ada");
  const auto& filter = read.filter;
  EXPECT_EQ(filter.endpointId, order.filter.endpointId);
  EXPECT_EQ(filter.changeType, 1U);
  EXPECT_EQ(filter.itemId, "3");
  EXPECT_EQ(filter.code, 503);
  EXPECT_EQ(filter.failure, std::nullopt);
  EXPECT_EQ(filter.reason, DeathReason::Expired);
  EXPECT_EQ(filter.superseded, true);
  EXPECT_EQ(filter.since, order.filter.since);
  EXPECT_EQ(filter.until, order.filter.until);
  EXPECT_THAT(filter.ids, ElementsAre("dl_1"));
}

TEST_F(JobsOverManyLetters, GroupsAddUpByCauseEndpointAndChangeType) {
  const auto causes = groups_.groups(GroupBy::Cause, {}, {}).value().items;
  ASSERT_EQ(causes.size(), 2U);
  EXPECT_EQ(causes[0].endpoint, ids_[1]) << "the group whose letter died last comes first";
  EXPECT_EQ(causes[0].key, ids_[1] + ":exhausted:none");
  EXPECT_EQ(causes[0].count, kEach);
  EXPECT_TRUE(letters_.find(causes[0].sampleId));
  EXPECT_FALSE(causes[0].lastRetry);
  EXPECT_EQ(groups_.groups(GroupBy::Endpoint, {}, {})->items.size(), 2U);
  const auto types = groups_.groups(GroupBy::ChangeType, {}, {}).value().items;
  ASSERT_EQ(types.size(), 1U);
  EXPECT_EQ(types[0].key, "1");
  EXPECT_EQ(types[0].count, 2 * kEach);
  EXPECT_EQ(types[0].firstDeadAt, causes[1].firstDeadAt);
  EXPECT_EQ(types[0].lastDeadAt, causes[0].lastDeadAt);
}

TEST_F(JobsOverManyLetters, GroupsTakeFiltersAndPages) {
  ports::GroupFilter filter;
  filter.endpointId = ids_[0];
  EXPECT_EQ(groups_.groups(GroupBy::Cause, filter, {})->items.size(), 1U);
  filter.superseded = true;
  EXPECT_EQ(groups_.groups(GroupBy::Cause, filter, {})->items.size(), 0U);
  filter = {};
  filter.reason = DeathReason::Expired;
  EXPECT_EQ(groups_.groups(GroupBy::ChangeType, filter, {})->items.size(), 0U);
  PageRequest one;
  one.limit = 1;
  const auto first = groups_.groups(GroupBy::Endpoint, {}, one).value();
  ASSERT_FALSE(first.nextCursor.empty());
  one.cursor = first.nextCursor;
  const auto second = groups_.groups(GroupBy::Endpoint, {}, one).value();
  EXPECT_EQ(second.items.at(0).endpoint, ids_[0]);
  EXPECT_TRUE(second.nextCursor.empty());
  one.cursor = "eHh4";
  EXPECT_FALSE(groups_.groups(GroupBy::Endpoint, {}, one));
}

TEST_F(JobsOverManyLetters, AGroupShowsItsLastRetry) {
  const auto job = store_.start(orderOf(JobAction::Retry, ofFirst()));
  work(store_);
  dieAgain(3);
  const auto again = groups_.groups(GroupBy::Cause, {ids_[0], {}, {}, {}}, {}).value().items.at(0);
  ASSERT_TRUE(again.lastRetry);
  EXPECT_EQ(again.count, 1U);
  EXPECT_EQ(again.lastRetry->done, kEach);
  EXPECT_EQ(again.lastRetry->failedAgain, 1U);
  EXPECT_EQ(again.lastRetry->at, clock_.now());
}

}  // namespace
}  // namespace lull::redis
