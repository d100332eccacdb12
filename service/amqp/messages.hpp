#pragma once

#include <lull/brokers/outgoing.hpp>

#include <proton/message.hpp>

#include <cstdint>

namespace lull::amqp {

/// The message as AMQP 1.0 has it: durable, the body as one data section, headers as application properties.
proton::message messageOf(const brokers::Outgoing& outgoing);

/// Whether its encoded form has more bytes than that.
bool isLarger(const proton::message& message, const brokers::Outgoing& outgoing, std::uint64_t most);

}  // namespace lull::amqp
