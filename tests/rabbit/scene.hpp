#pragma once

#include "rabbit_server.hpp"
#include "reader.hpp"

#include <lull/rabbit/rabbit_channel.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lull::rabbit {

/// The broker of this process: started by the first test that needs it, ended with the last.
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

  Registry registry_;
  Catalogue catalogue_{builtinChangeTypes()};
  formats::Formats formats_{{{"Data", "application/x-data", R"("{data}")"}}, {}, IdField::BaseId};
  RabbitChannelSettings settings_;  // of the channel that start() makes
  std::unique_ptr<RabbitChannel> channel_;
  testing::Reader reader_{server()};
};

}  // namespace lull::rabbit
