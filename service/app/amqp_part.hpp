#pragma once

#include <lull/brokers/broker_channel.hpp>
#include <lull/config/settings.hpp>

#include <optional>
#include <string>

namespace lull::app {

/// The channel amqp: brokers that are reached by AMQP 1.0 or STOMP. In a binary that was built without AMQP 1.0
/// (LULL_AMQP) the endpoints of brokers that need it are parked. What it is given outlives it.
class AmqpPart {
 public:
  AmqpPart(const config::Settings& settings, brokers::ChannelParts parts);

  ports::Channel& channel() { return channel_; }
  /// Begins to connect to the brokers that endpoints name.
  void start() { channel_.start(); }
  /// Of its way to a broker; absent: it has none to a broker of that name.
  std::optional<ports::BrokerLink> status(const std::string& broker) const { return channel_.status(broker); }

 private:
  brokers::BrokerChannel channel_;
};

}  // namespace lull::app
