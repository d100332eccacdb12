#pragma once

#include "amqp_part.hpp"
#include "rabbit_part.hpp"
#include "settings_mapping.hpp"

#include <lull/brokers/broker_list.hpp>

#include <string>

namespace lull::app {

/// The channels to brokers, and what operators see of the brokers. What it is given outlives it.
class BrokerParts {
 public:
  BrokerParts(const config::Settings& settings, const brokers::ChannelParts& parts)
      : rabbit_(settings, parts.registry, parts.catalogue, parts.formats, parts.alerts),
        amqp_(settings, parts),
        list_(
            parts.registry, listedBrokers(settings), [this](const std::string& name) { return rabbit_.status(name); },
            [this](const std::string& name) { return amqp_.status(name); }) {}
  BrokerParts(const BrokerParts&) = delete;
  BrokerParts& operator=(const BrokerParts&) = delete;

  ports::Channel& rabbit() { return rabbit_.channel(); }
  ports::Channel& amqp() { return amqp_.channel(); }
  const ports::Brokers& view() const { return list_; }
  /// Begins to connect to the brokers that endpoints name.
  void start() {
    rabbit_.start();
    amqp_.start();
  }

 private:
  RabbitPart rabbit_;
  AmqpPart amqp_;
  brokers::BrokerList list_;
};

}  // namespace lull::app
