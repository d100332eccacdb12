#pragma once

#include <lull/config/settings.hpp>
#include <lull/domain/change_type.hpp>
#include <lull/formats/formats.hpp>
#include <lull/ports/alerts.hpp>
#include <lull/ports/brokers.hpp>
#include <lull/ports/channel.hpp>
#include <lull/ports/registry.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lull::app {

/// The channel to RabbitMQ, or what stands in for it in a binary that was built without (LULL_RABBIT). What it is given
/// outlives it.
class RabbitPart {
 public:
  RabbitPart(const config::Settings& settings, const ports::RegistryReader& registry, const Catalogue& catalogue,
             const formats::Formats& formats, ports::Alerts& alerts);

  ports::Channel& channel() { return *channel_; }
  /// Begins to connect to the brokers.
  void start() { start_(); }
  /// Of its way to a broker; absent: it has none to a broker of that name.
  std::optional<ports::BrokerLink> status(const std::string& broker) const { return status_(broker); }

 private:
  std::unique_ptr<ports::Channel> channel_;
  std::function<void()> start_ = [] {};
  std::function<std::optional<ports::BrokerLink>(const std::string&)> status_;
};

}  // namespace lull::app
