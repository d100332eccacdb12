#include <lull/domain/letter_group.hpp>

#include <gtest/gtest.h>

namespace lull {
namespace {

TEST(LetterGroup, TheKeyOfACauseLeadsBackToIt) {
  for (const auto reason :
       {DeathReason::Exhausted, DeathReason::Permanent, DeathReason::Expired, DeathReason::Poisoned}) {
    for (std::size_t i = 0; i < kFailureClasses; ++i) {
      const Cause cause{"ep_1", reason, std::nullopt, static_cast<FailureClass>(i)};
      DeadLetterFilter filter;
      ASSERT_TRUE(narrowToGroup(filter, keyOf(cause))) << keyOf(cause);
      EXPECT_EQ(filter.endpointId, cause.endpoint);
      EXPECT_EQ(filter.reason, reason);
      EXPECT_EQ(filter.failure, cause.failure);
      EXPECT_FALSE(filter.code);
    }
  }
  EXPECT_EQ(keyOf({"ep_1", DeathReason::Permanent, 400, FailureClass::None}), "ep_1:permanent:400");
}

TEST(LetterGroup, AClassMatchesOnlyLettersWithoutACode) {
  DeadLetterFilter filter;
  ASSERT_TRUE(narrowToGroup(filter, "ep_1:exhausted:none"));
  DeadLetter letter;
  letter.endpointId = "ep_1";
  EXPECT_TRUE(filter.matches(letter));
  letter.lastCode = 503;
  EXPECT_FALSE(filter.matches(letter));
  letter.lastCode.reset();
  letter.failure = FailureClass::Tls;
  EXPECT_FALSE(filter.matches(letter));
  EXPECT_FALSE(filter.empty());
}

TEST(LetterGroup, AKeyThatContradictsTheFilterChangesNothing) {
  DeadLetterFilter filter;
  filter.code = 500;
  EXPECT_FALSE(narrowToGroup(filter, "ep_1:exhausted:503"));
  EXPECT_FALSE(narrowToGroup(filter, "ep_1:exhausted:tls"));
  EXPECT_FALSE(filter.endpointId);
  EXPECT_TRUE(narrowToGroup(filter, "ep_1:exhausted:500"));
}

}  // namespace
}  // namespace lull
