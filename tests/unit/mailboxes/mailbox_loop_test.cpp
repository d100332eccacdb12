#include "../../support/manual_clock.hpp"

#include <lull/mailboxes/mailbox_loop.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace lull::mailboxes {
namespace {

using ::testing::ElementsAre;

/// Notes when it was asked.
struct NotedUpkeep : ports::MailboxUpkeep {
  Result<std::optional<Instant>> endLocks(Instant now) override {
    locksAt.push_back(millisOf(now) - kStart);
    if (away) return Error{ErrorCode::Unavailable, "Redis is away."};
    return nextEnd;
  }
  Result<std::vector<ports::ForgottenMailbox>> forgetIdle(Instant now) override {
    idleAt.push_back(millisOf(now) - kStart);
    if (away) return Error{ErrorCode::Unavailable, "Redis is away."};
    return std::vector<ports::ForgottenMailbox>{};
  }

  static constexpr std::int64_t kStart = 1'000'000'000'000;
  std::vector<std::int64_t> locksAt;
  std::vector<std::int64_t> idleAt;
  std::optional<Instant> nextEnd;
  bool away = false;
};

struct MailboxLoopTest : ::testing::Test {
  testing::ManualClock clock;
  NotedUpkeep mailboxes;
  MailboxLoop loop{mailboxes, clock, std::chrono::hours(240)};
};

TEST_F(MailboxLoopTest, LooksOnceASecondWhileNoLockIsKnown) {
  EXPECT_EQ(loop.turn(), std::chrono::seconds(1));
}

TEST_F(MailboxLoopTest, LooksAtOnceWhenALockRanOutMeanwhile) {
  mailboxes.nextEnd = clock.now();
  EXPECT_EQ(loop.turn(), std::chrono::seconds(0));
}

TEST_F(MailboxLoopTest, LooksAfterASecondAlsoWhenTheNextLockLastsLonger) {
  mailboxes.nextEnd = clock.now() + std::chrono::hours(1);
  EXPECT_EQ(loop.turn(), std::chrono::seconds(1));
}

TEST_F(MailboxLoopTest, LooksForIdleMailboxesOnceAMinute) {
  loop.turn();
  clock.advance(Millis{59'999});
  loop.turn();
  clock.advance(Millis{1});
  loop.turn();
  EXPECT_THAT(mailboxes.idleAt, ElementsAre(0, 60'000));
  EXPECT_THAT(mailboxes.locksAt, ElementsAre(0, 59'999, 60'000));
}

TEST_F(MailboxLoopTest, LooksMoreOftenWhenMailboxesMayBeIdleForAShortTimeOnly) {
  MailboxLoop quick(mailboxes, clock, Millis{10'000});
  quick.turn();
  clock.advance(Millis{1'000});
  quick.turn();
  EXPECT_THAT(mailboxes.idleAt, ElementsAre(0, 1'000));
}

TEST_F(MailboxLoopTest, AStoreThatWasAwayIsAskedAgainAtTheNextTurn) {
  mailboxes.away = true;
  EXPECT_EQ(loop.turn(), std::chrono::seconds(1));
  mailboxes.away = false;
  clock.advance(Millis{1'000});
  loop.turn();
  EXPECT_THAT(mailboxes.idleAt, ElementsAre(0, 1'000));
}

TEST_F(MailboxLoopTest, ItsThreadEndsAtAStop) {
  std::jthread thread([&] { loop.run(); });
  loop.stop();
}

}  // namespace
}  // namespace lull::mailboxes
