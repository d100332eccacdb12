#pragma once

#include <lull/brokers/broker_channel.hpp>

namespace lull::rabbit {

using brokers::Broker;
using RabbitChannelParts = brokers::ChannelParts;
using RabbitChannelSettings = brokers::ChannelSettings;

/// Publishes messages to RabbitMQ (AMQP 0-9-1). A message is persistent and mandatory, and delivered once the broker
/// has confirmed it and has not returned it. A broker that says connection.blocked takes nothing.
class RabbitChannel final : public brokers::BrokerChannel {
 public:
  RabbitChannel(RabbitChannelParts parts, RabbitChannelSettings settings);
};

}  // namespace lull::rabbit
