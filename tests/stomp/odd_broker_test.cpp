// Brokers that do not keep to STOMP 1.2, or to more of it than ActiveMQ does.
#include "stomp/odd_scene.hpp"

namespace lull::stomp {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::string_literals::operator""s;

TEST_F(StompOddBroker, WhoeverDoesNotAnswerTheLoginAsHeShouldIsAway) {
  settings_.connectTimeout = Millis{300};
  struct Case {
    std::string answer;
    std::string sentence;
  };
  for (const auto& [answer, sentence] :
       std::vector<Case>{{"CONNECTED\nversion:1.1\n\n\0"s, "it does not speak STOMP 1.2."},
                         {"CONNECTED\n\n\0"s, "it does not speak STOMP 1.2."},
                         {"RECEIPT\nversion:1.2\n\n\0"s, "it does not speak STOMP 1.2."},
                         {"HTTP/1.1 400 Bad Request\r\nServer\r\n\r\n"s, "it does not speak STOMP 1.2."},
                         {"AMQP\0\0\x09\x01"s, "it does not speak STOMP 1.2."},
                         {"ERROR\nmessage:Supported protocol versions are 1.0\n\n\0"s,
                          "it refused the login (Supported protocol versions are 1.0)."},
                         {"close", "it ended the connection at the login."},
                         {"", "the login was not answered within the time-out."}}) {
    startWith([answer = answer](Talk& talk) {
      talk.frame();
      if (answer == "close") return;
      talk.send(answer);
      readOn(talk);
    });
    const auto one = result(deliver(endpoint("q"), "msg_1"));
    expectUncharged(one);
    EXPECT_EQ(one.sentence, "The broker desk is away: " + sentence) << answer;
  }
}

TEST_F(StompOddBroker, ReceiptsComeInAnyOrderAndThoseOfNobodyArePassedOver) {
  startWith([](Talk& talk) {
    talk.welcome();
    std::vector<std::string> receipts;
    for (int i = 0; i < 3; ++i) receipts.push_back(Talk::receiptOf(talk.frame()));
    talk.receipt("99");
    talk.receipt("");
    talk.sendFrame("RECEIPT\n\n");
    talk.sendFrame("MESSAGE\nmessage-id:1\n\nnobody asked");
    talk.receipt(receipts[2]);
    talk.receipt(receipts[2]);
    talk.receipt(receipts[0]);
    talk.sendFrame("ERROR\nreceipt-id:" + receipts[1] + "\nmessage:no\n\n");
    readOn(talk);
  });
  const auto to = endpoint("q");
  std::vector<Answer> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i)));
  EXPECT_EQ(result(std::move(answers[0])).outcome, Outcome::Delivered);
  EXPECT_EQ(result(std::move(answers[1])).outcome, Outcome::Retryable);
  EXPECT_EQ(result(std::move(answers[2])).outcome, Outcome::Delivered);
  EXPECT_THAT(alerts_.all(), ::testing::IsEmpty());
}

TEST_F(StompOddBroker, ABrokerThatEndsTheConnectionAfterAnErrorBlamesOnlyTheMessageThatItNames) {
  startWith([](Talk& talk) {
    talk.welcome();
    std::vector<std::string> receipts;
    for (int i = 0; i < 3; ++i) receipts.push_back(Talk::receiptOf(talk.frame()));
    talk.sendFrame("ERROR\nreceipt-id:" + receipts[1] + "\nmessage:full\n\n");
  });
  const auto to = endpoint("q");
  std::vector<Answer> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i)));
  expectUncharged(result(std::move(answers[0])));
  const auto one = result(std::move(answers[1]));
  EXPECT_EQ(one.outcome, Outcome::Retryable);
  EXPECT_EQ(one.sentence, "The broker desk did not take the message (full).");
  expectUncharged(result(std::move(answers[2])));
}

