#pragma once

#include "rabbit_server.hpp"
#include "reader.hpp"

#include <lull/rabbit/rabbit_channel.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace lull::rabbit {

/// The broker of this process: started by the first test that needs it (again, when one has killed it), ended with the
/// last.
testing::RabbitServer& server();

/// A channel to it, and what is delivered through that.
class RabbitScene : public ::testing::Test {
 protected:
  using Answer = std::future<AttemptResult>;

  /// The broker `fs`, without TLS.
  static Broker broker();
  void start(std::vector<Broker> brokers = {broker()});
  RabbitChannel& channel() { return *channel_; }

  /// An endpoint of the broker `fs`, known to the registry.
  std::shared_ptr<const Endpoint> endpoint(RabbitTarget target);
  Answer deliver(const std::shared_ptr<const Endpoint>& to, const std::string& id, std::string data = {},
                 Millis timeout = Millis{10'000});
  /// Waits for it.
  static AttemptResult result(Answer answer);
  /// Delivers anew until the broker is there: each answer before that must charge nothing.
  AttemptResult onceThere(const std::shared_ptr<const Endpoint>& to, const std::string& id);
  /// A name that no other test has.
  static std::string fresh(const std::string& what);

  struct Registry : ports::RegistryReader {
    ports::SnapshotPtr cached() const override { return std::atomic_load(&snapshot); }
    Result<ports::SnapshotPtr> current() override { return cached(); }
    ports::SnapshotPtr snapshot = std::make_shared<ports::RegistrySnapshot>();
  };

  /// What a person should look at.
  struct Alerts : ports::Alerts {
    void raise(ports::AlertKind kind, std::string subject, std::string sentence) override {
      EXPECT_EQ(kind, ports::AlertKind::Broker);
      EXPECT_EQ(subject, "fs");
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
  /// That it waits, and that nobody is to blame for it.
  static void expectUncharged(const AttemptResult& one);

  Alerts alerts_;
  Registry registry_;
  Catalogue catalogue_{builtinChangeTypes()};
  formats::Formats formats_{{{"Data", "application/x-data", R"("{data}")"}}, {}, IdField::BaseId};
  RabbitChannelSettings settings_;  // of the channel that start() makes
  std::unique_ptr<RabbitChannel> channel_;
  testing::Reader reader_{server()};
};

}  // namespace lull::rabbit
