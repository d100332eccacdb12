// What becomes of messages by whatever a broker of AMQP 1.0 says.
#include "scene.hpp"

namespace lull::amqp {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using SteadyClock = std::chrono::steady_clock;

TEST_F(Amqp, AMessageHasItsPropertiesAndItsBodyByteForByte) {
  start(broker());
  const auto data = R"({"b": 1.50,  "a": "blåbær 🫐 \u0000"})";
  const auto before = std::chrono::system_clock::now();
  const auto one = result(deliver(endpoint("customer-17"), "msg_1", data));
  EXPECT_EQ(one.outcome, Outcome::Delivered) << one.sentence;
  EXPECT_EQ(one.code, 200);
  EXPECT_EQ(one.sentence, "");
  const auto all = peer_.of("customer-17");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].body, data);
  EXPECT_EQ(all[0].id, "msg_1");
  EXPECT_EQ(all[0].contentType, "application/x-data");
  EXPECT_TRUE(all[0].inferred) << "the body is no data section";
  EXPECT_TRUE(all[0].durable);
  EXPECT_NEAR(static_cast<double>(all[0].creationTime) / 1000,
              std::chrono::duration<double>(before.time_since_epoch()).count(), 5.0);
  EXPECT_THAT(all[0].properties, UnorderedElementsAre(Pair("Lull-Sequence", "7"), Pair("Lull-Event-Count", "1"),
                                                      Pair("Lull-Attempt", "1")));
  EXPECT_THAT(peer_.attached(), UnorderedElementsAre(Pair("customer-17", std::vector<std::string>{"queue"})));
}

TEST_F(Amqp, ManyAreInFlightAtOnceAndArriveInTheirOrder) {
  constexpr int kMessages = 3000;
  start(broker());
  const auto to = endpoint("customer-17");
  std::vector<Answer> answers;
  for (int i = 0; i < kMessages; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i)));
  for (auto& answer : answers) ASSERT_EQ(result(std::move(answer)).outcome, Outcome::Delivered);
  const auto bodies = bodiesOf("customer-17");
  ASSERT_EQ(bodies.size(), static_cast<std::size_t>(kMessages));
  for (int i = 0; i < kMessages; ++i)
    ASSERT_EQ(bodies[static_cast<std::size_t>(i)], "\"msg_" + std::to_string(i) + "\"");
  EXPECT_EQ(peer_.connections(), 1);
}

TEST_F(Amqp, WhatIsGivenBackIsRetryableAndWhatIsRejectedIsPermanent) {
  start(broker());
  expectRetryable("releases", "The broker desk gave the message back (released).");
  expectRetryable("modifies", "The broker desk gave the message back (modified).");
  expectRetryable("full", "The broker desk rejected the message (amqp:resource-limit-exceeded the queue is full).");
  const auto one = result(deliver(endpoint("rejects"), "msg_1"));
  EXPECT_EQ(one.outcome, Outcome::Permanent);
  EXPECT_EQ(one.sentence, "The broker desk rejected the message (amqp:not-allowed not here).");
  EXPECT_EQ(peer_.connections(), 1);
}

// Artemis rejects with `failed` what its storage does not take, and Azure says that it is busy: a dead letter would be
// made of what is in order.
TEST_F(Amqp, OnlyAReasonThatSpeaksOfTheMessageIsForGood) {
  start(broker());
  for (const std::string why :
       {"failed", "amqp:unauthorized-access", "amqp:internal-error", "com.microsoft:server-busy"})
    expectRetryable("rejects." + why, "The broker desk rejected the message (" + why + " not here).");
  for (const std::string why :
       {"amqp:decode-error", "amqp:invalid-field", "amqp:link:message-size-exceeded", "com.microsoft:argument-error"}) {
    const auto one = result(deliver(endpoint("rejects." + why), "msg_1"));
    EXPECT_EQ(one.outcome, Outcome::Permanent) << why;
    EXPECT_EQ(one.sentence, "The broker desk rejected the message (" + why + " not here).");
  }
  const auto one = result(deliver(endpoint("rejects."), "msg_1"));
  EXPECT_EQ(one.outcome, Outcome::Permanent);
  EXPECT_EQ(one.sentence, "The broker desk rejected the message (no reason given).");
}

TEST_F(Amqp, AQueueThatIsNotThereHarmsOnlyItsOwnMessages) {
  start(broker());
  const auto good = endpoint("customer-17");
  const auto lost = endpoint("missing");
  std::vector<Answer> goods;
  std::vector<Answer> losts;
  for (int i = 0; i < 50; ++i) {
    goods.push_back(deliver(good, "msg_g" + std::to_string(i)));
    losts.push_back(deliver(lost, "msg_l" + std::to_string(i)));
  }
  for (auto& answer : goods) EXPECT_EQ(result(std::move(answer)).outcome, Outcome::Delivered);
  for (auto& answer : losts) {
    const auto one = result(std::move(answer));
    EXPECT_EQ(one.outcome, Outcome::Retryable);
    EXPECT_EQ(one.failure, FailureClass::Name);
    EXPECT_EQ(one.sentence, "The broker desk takes nothing for the queue missing (amqp:not-found no queue missing).");
  }
  EXPECT_EQ(peer_.connections(), 1);
}

