#include "redis/two_endpoints.hpp"

#include <lull/redis/job_store.hpp>
#include <lull/redis/replay_store.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace lull::redis {
namespace {

using ports::JobAction;
using ports::JobOrder;
using ports::JobState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Replays for the first of two endpoints. Twenty items, 0 to 19, have changed and were delivered.
class Replays : public TwoEndpoints {
 protected:
  Replays() : TwoEndpoints(20) {}
  void SetUp() override {
    began_ = clock_.now();
    TwoEndpoints::SetUp();
    deliver();
    clock_.advance(std::chrono::minutes(1));
    // A store says that from the moment at which it was attached, by the clock of its server.
    ASSERT_TRUE(shard_.call({"HSET", shard_.keys().meta(), "changedFrom", std::to_string(millisOf(began_))}));
  }

  /// Delivers what waits for the first endpoint; returns the items in the order in which they were claimed.
  std::vector<std::string> deliver() {
    std::vector<std::string> items;
    std::vector<ports::Settlement> settlements;
    for (const auto& claim : claimAll(ids_[0])) {
      auto settlement = burialOf(claim);
      settlement.action = ports::SettleAction::Complete;
      settlements.push_back(settlement);
      items.push_back(claim.key.packed().substr(2));
      if (claim.message.replay) replayed_.push_back(items.back());
      ids_seen_.insert(claim.message.id);
    }
    EXPECT_TRUE(settlements.empty() || queue_.settle(clock_.now(), settlements, {}));
    return items;
  }
  JobOrder since(Instant at) const {
    JobOrder order;
    order.action = JobAction::Replay;
    order.filter.endpointId = ids_[0];
    order.filter.since = at;
    order.changeTypes = 1;
    order.by = "ada";
    return order;
  }
  /// Works as the loop does, at most `steps` steps, delivering what was told after each.
  JobState work(JobStore& store, int steps = 1000) {
    const auto tasks = store.take();
    if (!tasks || tasks->size() != 1) return JobState::Failed;
    auto task = tasks->front();
    for (auto items = store.read(task); items;) {
      if (items->letters.empty()) {
        if (!items->last) return JobState::Failed;
        EXPECT_TRUE(store.advance(task, items->next, 0, JobState::Done)->ours);
        return JobState::Done;
      }
      if (steps-- == 0) return JobState::Running;
      const auto moved = store.move(task, items->letters);
      if (!moved || !moved->ours || moved->failed) return JobState::Failed;
      const auto dealt = static_cast<std::ptrdiff_t>(items->letters.size() - moved->left);
      items->letters.erase(items->letters.begin(), items->letters.begin() + dealt);
      deliver();
    }
    return JobState::Failed;
  }
  ReplayStore makeReplays(ReplaySettings settings) {
    return {shard_, registry_, settings, [this] { ++readies_; }};
  }
  JobStore makeStore(ReplayStore& replays) {
    return {shard_, registry_, LetterMoves{shard_, Millis{5000}, {}, [] {}}, replays, [] {}};
  }

  Instant began_;
  int readies_ = 0;
  std::vector<std::string> replayed_;
  std::set<std::string> ids_seen_;
  ReplayStore replays_ = makeReplays({std::chrono::days{7}, 1000, Millis{5000}, 2});
  JobStore store_ = makeStore(replays_);
  JobStore other_ = makeStore(replays_);
};

TEST_F(Replays, TellWhatChangedSinceInTheOrderOfItsChanges) {
  const auto then = clock_.now();
  publish(7, 1);
  publish(100, 2);
  publish(3, 1);
  clock_.advance(Millis{5});
  publish(7, 1);  // again, so it comes last
  deliver();
  const auto before = ids_seen_.size();
  const auto job = store_.start(since(then));
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->total, 4U);
  EXPECT_EQ(job->completeSince, std::nullopt);
  EXPECT_EQ(work(store_), JobState::Done);
  EXPECT_THAT(replayed_, ElementsAre("100", "101", "3", "7"));
  EXPECT_EQ(ids_seen_.size(), before + 4) << "new ids";
  const auto done = store_.find(job->id).value();
  EXPECT_EQ(done.action, JobAction::Replay);
  EXPECT_EQ(done.done, 4U);
  EXPECT_EQ(done.skipped, 0U);
  EXPECT_GT(readies_, 0);
}

