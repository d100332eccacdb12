// When a message is taken for the reason why a broker ends its connections.
#include <lull/brokers/suspects.hpp>

#include <gtest/gtest.h>

namespace lull::brokers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Loss kReset{"The broker desk is away: it closed the connection.", FailureClass::Reset};

TEST(Suspects, OfSeveralThatAreAccusedEachIsSuspectedUntilItHasEndedAndASingleOneIsCharged) {
  Suspects suspects;
  EXPECT_FALSE(suspects.accuse({2, 2}));
  EXPECT_TRUE(suspects.any());
  suspects.oneEnded();
  EXPECT_TRUE(suspects.any());
  EXPECT_TRUE(suspects.accuse({1, 1}));
  EXPECT_FALSE(suspects.any());
  EXPECT_TRUE(suspects.accuse({1, 1})) << "it needs no suspicion before";
  EXPECT_FALSE(suspects.accuse({0, 0}));
  EXPECT_FALSE(suspects.any());
}

TEST(Suspects, OneThatIsAwaitedAmongThoseGivenUpIsOnlySuspected) {
  Suspects suspects;
  EXPECT_FALSE(suspects.accuse({4, 1}));
  EXPECT_TRUE(suspects.any());
  EXPECT_TRUE(suspects.accuse({1, 1}));
  EXPECT_FALSE(suspects.any());
}

TEST(Suspects, OneOrTwoLossesBlameNobodyAndTheThirdInARowSuspectsAllThatWereUnderWay) {
  Suspects suspects;
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(suspects.lost(kReset, milliseconds(5), {3, 3}));
    EXPECT_FALSE(suspects.any());
  }
  EXPECT_FALSE(suspects.lost(kReset, milliseconds(5), {3, 3}));
  ASSERT_TRUE(suspects.any());
  suspects.oneEnded();
  EXPECT_TRUE(suspects.lost(kReset, milliseconds(5), {1, 1})) << "one at a time: it was this one";
  EXPECT_TRUE(suspects.any()) << "the third is still suspected";
  suspects.oneEnded();
  EXPECT_FALSE(suspects.any());
}

TEST(Suspects, AMessageThatIsAloneUnderWayIsChargedAtTheThirdLossAndTheRowBeginsAnew) {
  Suspects suspects;
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(suspects.lost(kReset, milliseconds(5), {1, 1}));
    EXPECT_FALSE(suspects.lost(kReset, milliseconds(5), {1, 1}));
    EXPECT_TRUE(suspects.lost(kReset, milliseconds(5), {1, 1}));
  }
}

TEST(Suspects, AConnectionThatLastedOrWasIdleOrWasLostBySilenceEndsTheRow) {
  const Loss silent{"The broker desk is away: it has not been heard of.", FailureClass::Timeout};
  for (const auto& [loss, stood, awaited] : {std::tuple<Loss, milliseconds, std::size_t>{kReset, seconds(10), 3},
                                             {kReset, milliseconds(5), 0},
                                             {silent, milliseconds(5), 3}}) {
    Suspects suspects;
    for (int i = 0; i < 2; ++i) EXPECT_FALSE(suspects.lost(kReset, milliseconds(5), {3, 3}));
    EXPECT_FALSE(suspects.lost(loss, stood, {awaited, awaited}));
    EXPECT_FALSE(suspects.lost(kReset, milliseconds(5), {3, 3}));
    EXPECT_FALSE(suspects.any());
  }
}

}  // namespace
}  // namespace lull::brokers
