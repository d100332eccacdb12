#pragma once

#include <lull/brokers/protocol.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace lull::amqp {

/// The time by which a silent broker is away, and links that nobody uses are closed. Thread-safe.
using Now = std::function<std::chrono::steady_clock::time_point()>;

/// AMQP 1.0, for the channel amqp: messages go into a queue, durable, and each is delivered once the broker has
/// accepted it. One for each broker.
std::shared_ptr<const brokers::Protocol> makeProtocol(Now now = &std::chrono::steady_clock::now);

}  // namespace lull::amqp
