#pragma once

#include "stomp/odd_broker.hpp"
#include "stomp/scene.hpp"

#include <atomic>
#include <functional>
#include <optional>
#include <utility>

namespace lull::stomp {

using Talk = testing::OddBroker::Talk;

/// A channel by STOMP to a broker that does what the test says.
struct StompOddBroker : StompScene {
  void startWith(std::function<void(Talk&)> script) {
    broker_.emplace(std::move(script));
    brokers::Broker one;
    one.name = "desk";
    one.host = "127.0.0.1";
    one.port = broker_->port();
    one.user = "lull";
    one.password = "hare-and-hounds";
    start(one);
  }
  /// Takes whatever comes, until the connection ends.
  static void readOn(Talk& talk) {
    while (!talk.frame().empty()) {
    }
  }
  void TearDown() override {
    opens_ = true;
    channel_.reset();
    broker_.reset();
  }
  /// What a script may wait for. It goes on until TearDown, so it must not know anything of the body of its test.
  std::atomic<bool> opens_{false};
  std::atomic<bool> keptCame_{false};  // what a script saw
  std::optional<testing::OddBroker> broker_;
};

}  // namespace lull::stomp