TEST_F(Replays, AnotherProcessGoesOnWithoutTellingAnyTwice) {
  const auto job = store_.start(since(began_));
  EXPECT_EQ(work(store_, 2), JobState::Running);
  const auto told = replayed_.size();
  EXPECT_GT(told, 4U);
  EXPECT_LT(told, 20U);
  EXPECT_THAT(other_.take().value(), IsEmpty()) << "while its lease lasts";
  // Meanwhile one item changes again, and is told live.
  clock_.advance(Millis{2});
  publish(19, 1);
  EXPECT_THAT(deliver(), ElementsAre("19"));
  clock_.advance(Millis{4000});
  EXPECT_EQ(work(other_), JobState::Done);
  std::vector<std::string> all;
  for (int i = 0; i < 19; ++i) all.push_back(std::to_string(i));
  EXPECT_EQ(replayed_, all);
  const auto done = store_.find(job->id).value();
  EXPECT_EQ(done.total, 20U);
  EXPECT_EQ(done.done, 19U);
  EXPECT_EQ(done.skipped, 1U);
}

// What is open when it begins fires later, and is told live: it is no item of the replay, not even for a process that
// reads the index anew.
TEST_F(Replays, WhatFiresAfterItBeganIsNotAmongItsItems) {
  const auto job = store_.start(since(clock_.now()));
  EXPECT_EQ(job->total, 0U);
  clock_.advance(Millis{2});
  publish(3, 1);
  deliver();
  EXPECT_EQ(work(other_), JobState::Done);
  EXPECT_THAT(replayed_, IsEmpty());
}

TEST_F(Replays, TheIndexReachesBackToSoManyItemsAndSaysSo) {
  const auto then = clock_.now();
  publish(50, 15);
  deliver();
  auto few = makeReplays({std::chrono::days{7}, 20, Millis{5000}, 2});
  auto store = makeStore(few);
  const auto job = store.start(since(began_ - std::chrono::hours(1)));
  ASSERT_TRUE(job);
  EXPECT_EQ(job->total, 20U) << "15 of them, and the newest 5 of those before";
  EXPECT_EQ(job->completeSince, began_ + Millis{1}) << "others that changed in that millisecond are forgotten";
  EXPECT_EQ(work(store), JobState::Done);
  EXPECT_EQ(replayed_.front(), "15");
  EXPECT_EQ(replayed_.size(), 20U);
  EXPECT_EQ(store.count(since(then))->completeSince, std::nullopt);
  EXPECT_EQ(store.count(since(then))->total, 15U);
}

TEST_F(Replays, TheIndexReachesBackForSoLong) {
  clock_.advance(std::chrono::hours(2));
  publish(50, 3);
  deliver();
  auto brief = makeReplays({std::chrono::hours{1}, 1000, Millis{5000}, 2});
  auto store = makeStore(brief);
  const auto counted = store.count(since(began_)).value();
  EXPECT_EQ(counted.total, 3U);
  EXPECT_EQ(counted.completeSince, clock_.now() - std::chrono::hours(1));
  brief.turn();
  EXPECT_EQ(shard_.call({"HLEN", shard_.keys().changed()})->integer, 3);
}

TEST_F(Replays, ATurnBoundsTheIndex) {
  auto few = makeReplays({std::chrono::days{7}, 16, Millis{5000}, 2});
  few.turn();
  EXPECT_EQ(shard_.call({"HLEN", shard_.keys().changed()})->integer, 16);
  publish(50, 4);
  few.turn();
  EXPECT_EQ(shard_.call({"HLEN", shard_.keys().changed()})->integer, 20) << "a quarter more is let be";
  publish(60, 1);
  few.turn();
  EXPECT_EQ(shard_.call({"HLEN", shard_.keys().changed()})->integer, 16);
}

