#include <lull/redis/own_sign.hpp>

#include <gtest/gtest.h>

namespace lull::redis {
namespace {

using std::chrono::milliseconds;

class OwnSignTest : public ::testing::Test {
 protected:
  std::chrono::microseconds now_{milliseconds(5000)};
  OwnSign sign_{[this] { return now_; }};
};

TEST_F(OwnSignTest, CoversNothingBeforeItIsConfirmed) {
  EXPECT_EQ(sign_.slot(), 0U);
  EXPECT_FALSE(sign_.lives());
  EXPECT_FALSE(sign_.covers(0));
}

TEST_F(OwnSignTest, LivesForATtlFromTheSendingOfTheCallThatConfirmedIt) {
  EXPECT_FALSE(sign_.confirm("5:abc", milliseconds(4000)));
  EXPECT_EQ(sign_.slot(), 5U);
  EXPECT_TRUE(sign_.covers(5));
  EXPECT_FALSE(sign_.covers(4));
  now_ = milliseconds(5999);
  EXPECT_TRUE(sign_.lives());
  now_ = milliseconds(6000);
  EXPECT_FALSE(sign_.lives());
  EXPECT_FALSE(sign_.covers(5));
  EXPECT_EQ(sign_.slot(), 5U) << "a lease still names its process";
}

TEST_F(OwnSignTest, SaysWhetherTheOneBeforeHadRunOutOrWasTakenOver) {
  EXPECT_FALSE(sign_.confirm("5:abc", milliseconds(4000))) << "there was none";
  EXPECT_FALSE(sign_.confirm("5:abc", milliseconds(5999)));
  EXPECT_TRUE(sign_.confirm("5:abc", milliseconds(7999)));
  EXPECT_TRUE(sign_.confirm("6:abc", milliseconds(8000)));
  EXPECT_FALSE(sign_.confirm("6:abc", milliseconds(8001)));
}

TEST_F(OwnSignTest, CoversNothingWhenNoSlotWasFree) {
  sign_.confirm("5:abc", milliseconds(4000));
  sign_.confirm("", milliseconds(4500));
  EXPECT_EQ(sign_.slot(), 0U);
  EXPECT_FALSE(sign_.lives());
  EXPECT_FALSE(sign_.covers(5));
}

TEST_F(OwnSignTest, ItsNonceIsItsOwn) {
  const OwnSign other([] { return std::chrono::microseconds{0}; });
  EXPECT_NE(sign_.question().at(1), other.question().at(1));
  EXPECT_EQ(sign_.question().at(0), "");
  EXPECT_EQ(sign_.question().at(2), "2000");
}

}  // namespace
}  // namespace lull::redis
