// Processes that share a Redis, each with a clock of its own: what one does when another gives no sign of life.
#include "two_endpoints.hpp"

#include <lull/redis/take_over.hpp>

#include <gmock/gmock.h>

namespace lull::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What a process needs to give signs, to claim and to take over.
struct SigningProcess {
  SigningProcess(const testing::RedisServer& server, testing::ManualClock& clock, const ClockSources& sources)
      : serverClock(sources),
        shard(settingsFor(server), clock, meter),
        queue(shard, {std::chrono::hours(96), Millis{5000}, 0, Millis{10'000}, Millis{10'000}, 100'000},
              serverClock.sign()),
        takeOver(shard, serverClock, registry, [this] { ++woken; }) {}

  /// A turn of the clock's thread. Returns how long it would wait.
  std::chrono::nanoseconds turn() { return takeOver.look(serverClock.sample(shard).value().signs); }

  ServerClock serverClock;
  NoMeter meter;
  Shard shard;
  EndpointRegistry registry{shard};
  QueueStore queue;
  TakeOver takeOver;
  int woken = 0;
};

class TakeOverTest : public TwoEndpoints {
 protected:
  TakeOverTest() : TwoEndpoints(4) {}

  void SetUp() override {
    TwoEndpoints::SetUp();
    one_ = begin();
    two_ = begin();
    for (auto* process : {one_.get(), two_.get()}) process->turn();
    pass(seconds(3), {one_.get(), two_.get()});  // nobody takes over right after the first run id
  }
  std::unique_ptr<SigningProcess> begin() {
    ClockSources sources;
    sources.boot = [this] { return std::chrono::microseconds(seconds(5) + real_); };
    sources.bootId = "boot-a";
    sources.host = [this] { return kStart + real_; };
    sources.server = [this] { return std::to_string(millisOf(kStart + real_)); };
    return std::make_unique<SigningProcess>(server_, clock_, sources);
  }
  /// Time passes in which these processes do their turns; the others stand still.
  void pass(Millis time, const std::vector<SigningProcess*>& processes) {
    for (const auto end = real_ + time; real_ < end; real_ += milliseconds(500)) {
      for (auto* process : processes) process->turn();
    }
  }
  std::vector<Claim> claim(SigningProcess& process, std::uint32_t most = 100) {
    std::vector<ports::ClaimLimit> limits;
    for (const auto& id : ids_) limits.push_back({id, 100, 100, Millis{25'000}});
    return process.queue.claim(clock_.now(), limits, most).value().claims;
  }
  std::uint64_t stale(SigningProcess& process, const Claim& claim) {
    ports::Settlement settlement;
    settlement.endpoint = claim.endpoint;
    settlement.key = claim.key;
    settlement.token = claim.token;
    return process.queue.settle(clock_.now(), {settlement}, {}).value().stale;
  }

  static constexpr Instant kStart{Millis{1'763'900'000'000}};
  Millis real_{0};
  std::unique_ptr<SigningProcess> one_, two_;
};

TEST_F(TakeOverTest, ClaimsNameTheirProcessAndMayStartWhileItsSignIsConfirmed) {
  const auto claims = claim(*one_, 2);
  ASSERT_THAT(claims, SizeIs(2));
  const auto& sign = one_->serverClock.sign();
  EXPECT_NE(sign.slot(), two_->serverClock.sign().slot());
  EXPECT_EQ(claims[0].slot, sign.slot());
  EXPECT_TRUE(sign.covers(claims[0].slot));
  EXPECT_FALSE(two_->serverClock.sign().covers(claims[0].slot));
  real_ += seconds(2);
  EXPECT_FALSE(sign.covers(claims[0].slot)) << "not renewed";
  one_->turn();
  EXPECT_TRUE(sign.covers(claims[0].slot));
}

TEST_F(TakeOverTest, TheLeasesOfAProcessThatIsGoneAreTakenOverWithinSeconds) {
  ASSERT_THAT(claim(*one_, 5), SizeIs(5));
  const auto since = real_;
  pass(seconds(2), {two_.get()});
  EXPECT_EQ(two_->woken, 0) << "its sign is still valid";
  while (two_->woken == 0) {
    ASSERT_LT(real_ - since, seconds(5));
    real_ += std::chrono::ceil<Millis>(two_->turn());
  }
  const auto taken = claim(*two_);
  EXPECT_THAT(taken, SizeIs(8)) << "those and what waited";
  EXPECT_THAT(claim(*two_), IsEmpty());
}

TEST_F(TakeOverTest, AProcessThatWasFrozenGetsAnotherSlotAndItsTokensAreStale) {
  const auto claims = claim(*one_);
  pass(seconds(6), {two_.get()});
  EXPECT_GT(two_->woken, 0);
  ASSERT_THAT(claim(*two_), SizeIs(8));
  one_->turn();
  const auto& sign = one_->serverClock.sign();
  EXPECT_TRUE(sign.lives());
  EXPECT_FALSE(sign.covers(claims[0].slot)) << "what it had not started yet is released";
  EXPECT_EQ(stale(*one_, claims[0]), 1U);
}

TEST_F(TakeOverTest, NobodyTakesOverAfterAllWereCutOffTogether) {
  claim(*one_, 4);
  claim(*two_, 4);
  real_ += seconds(60);  // Redis did not answer
  two_->turn();
  two_->turn();
  real_ += seconds(1);
  two_->turn();
  EXPECT_EQ(two_->woken, 0);
  one_->turn();  // it comes back a second later
  pass(seconds(6), {one_.get(), two_.get()});
  EXPECT_EQ(one_->woken + two_->woken, 0);
}

TEST_F(TakeOverTest, NobodyTakesOverFromOneWhoRenewsAtTheLastMoment) {
  claim(*one_, 4);
  pass(milliseconds(2500), {two_.get()});
  one_->turn();
  pass(seconds(6), {one_.get(), two_.get()});
  EXPECT_EQ(two_->woken, 0);
}

TEST_F(TakeOverTest, WhoOwnsTheStoreAloneFreesAllLeasesAtItsStart) {
  ASSERT_THAT(claim(*one_), SizeIs(8));
  const auto next = begin();
  ASSERT_TRUE(next->serverClock.sample(next->shard));
  next->takeOver.freeOthers();
  EXPECT_THAT(claim(*next), SizeIs(8));
}

TEST_F(TakeOverTest, ASignEndsWithItsProcess) {
  one_->takeOver.endOwnSign();
  EXPECT_EQ(shard_.call({"ZCARD", shard_.keys().signs()}).value().integer, 1);
  pass(seconds(6), {two_.get()});
  EXPECT_EQ(two_->woken, 0);
}

TEST_F(TakeOverTest, ASignThatRanOutIsNotEndedBecauseLeasesMayBeTakenOverByIt) {
  real_ += seconds(2);
  one_->takeOver.endOwnSign();
  EXPECT_EQ(shard_.call({"ZCARD", shard_.keys().signs()}).value().integer, 2);
}

}  // namespace
}  // namespace lull::redis
