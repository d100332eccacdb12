// What becomes of messages while a broker is away or silent, and when Lull stops.
#include "stomp/scene.hpp"

#include <set>

namespace lull::stomp {
namespace {

using ::testing::HasSubstr;
using SteadyClock = std::chrono::steady_clock;

struct StompOutage : StompScene {};

TEST_F(StompOutage, ALoginThatIsRefusedNamesNoPassword) {
  auto stranger = broker();
  stranger.password = "hounds-and-hare";
  start(stranger);
  const auto one = result(deliver(endpoint("customers.x"), "msg_1"));
  expectUncharged(one);
  EXPECT_EQ(one.sentence, "The broker desk is away: it refused the login (User name [lull] or password is invalid.).");
  EXPECT_EQ(alerts_.all().size(), 1U);
}

TEST_F(StompOutage, TlsIsVerified) {
  auto secure = broker();
  secure.tls = true;
  secure.host = "localhost";
  secure.port = server().tlsPort();
  secure.caFile = server().caFile();
  const auto queue = freshQueue();
  const auto to = endpoint(queue);
  start(secure);
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  EXPECT_EQ(result(deliver(to, "msg_large", "\"" + std::string(60'000, 'x') + "\"")).outcome, Outcome::Delivered);

  secure.caFile.clear();  // the system's authorities do not know the test's
  start(secure);
  auto one = result(deliver(to, "msg_2"));
  expectUncharged(one);
  EXPECT_EQ(one.failure, FailureClass::Tls);

  secure.caFile = server().caFile();
  secure.host = "127.0.0.1";  // which the certificate is not for
  start(secure);
  one = result(deliver(to, "msg_3"));
  expectUncharged(one);
  EXPECT_EQ(one.sentence, "The broker desk is away: its certificate is for another name.");
  const auto reader = readerOf(queue);
  EXPECT_EQ(reader->next().value().body, "\"msg_1\"");
  EXPECT_EQ(reader->next().value().body.size(), 60'002U);
  EXPECT_FALSE(reader->next(200));
}

TEST_F(StompOutage, ABrokerThatIsSilentIsAwayAndComesBackByItself) {
  settings_.heartbeat = std::chrono::seconds(1);
  start(broker());
  const auto queue = freshQueue();
  const auto to = endpoint(queue);
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  server().pause();
  const auto began = SteadyClock::now();
  std::vector<Answer> answers;
  for (int i = 0; i < 200; ++i)
    answers.push_back(
        deliver(to, "msg_big" + std::to_string(i), "\"" + std::string(30'000, 'x') + "\"", Millis{2'500}));
  for (auto& answer : answers) expectUncharged(result(std::move(answer)));
  EXPECT_LT(SteadyClock::now() - began, Millis{4'000}) << "each ends by its deadline";
  // It is missed after three heartbeats, without any message.
  while (alerts_.all().empty() && SteadyClock::now() - began < std::chrono::seconds(5))
    std::this_thread::sleep_for(Millis{20});
  EXPECT_LT(SteadyClock::now() - began, Millis{4'600});
  server().resume();
  EXPECT_EQ(onceThere(to, "msg_2").outcome, Outcome::Delivered);
}

TEST_F(StompOutage, AnIdleConnectionStaysByItsHeartbeats) {
  settings_.heartbeat = std::chrono::seconds(1);
  start(broker());
  const auto to = endpoint(freshQueue());
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  std::this_thread::sleep_for(Millis{4'500});  // nothing else tells of something that does not happen
  EXPECT_THAT(alerts_.all(), ::testing::IsEmpty());
  EXPECT_EQ(result(deliver(to, "msg_2")).outcome, Outcome::Delivered);
}

TEST_F(StompOutage, AStopAnswersEverythingAtOnceAlsoWhenTheBrokerIsSilent) {
  start(broker());
  const auto to = endpoint(freshQueue());
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  server().pause();
  std::vector<Answer> more;
  for (int i = 0; i < 200; ++i) more.push_back(deliver(to, "msg_big", "\"" + std::string(60'000, 'x') + "\""));
  std::this_thread::sleep_for(Millis{100});  // so that the first ones are published: nothing tells of that
  channel().stopStarting();
  const auto refused = result(deliver(to, "msg_3"));
  EXPECT_EQ(refused.outcome, Outcome::Released);
  EXPECT_FALSE(refused.parks);
  const auto began = SteadyClock::now();
  channel().stop();
  EXPECT_LT(SteadyClock::now() - began, Millis{900});
  int released = 0;
  int cutOff = 0;
  for (auto& answer : more) {
    ASSERT_EQ(answer.wait_for(Millis{0}), std::future_status::ready);
    const auto one = answer.get();
    if (one.outcome == Outcome::Released)
      ++released;
    else
      cutOff += one.cutOff ? 1 : 0;
  }
  EXPECT_EQ(released + cutOff, 200);
  EXPECT_GT(released, 0) << "what had no room was not published";
  EXPECT_GT(cutOff, 0);
  server().resume();
}

TEST_F(StompOutage, WhatWasConfirmedByABrokerThatIsKilledIsThereWhenItIsBack) {
  constexpr int kMessages = 6'000;
  start(broker());
  const auto queue = freshQueue();
  const auto to = endpoint(queue);
  EXPECT_EQ(result(deliver(to, "msg_first")).outcome, Outcome::Delivered);
  std::vector<Answer> answers;
  for (int i = 0; i < kMessages; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i)));
  answers[300].wait();
  server().kill9();
  std::set<std::string> confirmed{"\"msg_first\""};
  std::vector<std::string> uncharged;
  for (int i = 0; i < kMessages; ++i) {
    const auto one = result(std::move(answers[static_cast<std::size_t>(i)]));
    const auto id = "msg_" + std::to_string(i);
    if (one.outcome == Outcome::Delivered) {
      confirmed.insert("\"" + id + "\"");
    } else {
      expectUncharged(one);
      uncharged.push_back(id);
    }
  }
  EXPECT_GT(confirmed.size(), 300U);
  EXPECT_FALSE(uncharged.empty()) << "it was killed too late to prove anything";
  // Answered at once, as long as no attempt to connect runs.
  const auto began = SteadyClock::now();
  for (int i = 0; i < 20; ++i) expectUncharged(result(deliver(to, "msg_late")));
  EXPECT_LT(SteadyClock::now() - began, Millis{2'000});
  EXPECT_EQ(alerts_.all().size(), 1U);
  server().start();
  EXPECT_EQ(onceThere(to, uncharged.front()).outcome, Outcome::Delivered);
  std::set<std::string> there;
  const auto reader = readerOf(queue);
  while (const auto read = reader->next(1'000)) there.insert(read->body);
  EXPECT_TRUE(std::ranges::includes(there, confirmed)) << "something that was confirmed is lost";
}

}  // namespace
}  // namespace lull::stomp
