#include <lull/domain/signing_secrets.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lull {

namespace {

using std::chrono::hours;
using ::testing::ElementsAre;

const Instant kStart = instantOf(1'700'000'000'000);

TEST(SigningSecrets, TheReplacedOneSignsForADayFromItsOwnRotation) {
  auto secrets = rotated({"a"}, "b", kStart);
  secrets = rotated(secrets, "c", kStart + hours(1));
  EXPECT_EQ(secrets.current, "c");
  EXPECT_THAT(secrets.retired,
              ElementsAre(RetiredSecret{"b", kStart + hours(25)}, RetiredSecret{"a", kStart + hours(24)}));
}

TEST(SigningSecrets, WhatHasEndedGoesWithTheNextChange) {
  const auto secrets = rotated(rotated({"a"}, "b", kStart), "c", kStart + hours(24));
  EXPECT_THAT(secrets.retired, ElementsAre(RetiredSecret{"b", kStart + hours(48)}));
  EXPECT_TRUE(withoutEnded(secrets, kStart + hours(48)).retired.empty());
  EXPECT_EQ(withoutEnded(secrets, kStart + hours(48) - Millis{1}), secrets);
}

TEST(SigningSecrets, TheCurrentOneGivenAgainChangesNothing) {
  const auto secrets = rotated({"a"}, "b", kStart);
  EXPECT_EQ(rotated(secrets, "b", kStart + hours(1)), secrets);
}

TEST(SigningSecrets, OneThatIsBroughtBackIsNotRetiredAnyMore) {
  const auto secrets = rotated(rotated({"a"}, "b", kStart), "a", kStart);
  EXPECT_EQ(secrets.current, "a");
  EXPECT_THAT(secrets.retired, ElementsAre(RetiredSecret{"b", kStart + hours(24)}));
}

TEST(SigningSecrets, FiveAreKeptAndTheOldestGoesFirst) {
  SigningSecrets secrets{"a"};
  std::vector<std::string> early;
  for (const std::string next : {"b", "c", "d", "e", "f"}) {
    const auto before = secrets;
    secrets = rotated(secrets, next, kStart);
    if (endedEarly(before, secrets, kStart)) early.push_back(next);
  }
  EXPECT_EQ(secrets.current, "f");
  std::vector<std::string> retired;
  for (const auto& one : secrets.retired) retired.push_back(one.secret);
  EXPECT_THAT(retired, ElementsAre("e", "d", "c", "b"));
  EXPECT_THAT(early, ElementsAre("f"));
}

TEST(SigningSecrets, NoneEndsEarlyThatEndsInTimeOrIsBroughtBack) {
  const auto secrets = rotated({"a"}, "b", kStart);
  EXPECT_FALSE(endedEarly(secrets, rotated(secrets, "a", kStart), kStart));
  EXPECT_FALSE(endedEarly(secrets, rotated(secrets, "c", kStart + hours(24)), kStart + hours(24)));
}

}  // namespace

}  // namespace lull
