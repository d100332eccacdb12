#include "../../../service/rabbit/look.hpp"

#include <gtest/gtest.h>

namespace lull::rabbit {
namespace {

using std::chrono::milliseconds;

const Look::Moment kNow{std::chrono::hours(1)};

TEST(Looks, SayThatAQueueIsEmptyUntilAMessageComes) {
  Look look;
  EXPECT_TRUE(look.isDue(kNow));
  look.asked();
  EXPECT_FALSE(look.isDue(kNow)) << "the answer is under way";
  EXPECT_FALSE(look.isEmpty());
  look.answered(0, kNow);
  EXPECT_TRUE(look.isEmpty());
  EXPECT_FALSE(look.isDue(kNow + std::chrono::hours(1))) << "what comes is handed out";
  look.arrived();
  EXPECT_FALSE(look.isEmpty());
  EXPECT_TRUE(look.isDue(kNow));
}

TEST(Looks, AreMadeOnceInASecondWhereMessagesGoToAnotherConsumer) {
  Look look;
  look.asked();
  look.answered(3, kNow);
  EXPECT_FALSE(look.isEmpty());
  EXPECT_FALSE(look.isDue(kNow + milliseconds(999)));
  EXPECT_TRUE(look.isDue(kNow + milliseconds(1000)));
  look.arrived();
  EXPECT_TRUE(look.isDue(kNow)) << "it is handed out to us";
}

TEST(Looks, PassOverAnAnswerThatAMessageHasOvertaken) {
  Look look;
  look.asked();
  look.arrived();
  look.answered(0, kNow);
  EXPECT_FALSE(look.isEmpty());
}

}  // namespace
}  // namespace lull::rabbit
