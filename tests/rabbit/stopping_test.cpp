// What is told of messages that are under way when Lull stops, or when the broker is killed.
#include "rabbit/scene.hpp"

namespace lull::rabbit {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Stopping : RabbitScene {};

TEST_F(Stopping, AStopAnswersEverythingAtOnceAlsoWhenTheBrokerIsSilent) {
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto to = endpoint({"fs", "", "", queue});
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  server().pause();
  auto published = deliver(to, "msg_2");
  std::vector<Answer> more;
  for (int i = 0; i < 100; ++i) more.push_back(deliver(to, "msg_big", "\"" + std::string(60'000, 'x') + "\""));
  server().awaitUnread(1);  // the first one, too, is published then
  channel().stopStarting();
  const auto refused = result(deliver(to, "msg_3"));
  EXPECT_EQ(refused.outcome, Outcome::Released);
  EXPECT_FALSE(refused.parks);
  const auto began = SteadyClock::now();
  channel().stop();
  EXPECT_LT(SteadyClock::now() - began, Millis{900});
  ASSERT_EQ(published.wait_for(Millis{0}), std::future_status::ready);
  EXPECT_TRUE(published.get().cutOff);
  int released = 0;
  for (auto& answer : more) {
    ASSERT_EQ(answer.wait_for(Millis{0}), std::future_status::ready);
    const auto one = answer.get();
    if (one.outcome == Outcome::Released) ++released;
    EXPECT_TRUE(one.cutOff || one.outcome == Outcome::Released) << one.sentence;
  }
  EXPECT_GT(released, 0) << "what had no room was not published";
  auto after = deliver(to, "msg_4");
  ASSERT_EQ(after.wait_for(Millis{0}), std::future_status::ready);
  EXPECT_EQ(after.get().outcome, Outcome::Released);
  server().resume();
}

TEST_F(Stopping, AfterAStopWhatRunsIsConfirmed) {
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto to = endpoint({"fs", "", "", queue});
  EXPECT_EQ(result(deliver(to, "msg_0")).outcome, Outcome::Delivered);
  std::vector<Answer> answers;
  for (int i = 0; i < 300; ++i) answers.push_back(deliver(to, "msg_1"));
  channel().stopStarting();
  std::uint32_t delivered = 1;
  for (auto& answer : answers) {
    const auto one = result(std::move(answer));
    if (one.outcome == Outcome::Delivered) ++delivered;
    EXPECT_TRUE(one.outcome == Outcome::Delivered || one.outcome == Outcome::Released) << one.sentence;
  }
  EXPECT_EQ(reader_.count(queue), delivered);
}

TEST_F(Stopping, OfManyBrokersTakesNoLongerThanOfOne) {
  std::vector<Broker> brokers;
  for (const auto* name : {"fs", "fs2", "fs3", "fs4", "fs5"}) brokers.emplace_back(broker()).name = name;
  start(brokers);
  const auto queue = fresh("queue");
  reader_.queue(queue);
  std::vector<std::shared_ptr<const Endpoint>> endpoints;
  for (const auto& one : brokers) endpoints.push_back(endpoint({one.name, "", "", queue}));
  for (const auto& to : endpoints) EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  server().pause();
  std::vector<Answer> answers;
  // More than the system takes over, so that each link is in the middle of it.
  for (const auto& to : endpoints) answers.push_back(deliver(to, "msg_2", "\"" + std::string(8'000'000, 'x') + "\""));
  server().awaitUnread(static_cast<int>(endpoints.size()));
  const auto began = SteadyClock::now();
  channel().stop();
  EXPECT_LT(SteadyClock::now() - began, Millis{700});
  server().resume();
  for (auto& answer : answers) EXPECT_TRUE(result(std::move(answer)).cutOff);
}

// The last one of the suite: nobody needs the broker any more. What it has after it was started again is looked at end
// to end (tests/e2e/rabbit.test.mjs).
TEST_F(Stopping, OfABrokerThatIsKilledMidStreamOneAlertIsRaisedAndNothingIsCharged) {
  constexpr int kMessages = 8'000;
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto to = endpoint({"fs", "", "", queue});
  EXPECT_EQ(result(deliver(to, "msg_first")).outcome, Outcome::Delivered);
  EXPECT_THAT(alerts_.all(), ::testing::IsEmpty());
  std::vector<Answer> answers;
  for (int i = 0; i < kMessages; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i)));
  answers[500].wait();
  server().kill9();
  int confirmed = 0;
  for (auto& answer : answers) {
    const auto one = result(std::move(answer));
    if (one.outcome == Outcome::Delivered)
      ++confirmed;
    else
      expectUncharged(one);
  }
  EXPECT_GT(confirmed, 500);
  EXPECT_LT(confirmed, kMessages) << "it was killed too late to prove anything";
  // Answered at once, as long as no attempt to connect runs.
  const auto began = SteadyClock::now();
  for (int i = 0; i < 20; ++i) expectUncharged(result(deliver(to, "msg_late")));
  EXPECT_LT(SteadyClock::now() - began, Millis{2'000});
  ASSERT_EQ(alerts_.all().size(), 1U);
  EXPECT_THAT(alerts_.all().front(), ::testing::StartsWith("The broker fs is away: the connection ended"));
  const auto status = channel().status("fs").value();
  EXPECT_EQ(toString(status.state), "away");
  EXPECT_EQ(status.confirmed, static_cast<std::uint64_t>(confirmed) + 1) << "with the first one";
}

}  // namespace
}  // namespace lull::rabbit
