#pragma once

#include <lull/brokers/broker_channel.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lull::brokers {

/// The channel amqp with one broker `desk`, by whatever protocol, and what is delivered through it.
class ChannelScene : public ::testing::Test {
 protected:
  using Answer = std::future<AttemptResult>;

  explicit ChannelScene(ProtocolOf protocolOf) : protocolOf_(std::move(protocolOf)) {}

  void start(Broker broker) {
    settings_.brokers = {std::move(broker)};
    channel_ = std::make_unique<BrokerChannel>(
        ChannelKind::Amqp, ChannelParts{registry_, catalogue_, formats_, alerts_}, settings_, protocolOf_);
    channel_->start();
  }
  BrokerChannel& channel() { return *channel_; }

  /// An endpoint of the broker `desk`, known to the registry.
  std::shared_ptr<const Endpoint> endpoint(const std::string& queue, bool declare = false) {
    auto made = std::make_shared<Endpoint>();
    made->id = fresh("ep");
    made->registration.format = "Data";
    made->registration.target = AmqpTarget{"desk", queue, declare};
    auto next = std::make_shared<ports::RegistrySnapshot>(*registry_.cached());
    next->endpoints.emplace(made->id, made);
    std::atomic_store(&registry_.snapshot, ports::SnapshotPtr(std::move(next)));
    return made;
  }

  Answer deliver(const std::shared_ptr<const Endpoint>& to, const std::string& id, std::string data = {},
                 Millis timeout = Millis{10'000}) {
    Message message;
    message.id = id;
    message.key = {1, ItemId(4711)};
    message.payload.eventType = "AssetCreated";
    message.payload.data = data.empty() ? "\"" + id + "\"" : std::move(data);
    message.upto = 7;
    message.eventCount = 1;
    message.attempts = 1;
    auto promise = std::make_shared<std::promise<AttemptResult>>();
    auto answer = promise->get_future();
    channel_->deliver({to, std::move(message), timeout, false},
                      [promise](AttemptResult one) { promise->set_value(std::move(one)); });
    return answer;
  }

  static AttemptResult result(Answer answer) {
    if (answer.wait_for(std::chrono::seconds(30)) == std::future_status::ready) return answer.get();
    ADD_FAILURE() << "a delivery was not answered";
    return {};
  }

  /// Delivers anew until the broker is there: each answer before that must charge nothing.
  AttemptResult onceThere(const std::shared_ptr<const Endpoint>& to, const std::string& id) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (true) {
      auto one = result(deliver(to, id));
      if (one.outcome != Outcome::Released || std::chrono::steady_clock::now() > deadline) return one;
      EXPECT_TRUE(one.parks && one.retryAfter) << one.sentence;
      // What the dispatcher would do: the endpoint is parked for so long.
      std::this_thread::sleep_for(std::min(one.retryAfter.value_or(Millis{0}), Millis{500}));
    }
  }

  /// That it waits, and that nobody is to blame for it.
  static void expectUncharged(const AttemptResult& one) {
    EXPECT_EQ(one.outcome, Outcome::Released) << one.sentence;
    EXPECT_TRUE(one.parks);
    EXPECT_TRUE(one.retryAfter);
    EXPECT_THAT(one.sentence, ::testing::HasSubstr("The broker desk"));
    EXPECT_THAT(one.sentence, ::testing::Not(::testing::HasSubstr("hounds"))) << "the password";
  }

  /// A name that no other test has.
  static std::string fresh(const std::string& what) {
    static std::atomic<int> last{0};
    return what + "-" + std::to_string(++last);
  }

  struct Registry : ports::RegistryReader {
    ports::SnapshotPtr cached() const override { return std::atomic_load(&snapshot); }
    Result<ports::SnapshotPtr> current() override { return cached(); }
    ports::SnapshotPtr snapshot = std::make_shared<ports::RegistrySnapshot>();
  };

  /// What a person should look at.
  struct Alerts : ports::Alerts {
    void raise(ports::AlertKind kind, std::string subject, std::string sentence) override {
      EXPECT_EQ(kind, ports::AlertKind::Broker);
      EXPECT_EQ(subject, "desk");
      const std::lock_guard guard(mutex);
      sentences.push_back(std::move(sentence));
    }
    std::vector<std::string> all() {
      const std::lock_guard guard(mutex);
      return sentences;
    }
    std::mutex mutex;
    std::vector<std::string> sentences;
  };

  Alerts alerts_;
  Registry registry_;
  Catalogue catalogue_{builtinChangeTypes()};
  formats::Formats formats_{{{"Data", "application/x-data", R"("{data}")"}}, {}, IdField::BaseId};
  ChannelSettings settings_;  // of the channel that start() makes
  const ProtocolOf protocolOf_;
  std::unique_ptr<BrokerChannel> channel_;
};

}  // namespace lull::brokers
