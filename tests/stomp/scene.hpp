#pragma once

#include "activemq_server.hpp"
#include "brokers/channel_scene.hpp"
#include "plain_client.hpp"

#include <lull/stomp/stomp_protocol.hpp>

namespace lull::stomp {

/// The broker of this process: started by the first test that needs it, ended with the last.
inline testing::ActiveMqServer& server() {
  static testing::ActiveMqServer one;
  return one;
}

/// A channel to it by STOMP.
struct StompScene : brokers::ChannelScene {
  StompScene() : ChannelScene([](const brokers::Broker&) { return makeProtocol(); }) {}

  static brokers::Broker broker() {
    brokers::Broker one;
    one.name = "desk";
    one.host = "127.0.0.1";
    one.port = server().port();
    one.user = "lull";
    one.password = testing::ActiveMqServer::kPassword;
    return one;
  }
  /// The name of a queue to which Lull may write.
  static std::string freshQueue() { return fresh("customers.q"); }
  /// What reads it.
  static std::unique_ptr<testing::PlainClient> readerOf(const std::string& queue) {
    auto client = std::make_unique<testing::PlainClient>(server().port(), "operator", "hare-and-hounds");
    client->subscribe(queue);
    return client;
  }
};

}  // namespace lull::stomp
