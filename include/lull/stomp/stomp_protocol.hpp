#pragma once

#include <lull/brokers/protocol.hpp>

#include <memory>

namespace lull::stomp {

/// STOMP 1.2, for the channel amqp: messages go into a queue, persistent, and each is delivered once the broker has
/// sent its receipt. One for each broker.
std::shared_ptr<const brokers::Protocol> makeProtocol();

}  // namespace lull::stomp
