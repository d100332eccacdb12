#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// What is known of some brokers that is not the same everywhere. Pure.
namespace lull::amqp {

/// How long a broker may be silent before it is away. Azure Service Bus (of any cloud) refuses who wants to hear from
/// it more often than once a minute.
std::chrono::milliseconds idleTimeout(std::string_view host, std::chrono::milliseconds heartbeat);

/// Why nothing may be sent to a broker that names its product and version so: RabbitMQ 3 accepts over AMQP 1.0 also
/// what it routes to no queue, and drops it. The end of a sentence that begins with the broker.
std::optional<std::string> unfit(std::string_view product, std::string_view version);

}  // namespace lull::amqp
