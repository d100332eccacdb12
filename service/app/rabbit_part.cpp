#include "rabbit_part.hpp"

#ifdef LULL_HAS_RABBIT
#include "settings_mapping.hpp"

#include <lull/rabbit/rabbit_channel.hpp>
#else
#include "absent_channel.hpp"
#endif

namespace lull::app {

#ifdef LULL_HAS_RABBIT

RabbitPart::RabbitPart(const config::Settings& settings, const ports::RegistryReader& registry,
                       const Catalogue& catalogue, const formats::Formats& formats, ports::Alerts& alerts) {
  auto channel =
      std::make_unique<rabbit::RabbitChannel>(rabbit::RabbitChannelParts{registry, catalogue, formats, alerts},
                                              brokerSettings(settings, ChannelKind::RabbitMq));
  start_ = [&one = *channel] { one.start(); };
  status_ = [&one = *channel](const std::string& broker) { return one.status(broker); };
  channel_ = std::move(channel);
}

#else

namespace {

constexpr const char* kNoRabbit = "This version of Lull was built without RabbitMQ (LULL_RABBIT).";

}  // namespace

RabbitPart::RabbitPart(const config::Settings&, const ports::RegistryReader&, const Catalogue&, const formats::Formats&,
                       ports::Alerts&)
    : channel_(std::make_unique<AbsentChannel>(kNoRabbit)), status_([](const std::string&) {
        return ports::BrokerLink{ports::BrokerState::Unavailable, {}, kNoRabbit};
      }) {}

#endif

}  // namespace lull::app
