#pragma once

#include <lull/brokers/protocol.hpp>

#include <memory>

namespace lull::amqp {

/// AMQP 1.0, for the channel amqp: messages go into a queue, durable, and each is delivered once the broker has
/// accepted it. One for each broker.
std::shared_ptr<const brokers::Protocol> makeProtocol();

}  // namespace lull::amqp
