// Links into queues: what becomes of them, and of what is under way by them.
#include "scene.hpp"

namespace lull::amqp {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Links = Amqp;

// Nothing is wrong with the messages: those that the broker did not settle go by the next link.
TEST_F(Links, ALinkThatTheBrokerClosesForItsOwnReasonsChargesNothing) {
  start(broker());
  const auto to = endpoint("sheds");
  std::vector<Answer> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i)));
  for (auto& answer : answers) {
    const auto one = result(std::move(answer));
    EXPECT_EQ(one.outcome, Outcome::Delivered) << one.sentence;
  }
  const auto bodies = bodiesOf("sheds");
  ASSERT_GE(bodies.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(bodies[bodies.size() - 5 + i], "\"msg_" + std::to_string(i) + "\"") << "the order";
  EXPECT_EQ(peer_.links("sheds"), 2);
  EXPECT_EQ(peer_.connections(), 1);
}

TEST_F(Links, AQueueWhoseLinkIsClosedAgainAndAgainIsNotAttachedAtFullSpeed) {
  start(broker());
  const auto one = result(deliver(endpoint("drops"), "msg_1", {}, Millis{750}));
  EXPECT_EQ(one.outcome, Outcome::Retryable);
  EXPECT_EQ(one.sentence, "The broker desk did not confirm the message within the time-out.");
  EXPECT_GE(peer_.links("drops"), 2);
  EXPECT_LE(peer_.links("drops"), 4);
  EXPECT_EQ(peer_.connections(), 1);
}

// No attempt says why, while there is no message.
TEST_F(Links, ADeclaredQueueThatIsRefusedIsLoggedOnce) {
  ::testing::internal::CaptureStdout();
  endpoint("missing", true);
  start(broker());
  EXPECT_TRUE(soon([&] { return peer_.links("missing") == 1; }));
  endpoint("missing.too", true);
  EXPECT_EQ(result(deliver(endpoint("customer-17"), "msg_1")).outcome, Outcome::Delivered);
  EXPECT_TRUE(soon([&] { return peer_.links("missing") == 2 && peer_.links("missing.too") == 1; }));
  EXPECT_EQ(result(deliver(endpoint("customer-17"), "msg_2")).outcome, Outcome::Delivered);
  const auto log = ::testing::internal::GetCapturedStdout();
  const std::string line = R"("message":"the broker refuses a queue","broker":"desk","queue":"missing",)";
  EXPECT_THAT(log, AllOf(HasSubstr(line), HasSubstr("amqp:not-found no queue missing"), HasSubstr("missing.too")));
  EXPECT_EQ(log.find(line), log.rfind(line)) << log;
}

// Also of endpoints that are gone.
TEST_F(Links, ALinkThatNobodyHasUsedForLongIsClosedAndAttachedAgainByTheNextMessage) {
  settings_.heartbeat = std::chrono::hours(1);
  start(broker());
  const auto old = endpoint("old");
  const auto used = endpoint("used");
  EXPECT_EQ(result(deliver(old, "msg_1")).outcome, Outcome::Delivered);
  ahead_ = std::chrono::minutes(9);
  EXPECT_EQ(result(deliver(used, "msg_2")).outcome, Outcome::Delivered);
  EXPECT_EQ(peer_.openLinks("old"), 1);
  ahead_ = std::chrono::minutes(11);
  EXPECT_EQ(result(deliver(used, "msg_3")).outcome, Outcome::Delivered);
  EXPECT_TRUE(soon([&] { return peer_.openLinks("old") == 0; }));
  EXPECT_EQ(peer_.openLinks("used"), 1);
  EXPECT_EQ(result(deliver(old, "msg_4")).outcome, Outcome::Delivered);
  EXPECT_EQ(peer_.links("old"), 2);
  EXPECT_EQ(peer_.connections(), 1);
}

}  // namespace
}  // namespace lull::amqp