TEST_F(Amqp, ALinkThatIsClosedUnderWayIsAttachedAgainByTheNextMessage) {
  start(broker());
  for (int i = 0; i < 3; ++i)
    expectRetryable("closes", "The broker desk takes nothing for the queue closes (amqp:internal-error out of order).");
  const auto idle = endpoint("detaches");
  for (int i = 0; i < 3; ++i) {
    const auto one = result(deliver(idle, "msg_" + std::to_string(i)));
    EXPECT_EQ(one.outcome, Outcome::Delivered) << one.sentence;
  }
  EXPECT_EQ(bodiesOf("detaches").size(), 3U);
  EXPECT_EQ(peer_.connections(), 1);
}

TEST_F(Amqp, AMessageThatIsTooLargeIsGivenUpWithoutBeingSent) {
  start(broker());
  const auto to = endpoint("small");
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  const auto one = result(deliver(to, "msg_2", "\"" + std::string(1'000, 'x') + "\""));
  EXPECT_EQ(one.outcome, Outcome::Permanent);
  EXPECT_EQ(one.sentence, "The message is larger than the broker desk takes (1000 bytes).");
  EXPECT_EQ(result(deliver(to, "msg_3")).outcome, Outcome::Delivered);
  EXPECT_EQ(bodiesOf("small").size(), 2U);
}

TEST_F(Amqp, AQueueWithoutCreditStallsOnlyItsEndpointWithoutACharge) {
  start(broker());
  const auto dry = endpoint("dry");
  auto waiting = deliver(dry, "msg_1", {}, Millis{400});
  EXPECT_EQ(result(deliver(endpoint("customer-17"), "msg_2")).outcome, Outcome::Delivered);
  const auto one = result(std::move(waiting));
  expectUncharged(one);
  EXPECT_EQ(one.sentence, "The broker desk takes no messages for the queue dry at present (it gives no credit).");
  EXPECT_EQ(one.retryAfter, settings_.blockedPause);
  expectUncharged(result(deliver(dry, "msg_1", {}, Millis{200})));
  ASSERT_EQ(alerts_.all().size(), 1U) << "one for all of it";
  EXPECT_THAT(alerts_.all().front(), HasSubstr("for the queue dry"));
  auto later = deliver(dry, "msg_1");
  peer_.wet();
  EXPECT_EQ(result(std::move(later)).outcome, Outcome::Delivered);
  EXPECT_EQ(bodiesOf("dry").size(), 1U) << "what was given up was never sent";
}

TEST_F(Amqp, WhatIsNotSettledInTimeWhileOthersAreIsCharged) {
  start(broker());
  auto kept = deliver(endpoint("keeps"), "msg_1", {}, Millis{300});
  while (bodiesOf("keeps").empty()) std::this_thread::sleep_for(Millis{5});
  EXPECT_EQ(result(deliver(endpoint("customer-17"), "msg_2")).outcome, Outcome::Delivered);
  const auto one = result(std::move(kept));
  EXPECT_EQ(one.outcome, Outcome::Retryable);
  EXPECT_EQ(one.sentence, "The broker desk did not confirm the message within the time-out.");
}

// What was given up takes no place in the window; when there are too many of them, the link is attached anew, and what
// somebody still waits for goes first.
TEST_F(Amqp, AQueueWhereNothingIsSettledHarmsNoOtherAndItsLinkIsAttachedAnew) {
  constexpr std::size_t kWindow = 8;
  settings_.window = kWindow;
  start(broker());
  const auto keeps = endpoint("keeps");
  const auto good = endpoint("customer-17");
  auto first = deliver(keeps, "msg_first");
  for (std::size_t round = 0; round < 5; ++round) {
    std::vector<Answer> answers;
    for (std::size_t i = 1; i < kWindow; ++i) answers.push_back(deliver(keeps, "msg_given_up", {}, Millis{250}));
    for (auto& answer : answers) {
      const auto one = result(std::move(answer));
      ASSERT_EQ(one.outcome, Outcome::Retryable);
      ASSERT_EQ(one.sentence, "The broker desk did not confirm the message within the time-out.");
    }
    ASSERT_EQ(bodiesOf("keeps").size(), 1 + (round + 1) * (kWindow - 1)) << "all of them were published";
    ASSERT_EQ(result(deliver(good, "msg_good")).outcome, Outcome::Delivered);
  }
  EXPECT_EQ(peer_.links("keeps"), 1);
  EXPECT_EQ(result(deliver(keeps, "msg_next", {}, Millis{300})).outcome, Outcome::Retryable);
  EXPECT_EQ(peer_.links("keeps"), 2);
  const auto bodies = bodiesOf("keeps");
  ASSERT_EQ(bodies.size(), 5 * (kWindow - 1) + 3);
  EXPECT_EQ(bodies[bodies.size() - 2], R"("msg_first")");
  EXPECT_EQ(bodies.back(), R"("msg_next")");
  EXPECT_EQ(result(deliver(good, "msg_after")).outcome, Outcome::Delivered);
  EXPECT_EQ(peer_.connections(), 1);
  EXPECT_THAT(alerts_.all(), ::testing::IsEmpty());
}

TEST_F(Amqp, AWindowThatIsFullIsNotTakenForAQueueWithoutCredit) {
  settings_.window = 1;
  start(broker());
  const auto keeps = endpoint("keeps");
  auto first = deliver(keeps, "msg_1");
  while (bodiesOf("keeps").empty()) std::this_thread::sleep_for(Millis{5});
  const auto one = result(deliver(keeps, "msg_2", {}, Millis{300}));
  EXPECT_EQ(one.outcome, Outcome::Retryable);
  EXPECT_EQ(one.sentence, "The time-out passed before the message could be published.");
  EXPECT_THAT(alerts_.all(), ::testing::IsEmpty());
}

TEST_F(Amqp, QueuesAreAskedForOnConnectAndWhenRegistered) {
  endpoint("before", true);
  endpoint("plain");
  start(broker());
  const auto appears = [&](const std::string& queue) {
    for (int i = 0; i < 200 && !peer_.attached().contains(queue); ++i) std::this_thread::sleep_for(Millis{25});
    return peer_.attached().contains(queue);
  };
  EXPECT_TRUE(appears("before"));
  endpoint("later", true);
  EXPECT_TRUE(appears("later"));
  EXPECT_FALSE(peer_.attached().contains("plain")) << "it was not asked for";
  for (int i = 0; i < 50; ++i) endpoint("many-" + std::to_string(i), true);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(appears("many-" + std::to_string(i))) << i;
}

TEST_F(Amqp, TheLinkOfAMessageDoesNotWaitForThoseOfAllDeclaredQueues) {
  for (int i = 0; i < 300; ++i) endpoint("many-" + std::to_string(i), true);
  const auto last = endpoint("zz", true);
  start(broker());
  EXPECT_EQ(result(deliver(last, "msg_1")).outcome, Outcome::Delivered);
  EXPECT_LT(peer_.attached().size(), 200U) << "it had to wait for all of them";
}

TEST_F(Amqp, ABrokerThatNobodyNamesIsNotConnectedTo) {
  start(broker());
  std::this_thread::sleep_for(Millis{600});  // nothing tells of something that does not happen
  EXPECT_EQ(peer_.connections(), 0);
  EXPECT_EQ(result(deliver(endpoint("customer-17"), "msg_1")).outcome, Outcome::Delivered);
}

TEST_F(Amqp, ALoginThatIsRefusedNamesNoPassword) {
  auto stranger = broker();
  stranger.password = "hounds-and-hare";
  start(stranger);
  const auto one = result(deliver(endpoint("customer-17"), "msg_1"));
  expectUncharged(one);
  EXPECT_THAT(one.sentence, HasSubstr("The broker desk is away: it refused the login (amqp:unauthorized-access"));
}

TEST_F(Amqp, AConnectionThatIsCutComesBackAndNothingIsCharged) {
  start(broker());
  const auto to = endpoint("keeps");
  std::vector<Answer> answers;
  for (int i = 0; i < 300; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i)));
  while (bodiesOf("keeps").size() < 100) std::this_thread::sleep_for(Millis{5});
  peer_.cut();
  for (auto& answer : answers) expectUncharged(result(std::move(answer)));
  EXPECT_EQ(alerts_.all().size(), 1U);
  EXPECT_EQ(onceThere(endpoint("customer-17"), "msg_after").outcome, Outcome::Delivered);
  EXPECT_EQ(peer_.connections(), 2);
}

TEST_F(Amqp, ASessionThatIsEndedWithoutAnErrorIsALostConnection) {
  start(broker());
  const auto one = result(deliver(endpoint("leaves"), "msg_1", {}, Millis{3'000}));
  expectUncharged(one);
  EXPECT_EQ(one.sentence, "The broker desk is away: it closed the session (no reason given).");
  EXPECT_EQ(onceThere(endpoint("customer-17"), "msg_2").outcome, Outcome::Delivered);
  EXPECT_EQ(peer_.connections(), 2);
}

TEST_F(Amqp, ABrokerThatIsSilentIsAwayAndComesBackByItself) {
  settings_.heartbeat = std::chrono::seconds(1);
  start(broker());
  const auto to = endpoint("customer-17");
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  std::this_thread::sleep_for(Millis{2'300});  // longer than either side's patience
  EXPECT_EQ(result(deliver(to, "msg_2")).outcome, Outcome::Delivered);
  EXPECT_EQ(peer_.connections(), 1) << "heartbeats keep it";
  peer_.setSilent(true);
  const auto began = SteadyClock::now();
  expectUncharged(result(deliver(to, "msg_3", {}, Millis{4'000})));
  while (alerts_.all().empty() && SteadyClock::now() - began < std::chrono::seconds(6))
    std::this_thread::sleep_for(Millis{20});
  EXPECT_LT(SteadyClock::now() - began, Millis{4'000});
  peer_.setSilent(false);
  EXPECT_EQ(onceThere(to, "msg_4").outcome, Outcome::Delivered);
}

// The library's clock is that of the link, which nobody sets: with the wall clock a host whose time is corrected would
// lose all brokers.
TEST_F(Amqp, TheSilenceOfABrokerIsMeasuredByTheClockThatIsGiven) {
  start(broker());
  const auto to = endpoint("customer-17");
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  const auto dry = endpoint("dry");
  EXPECT_TRUE(soon([&] {
    ahead_ = ahead_.load() + std::chrono::hours(1);
    deliver(dry, "msg_waits");  // makes the link look at the clock, and brings no bytes
    return !alerts_.all().empty();
  }));
  EXPECT_EQ(onceThere(to, "msg_2").outcome, Outcome::Delivered);
  EXPECT_EQ(peer_.connections(), 2);
}

TEST_F(Amqp, AStopAnswersEverythingAtOnceAlsoWhenTheBrokerIsSilent) {
  start(broker());
  std::vector<Answer> published;
  std::vector<Answer> waiting;
  const auto keeps = endpoint("keeps");
  const auto dry = endpoint("dry");
  for (int i = 0; i < 100; ++i) {
    published.push_back(deliver(keeps, "msg_" + std::to_string(i)));
    waiting.push_back(deliver(dry, "msg_" + std::to_string(i)));
  }
  while (bodiesOf("keeps").size() < 100) std::this_thread::sleep_for(Millis{5});
  peer_.setSilent(true);
  channel().stopStarting();
  for (auto& answer : waiting) {
    const auto one = result(std::move(answer));
    EXPECT_EQ(one.outcome, Outcome::Released) << one.sentence;
    EXPECT_FALSE(one.parks);
  }
  EXPECT_EQ(result(deliver(keeps, "msg_late")).outcome, Outcome::Released);
  const auto began = SteadyClock::now();
  channel().stop();
  EXPECT_LT(SteadyClock::now() - began, Millis{900});
  for (auto& answer : published) {
    ASSERT_EQ(answer.wait_for(Millis{0}), std::future_status::ready);
    EXPECT_TRUE(answer.get().cutOff);
  }
}

TEST_F(Amqp, AfterAStopWhatRunsIsConfirmed) {
  settings_.window = 50;
  start(broker());
  const auto to = endpoint("holds");
  std::vector<Answer> answers;
  for (int i = 0; i < 300; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i)));
  EXPECT_TRUE(soon([&] { return bodiesOf("holds").size() == 50; }));
  channel().stopStarting();
  for (std::size_t i = 50; i < 300; ++i) EXPECT_EQ(result(std::move(answers[i])).outcome, Outcome::Released) << i;
  peer_.settle();
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(result(std::move(answers[i])).outcome, Outcome::Delivered) << i;
  EXPECT_EQ(bodiesOf("holds").size(), 50U);
}

// What the library has taken stays in memory until the broker reads it.
TEST_F(Amqp, ABrokerThatDoesNotReadIsNotSentMoreThanAFewMegabytes) {
  start(broker());
  const auto to = endpoint("customer-17");
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  peer_.setSilent(true);
  constexpr int kMessages = 40;
  std::vector<Answer> answers;
  const auto large = "\"" + std::string(1024 * 1024, 'x') + "\"";
  for (int i = 0; i < kMessages; ++i) answers.push_back(deliver(to, "msg_large", large, Millis{250}));
  int kept = 0;
  for (auto& answer : answers)
    if (result(std::move(answer)).sentence == "The time-out passed before the message could be published.") ++kept;
  EXPECT_GT(kept, kMessages / 4) << "the rest is in the buffers of the system, and a few in the library";
  EXPECT_LT(kept, kMessages);
  peer_.setSilent(false);
  EXPECT_EQ(result(deliver(to, "msg_2")).outcome, Outcome::Delivered);
  EXPECT_EQ(bodiesOf("customer-17").size(), static_cast<std::size_t>(kMessages - kept + 2));
}

}  // namespace
}  // namespace lull::amqp
