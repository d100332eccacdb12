#include <lull/dispatch/quarantine.hpp>

#include <gtest/gtest.h>

namespace lull::dispatch {
namespace {

using Step = Quarantine::Step;
using std::chrono::milliseconds;
using std::chrono::seconds;

const auto kBegun = Quarantine::Time{} + std::chrono::hours(1);

Claim suspect(std::uint64_t token, std::uint32_t losses = 2) {
  Claim claim;
  claim.token = token;
  claim.losses = losses;
  return claim;
}

TEST(Quarantine, IsForMessagesThatLostTwoLeases) {
  EXPECT_FALSE(Quarantine::isSuspect(suspect(1, 1)));
  EXPECT_TRUE(Quarantine::isSuspect(suspect(1, 2)));
}

TEST(Quarantine, WaitsUntilNothingRunsThenSendsAlone) {
  Quarantine quarantine;
  EXPECT_FALSE(quarantine.active());
  quarantine.hold(suspect(1), kBegun);
  EXPECT_EQ(quarantine.next(kBegun, 3), Step::Wait);
  EXPECT_EQ(quarantine.waitLeft(kBegun), seconds(1));
  EXPECT_EQ(quarantine.next(kBegun + milliseconds(300), 0), Step::SendAlone);
  EXPECT_FALSE(quarantine.alone());
  quarantine.sentAlone(kBegun + milliseconds(300));
  EXPECT_TRUE(quarantine.alone());
  EXPECT_EQ(quarantine.next(kBegun + milliseconds(1299), 1), Step::Wait) << "its second begins when it is sent";
  EXPECT_EQ(quarantine.next(kBegun + milliseconds(1300), 1), Step::GoOn);
}

TEST(Quarantine, SendsBesideOthersWhenTheyDoNotEndInTime) {
  Quarantine quarantine;
  quarantine.hold(suspect(1), kBegun);
  EXPECT_EQ(quarantine.next(kBegun + milliseconds(999), 1), Step::Wait);
  EXPECT_EQ(quarantine.next(kBegun + seconds(1), 1), Step::SendBeside);
}

TEST(Quarantine, DoublesItsPatienceWithEachFurtherLoss) {
  Quarantine quarantine;
  quarantine.hold(suspect(1, 4), kBegun);
  EXPECT_EQ(quarantine.next(kBegun + milliseconds(3999), 1), Step::Renew) << "its lease, which is shorter";
  quarantine.renewed(kBegun + milliseconds(3999), Millis(25'000), 7);
  EXPECT_EQ(quarantine.next(kBegun + milliseconds(3999), 1), Step::Wait);
  EXPECT_EQ(quarantine.waitLeft(kBegun + milliseconds(3999)), milliseconds(1));
  EXPECT_EQ(quarantine.next(kBegun + seconds(4), 1), Step::SendBeside);
  quarantine.done(kBegun + seconds(4));
  quarantine.hold(suspect(2, 255), kBegun + seconds(60));
  EXPECT_EQ(quarantine.next(kBegun + seconds(60 + 128), 1), Step::SendBeside);
}

TEST(Quarantine, TakesSuspectsInTurnForASecondAndPutsTheRestBack) {
  Quarantine quarantine;
  for (std::uint64_t token = 1; token <= 4; ++token) quarantine.hold(suspect(token), kBegun);
  EXPECT_TRUE(quarantine.surplus(kBegun + milliseconds(500)).empty());
  quarantine.sentAlone(kBegun + milliseconds(500));
  quarantine.done(kBegun + milliseconds(510));
  EXPECT_EQ(quarantine.current().token, 2U);
  EXPECT_FALSE(quarantine.alone());
  const auto back = quarantine.surplus(kBegun + seconds(1));
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back[0].token, 3U);
  EXPECT_TRUE(quarantine.active());
  quarantine.done(kBegun + seconds(1));
  EXPECT_FALSE(quarantine.active());
}

TEST(Quarantine, LeavesFourTimesAsMuchTimeToTheOthers) {
  Quarantine quarantine;
  EXPECT_EQ(quarantine.rest(kBegun), seconds(0));
  quarantine.hold(suspect(1), kBegun);
  quarantine.hold(suspect(2), kBegun);
  quarantine.done(kBegun + seconds(2));
  EXPECT_FALSE(quarantine.active());
  EXPECT_EQ(quarantine.surplus(kBegun + seconds(2)).size(), 1U);
  EXPECT_EQ(quarantine.rest(kBegun + seconds(2)), seconds(8));
  EXPECT_EQ(quarantine.rest(kBegun + seconds(11)), seconds(0));
}

TEST(Quarantine, GivesBackAtTheEndWhatWasNotSent) {
  Quarantine quarantine;
  quarantine.hold(suspect(1), kBegun);
  quarantine.hold(suspect(2), kBegun);
  EXPECT_EQ(quarantine.unsent().size(), 2U);
  quarantine.hold(suspect(3), kBegun);
  quarantine.hold(suspect(4), kBegun);
  quarantine.sentAlone(kBegun);
  const auto unsent = quarantine.unsent();
  ASSERT_EQ(unsent.size(), 1U);
  EXPECT_EQ(unsent[0].token, 4U);
}

}  // namespace
}  // namespace lull::dispatch
