#include "amqp_part.hpp"

#include "settings_mapping.hpp"

#include <lull/stomp/stomp_protocol.hpp>
#ifdef LULL_HAS_AMQP
#include <lull/amqp/amqp_protocol.hpp>
#endif

#include <algorithm>
#include <utility>

namespace lull::app {

namespace {

std::shared_ptr<const brokers::Protocol> amqpProtocol() {
#ifdef LULL_HAS_AMQP
  return amqp::makeProtocol();
#else
  return nullptr;
#endif
}

/// By the name of the broker, which is there once.
brokers::ProtocolOf protocolsOf(const config::Settings& settings) {
  return [&settings](const brokers::Broker& broker) {
    const auto found = std::ranges::find(settings.brokers, broker.name, &config::BrokerSettings::name);
    return found->protocol == config::BrokerProtocol::Stomp ? stomp::makeProtocol() : amqpProtocol();
  };
}

}  // namespace

AmqpPart::AmqpPart(const config::Settings& settings, brokers::ChannelParts parts)
    : channel_(ChannelKind::Amqp, std::move(parts), brokerSettings(settings, ChannelKind::Amqp),
               protocolsOf(settings)) {}

}  // namespace lull::app
