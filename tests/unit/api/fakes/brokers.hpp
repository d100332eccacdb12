#pragma once

#include <lull/ports/brokers.hpp>

#include <mutex>
#include <utility>
#include <vector>

namespace lull::api::testing {

/// One broker that works well, and that the first endpoint of the store names; a test may have others.
class FakeBrokers final : public ports::Brokers {
 public:
  FakeBrokers() {
    ports::BrokerStatus one{"fs", "rabbitmq"};
    one.link = {ports::BrokerState::Connected, *parseRfc3339("2026-11-23T21:19:06.123Z"), {}, 2, 12045};
    one.endpoints = {"ep_00000000000000000001"};
    brokers_ = {std::move(one)};
  }
  std::vector<ports::BrokerStatus> list() const override {
    std::lock_guard guard(mutex_);
    return brokers_;
  }
  void are(std::vector<ports::BrokerStatus> brokers) {
    std::lock_guard guard(mutex_);
    brokers_ = std::move(brokers);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ports::BrokerStatus> brokers_;
};

}  // namespace lull::api::testing