TEST_F(StompOddBroker, WhatABrokerWritesCannotBreakALine) {
  startWith([](Talk& talk) {
    talk.welcome();
    const auto receipt = Talk::receiptOf(talk.frame());
    talk.sendFrame("ERROR\nreceipt-id:" + receipt + "\nmessage:a\\nb\x1b[31m" + std::string(5'000, 'x') + "\n\n");
    readOn(talk);
  });
  const auto one = result(deliver(endpoint("q"), "msg_1"));
  EXPECT_THAT(one.sentence, ::testing::Not(::testing::ContainsRegex("[\n\x1b]")));
  EXPECT_LT(one.sentence.size(), 300U);
}

TEST_F(StompOddBroker, WhatIsNoStompEndsTheConnection) {
  startWith([](Talk& talk) {
    talk.welcome();
    talk.frame();
    talk.sendFrame("RECEIPT\nno colon\n\n");
    readOn(talk);
  });
  const auto one = result(deliver(endpoint("q"), "msg_1"));
  expectUncharged(one);
  EXPECT_EQ(one.sentence, "The broker desk is away: it sent a header without a colon.");
}

TEST_F(StompOddBroker, ABrokerThatFailsToSendItsHeartBeatsIsAwayAndOneThatPromisesNoneIsNot) {
  settings_.heartbeat = std::chrono::seconds(1);
  startWith([](Talk& talk) {
    talk.welcome("1000,0");
    while (!talk.frame().empty()) {
    }
  });
  endpoint("q");
  const auto began = SteadyClock::now();
  while (alerts_.all().empty() && SteadyClock::now() - began < std::chrono::seconds(6))
    std::this_thread::sleep_for(Millis{20});
  ASSERT_EQ(alerts_.all().size(), 1U);
  EXPECT_GT(SteadyClock::now() - began, Millis{2'900});
  EXPECT_LT(SteadyClock::now() - began, Millis{4'600});

  startWith([](Talk& talk) {
    talk.welcome("0,0");
    for (auto frame = talk.frame(); !frame.empty(); frame = talk.frame()) {
      talk.receipt(Talk::receiptOf(frame));
    }
  });
  const auto to = endpoint("q2");
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  std::this_thread::sleep_for(Millis{3'500});  // longer than three heartbeats
  EXPECT_EQ(result(deliver(to, "msg_2")).outcome, Outcome::Delivered);
  EXPECT_EQ(broker_->connections(), 1);
}

// Flow control: the connection stands, heart-beats come, and no receipt does.
TEST_F(StompOddBroker, ABrokerThatConfirmsNothingToAnybodyIsNotChargedAndOneThatLeavesOutAMessageIs) {
  settings_.heartbeat = std::chrono::seconds(1);
  startWith([this](Talk& talk) {
    talk.welcome();
    const std::jthread beats([&](const std::stop_token& over) {
      for (; !over.stop_requested(); std::this_thread::sleep_for(Millis{100})) talk.send("\n");
    });
    for (auto frame = talk.frame(); !frame.empty(); frame = talk.frame()) {
      const bool kept = frame.find("msg_kept") != std::string::npos;
      if (kept) keptCame_ = true;
      if (opens_ && !kept) talk.receipt(Talk::receiptOf(frame));
    }
  });
  const auto to = endpoint("q");
  const auto early = result(deliver(to, "msg_1", {}, Millis{300}));
  EXPECT_EQ(early.outcome, Outcome::Retryable) << "it may have had nothing to say for a moment";
  EXPECT_EQ(early.sentence, "The broker desk did not confirm the message within the time-out.");
  const auto silent = result(deliver(to, "msg_1", {}, Millis{2'500}));  // longer than two heartbeats
  expectUncharged(silent);
  EXPECT_EQ(silent.sentence, "The broker desk is away: it says nothing.");
  opens_ = true;
  auto kept = deliver(to, "msg_kept", {}, Millis{600});
  while (!keptCame_) std::this_thread::sleep_for(Millis{1});
  EXPECT_EQ(result(deliver(to, "msg_2")).outcome, Outcome::Delivered);
  const auto one = result(std::move(kept));
  EXPECT_EQ(one.outcome, Outcome::Retryable);
  EXPECT_EQ(one.sentence, "The broker desk did not confirm the message within the time-out.");
  EXPECT_EQ(broker_->connections(), 1);
}

TEST_F(StompOddBroker, WhatIsNeverConfirmedTakesNoPlaceAndWhenItIsTooMuchTheBrokerIsConnectedToAnew) {
  constexpr std::size_t kWindow = 8;
  settings_.window = kWindow;
  startWith([](Talk& talk) {
    talk.welcome();
    for (auto frame = talk.frame(); !frame.empty(); frame = talk.frame()) {
      if (frame.find("msg_silent") == std::string::npos) talk.receipt(Talk::receiptOf(frame));
    }
  });
  const auto to = endpoint("q");
  for (int round = 0; round < 4; ++round) {
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < kWindow; ++i) answers.push_back(deliver(to, "msg_silent", {}, Millis{300}));
    for (auto& answer : answers) {
      EXPECT_EQ(result(std::move(answer)).sentence, "The broker desk did not confirm the message within the time-out.");
    }
    if (round < 3) {
      ASSERT_EQ(result(deliver(to, "msg_good", {}, Millis{3'000})).outcome, Outcome::Delivered) << round;
    }
  }
  EXPECT_EQ(broker_->connections(), 1);
  const auto one = result(deliver(to, "msg_next"));
  expectUncharged(one);
  EXPECT_EQ(one.sentence, "The broker desk is away: it does not confirm what it was sent.");
  EXPECT_EQ(onceThere(to, "msg_after").outcome, Outcome::Delivered);
  EXPECT_EQ(broker_->connections(), 2);
}

// Lull is busy writing then, and finds out by a write that fails, with the receipt still unread.
TEST_F(StompOddBroker, WhatWasConfirmedCountsWhenTheConnectionIsCutInTheMiddleOfALargeWrite) {
  startWith([connection = 0](Talk& talk) mutable {
    talk.welcome();
    ++connection;
    for (auto frame = talk.frame(); !frame.empty(); frame = talk.frame()) {
      if (connection == 1) talk.skip(4'000'000);  // so that the rest is being written
      talk.receipt(Talk::receiptOf(frame));
      if (connection == 1) return;  // with much of the large one unread, so the system resets the connection
    }
  });
  const auto to = endpoint("q");
  const auto large = "\"" + std::string(16'000'000, 'x') + "\"";  // more than the buffers of both sides hold
  auto first = deliver(to, "msg_1");
  auto cut = result(deliver(to, "msg_large", large));
  EXPECT_EQ(result(std::move(first)).outcome, Outcome::Delivered);
  expectUncharged(cut);
  for (int i = 0; i < 20 && cut.outcome == Outcome::Released; ++i) {
    std::this_thread::sleep_for(std::min(cut.retryAfter.value_or(Millis{0}), Millis{500}));
    cut = result(deliver(to, "msg_large", large));
  }
  EXPECT_EQ(cut.outcome, Outcome::Delivered);
  EXPECT_EQ(broker_->connections(), 2);
}

TEST_F(StompOddBroker, ABrokerThatEndsEachConnectionAfterTheLoginIsAwayOnce) {
  settings_.firstPause = Millis{100};
  startWith([](Talk& talk) { talk.welcome(); });
  endpoint("q");
  const auto began = SteadyClock::now();
  while (broker_->connections() < 5 && SteadyClock::now() - began < std::chrono::seconds(20))
    std::this_thread::sleep_for(Millis{5});
  EXPECT_GE(broker_->connections(), 5);
  // The four pauses between them are at least 50, 100, 200 and 400 ms long.
  EXPECT_GE(SteadyClock::now() - began, Millis{750}) << "the pauses grow, although each connection came about";
  EXPECT_EQ(alerts_.all().size(), 1U);
}

TEST_F(StompOddBroker, AUserThatStompCannotSayIsNotSent) {
  broker_.emplace([](Talk& talk) { talk.welcome(); });
  brokers::Broker one;
  one.name = "desk";
  one.host = "127.0.0.1";
  one.port = broker_->port();
  one.user = "lull\nheart-beat:1,1";
  one.password = "hare-and-hounds";
  start(one);
  const auto got = result(deliver(endpoint("q"), "msg_1"));
  expectUncharged(got);
  EXPECT_EQ(got.sentence, "The broker desk is away: STOMP has no way to send its user or password.");
  EXPECT_EQ(broker_->connections(), 0);
}

}  // namespace
}  // namespace lull::stomp