TEST_F(Replays, AnEntryThatCannotBeReadIsSetAsideAndTheIndexSaysThatItIsNotComplete) {
  replays_.turn();
  ASSERT_TRUE(shard_.call({"HSET", shard_.keys().changed(), "1n3", "rubbish"}));
  const auto counted = store_.count(since(began_)).value();
  EXPECT_EQ(counted.total, 19U);
  EXPECT_EQ(store_.count(since(began_))->completeSince, clock_.now());
  EXPECT_EQ(shard_.call({"HGET", shard_.keys().aside(), "change|1n3"})->text, "rubbish");
}

TEST_F(Replays, CountsSayWhatTheEndpointDoesNotWant) {
  auto registration = registry_.find(ids_[0])->registration;
  registration.filter.operations = {Operation::Create};
  ASSERT_TRUE(registry_.replace(ids_[0], registry_.find(ids_[0])->version, registration));
  const auto counted = store_.count(since(began_)).value();
  EXPECT_EQ(counted.total, 20U);
  EXPECT_EQ(counted.skipped, 20U);
  const auto job = store_.start(since(began_));
  EXPECT_EQ(work(store_), JobState::Done);
  EXPECT_THAT(replayed_, IsEmpty());
  EXPECT_EQ(store_.find(job->id)->skipped, 20U);
}

TEST_F(Replays, OfChangeTypesThatWereNotAskedForNothingIsTold) {
  auto order = since(began_);
  order.changeTypes = 2;
  EXPECT_EQ(store_.count(order)->total, 0U);
}

TEST_F(Replays, ADeletedEndpointEndsIt) {
  ASSERT_TRUE(store_.start(since(began_)));
  ASSERT_TRUE(registry_.remove(ids_[0]));
  const auto task = store_.take()->at(0);
  const auto moved = store_.move(task, store_.read(task)->letters);
  ASSERT_TRUE(moved);
  EXPECT_TRUE(moved->failed);
}

TEST_F(Replays, AnOrderComesBackAsItWasGiven) {
  auto order = since(began_);
  order.changeTypes = 5;
  order.owner = "someone";
  ASSERT_TRUE(store_.start(order));
  const auto task = store_.take()->at(0);
  EXPECT_EQ(task.order.action, JobAction::Replay);
  EXPECT_EQ(task.order.changeTypes, 5U);
  EXPECT_EQ(task.order.filter.endpointId, ids_[0]);
  EXPECT_EQ(task.order.filter.since, began_);
  EXPECT_EQ(task.order.by, "ada");
  EXPECT_EQ(task.order.owner, "someone");
  EXPECT_GT(task.until, clock_.now());
}

TEST_F(Replays, ManyItemsAreReadInParts) {
  auto many = makeReplays({std::chrono::days{7}, 100'000, Millis{5000}, 2});
  auto store = makeStore(many);
  for (int i = 0; i < 24; ++i) publish(1000 + 500 * static_cast<std::uint64_t>(i), 500);
  ASSERT_TRUE(shard_.call({"DEL", shard_.keys().messages(ids_[0]), shard_.keys().queue(ids_[0])}));
  ASSERT_TRUE(store.start(since(began_)));
  auto task = store.take()->at(0);
  const auto first = store.read(task).value();
  EXPECT_EQ(first.letters.size(), 10'000U);
  EXPECT_FALSE(first.last);
  EXPECT_TRUE(std::is_sorted(first.letters.begin(), first.letters.end(),
                             [](const auto& one, const auto& other) { return one.death < other.death; }));
  task.place = first.next;
  const auto second = store.read(task).value();
  EXPECT_EQ(second.letters.size(), 2'020U);
  EXPECT_TRUE(second.last);
  EXPECT_GT(second.letters.front().death, first.letters.back().death);
}

}  // namespace
}  // namespace lull::redis
