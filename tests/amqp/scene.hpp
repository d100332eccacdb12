#pragma once

#include "amqp_peer.hpp"
#include "brokers/channel_scene.hpp"

#include <lull/amqp/amqp_protocol.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace lull::amqp {

/// The channel amqp with AMQP 1.0, and the broker of the tests' own.
struct Amqp : brokers::ChannelScene {
  Amqp()
      : ChannelScene([this](const brokers::Broker&) {
          return makeProtocol([this] { return std::chrono::steady_clock::now() + ahead_.load(); });
        }) {}
  void TearDown() override { channel_.reset(); }  // before the peer

  brokers::Broker broker() const {
    brokers::Broker one;
    one.name = "desk";
    one.host = "127.0.0.1";
    one.port = peer_.port();
    one.user = "lull";
    one.password = "hare-and-hounds";
    return one;
  }
  std::vector<std::string> bodiesOf(const std::string& queue) const {
    std::vector<std::string> bodies;
    for (const auto& read : peer_.of(queue)) bodies.push_back(read.body);
    return bodies;
  }
  /// Waits for what others do.
  static bool soon(const std::function<bool()>& is, Millis patience = Millis{5'000}) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!is() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(Millis{5});
    return is();
  }
  /// What is charged to the endpoint, and read by an operator.
  void expectRetryable(const std::string& queue, const std::string& sentence) {
    const auto one = result(deliver(endpoint(queue), "msg_1"));
    EXPECT_EQ(one.outcome, Outcome::Retryable) << queue;
    EXPECT_FALSE(one.parks);
    EXPECT_FALSE(one.code) << "a number would hide the sentence from operators";
    EXPECT_EQ(one.sentence, sentence);
  }

  testing::AmqpPeer peer_;
  std::atomic<Millis> ahead_{Millis{0}};  // how much later it is for the engine than it is
};

}  // namespace lull::amqp
