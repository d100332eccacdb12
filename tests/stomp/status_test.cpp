// What a link tells operators of itself.
#include "stomp/odd_broker.hpp"
#include "stomp/scene.hpp"

#include <optional>

namespace lull::stomp {
namespace {

using ports::BrokerState;
using Talk = testing::OddBroker::Talk;

struct StompStatus : StompScene {
  StompStatus() {
    settings_.firstPause = Millis{20};
    settings_.longestPause = Millis{100};
  }
  static brokers::Broker at(std::uint16_t port) {
    brokers::Broker one;
    one.name = "desk";
    one.host = "127.0.0.1";
    one.port = port;
    one.user = "lull";
    one.password = "hare-and-hounds";
    return one;
  }
  ports::BrokerLink status() { return channel().status("desk").value(); }
  /// Once it is in that state, which takes a moment.
  ports::BrokerLink once(BrokerState state) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    auto seen = status();
    for (; seen.state != state && std::chrono::steady_clock::now() < deadline; seen = status())
      std::this_thread::sleep_for(Millis{5});
    EXPECT_EQ(toString(seen.state), toString(state)) << seen.lastError;
    return seen;
  }
  void TearDown() override { channel_.reset(); }
};

TEST_F(StompStatus, FollowsABrokerThatComesGoesAndReturns) {
  std::atomic<bool> there{true};
  std::atomic<bool> confirms{false};
  testing::OddBroker broker([&](Talk& talk) {
    if (!there) return;
    talk.welcome();
    for (auto frame = talk.frame(); !frame.empty() && there; frame = talk.frame()) {
      while (!confirms && there) std::this_thread::sleep_for(Millis{1});
      talk.receipt(Talk::receiptOf(frame));
    }
  });
  start(at(broker.port()));
  EXPECT_EQ(status().state, BrokerState::Idle);
  EXPECT_FALSE(channel().status("fs")) << "it has no way to a broker that its settings do not have";

  const auto to = endpoint("q");
  const auto connected = once(BrokerState::Connected);
  EXPECT_EQ(connected.lastError, "");
  EXPECT_LT(std::chrono::system_clock::now() - connected.since.value(), std::chrono::minutes(1));

  auto answer = deliver(to, "msg_1");
  while (status().inFlight != 1) std::this_thread::sleep_for(Millis{1});
  EXPECT_EQ(status().confirmed, 0U);
  confirms = true;
  EXPECT_EQ(result(std::move(answer)).outcome, Outcome::Delivered);
  while (status().inFlight != 0) std::this_thread::sleep_for(Millis{1});
  EXPECT_EQ(status().confirmed, 1U);

  there = false;
  deliver(to, "msg_2");  // ends the connection
  const auto away = once(BrokerState::Away);
  EXPECT_THAT(away.lastError, ::testing::HasSubstr("The broker desk is away"));
  EXPECT_GE(away.since.value(), connected.since.value());
  // It is tried again and again, and stays away since then.
  const auto tries = broker.connections();
  while (broker.connections() < tries + 2) std::this_thread::sleep_for(Millis{5});
  EXPECT_EQ(status().state, BrokerState::Away);
  EXPECT_EQ(status().since, away.since);

  there = true;
  const auto back = once(BrokerState::Connected);
  EXPECT_EQ(back.lastError, "");
  EXPECT_EQ(back.confirmed, 1U);
}

TEST_F(StompStatus, ABrokerThatEndsEachConnectionAfterTheLoginStaysAway) {
  std::atomic<int> seen{0};
  testing::OddBroker broker([&](Talk& talk) {
    talk.welcome();
    // Long enough for the link to have looked at the connection.
    if (++seen > 1) std::this_thread::sleep_for(Millis{100});
  });
  start(at(broker.port()));
  endpoint("q");
  const auto away = once(BrokerState::Away);
  while (seen < 4) {
    EXPECT_EQ(toString(status().state), "away");
    std::this_thread::sleep_for(Millis{2});
  }
  EXPECT_EQ(status().since, away.since);
}

TEST_F(StompStatus, WhatThisBuildCannotSpeakIsUnavailable) {
  settings_.brokers = {at(1)};
  channel_ = std::make_unique<brokers::BrokerChannel>(ChannelKind::Amqp,
                                                      brokers::ChannelParts{registry_, catalogue_, formats_, alerts_},
                                                      settings_, [](const brokers::Broker&) { return nullptr; });
  EXPECT_EQ(status().state, BrokerState::Unavailable);
  EXPECT_THAT(status().lastError, ::testing::HasSubstr("built without (LULL_AMQP)"));
}

}  // namespace
}  // namespace lull::stomp
