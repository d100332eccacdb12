#include "known_brokers.hpp"

#include <lull/brokers/results.hpp>

#include <algorithm>
#include <charconv>

namespace lull::amqp {

std::chrono::milliseconds idleTimeout(std::string_view host, std::chrono::milliseconds heartbeat) {
  constexpr std::chrono::minutes kAzure{2};
  const bool isAzure = host.find(".servicebus.") != std::string_view::npos;
  return isAzure ? std::max<std::chrono::milliseconds>(kAzure, 2 * heartbeat) : 2 * heartbeat;
}

std::optional<std::string> unfit(std::string_view product, std::string_view version) {
  constexpr int kFirstFit = 4;
  if (product != "RabbitMQ") return std::nullopt;
  int major = 0;  // also when it does not say
  std::from_chars(version.data(), version.data() + version.size(), major);
  if (major >= kFirstFit) return std::nullopt;
  return "is RabbitMQ " + brokers::quoted(version) +
         ", which accepts over AMQP 1.0 what no queue takes; use channel rabbitmq, or RabbitMQ 4";
}

}  // namespace lull::amqp
