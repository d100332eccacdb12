#include "rabbit_part.hpp"

#ifdef LULL_HAS_RABBIT
#include "settings_mapping.hpp"
#else
#include "absent_channel.hpp"
#endif

namespace lull::app {

#ifdef LULL_HAS_RABBIT

RabbitPart::RabbitPart(const config::Settings& settings, const ports::RegistryReader& registry,
                       const Catalogue& catalogue, const formats::Formats& formats, ports::Alerts& alerts) {
  auto channel = std::make_unique<rabbit::RabbitChannel>(
      rabbit::RabbitChannelParts{registry, catalogue, formats, alerts}, rabbitSettings(settings));
  start_ = [&one = *channel] { one.start(); };
  channel_ = std::move(channel);
}

#else

RabbitPart::RabbitPart(const config::Settings&, const ports::RegistryReader&, const Catalogue&, const formats::Formats&,
                       ports::Alerts&)
    : channel_(std::make_unique<AbsentChannel>("This version of Lull was built without RabbitMQ (LULL_RABBIT).")) {}

#endif

}  // namespace lull::app
