#pragma once

#include "confirms.hpp"

#include <lull/brokers/results.hpp>

#include <string>

/// What only RabbitMQ says of a message; the rest is any broker's. Pure.
namespace lull::rabbit {

using brokers::away;
using brokers::confirmed;
using brokers::stopped;
using brokers::unavailable;

/// No queue took it.
AttemptResult unroutable(const Outgoing& message, const Returned& returned);
/// basic.nack, as from a queue that is full and set to refuse.
AttemptResult refused(const std::string& broker);
/// The broker closed the AMQP channel on which the message was, because of a message there: no such exchange (404), no
/// permission (403), and so on. `alone`: there was no other message that could be at fault; when its content is
/// (isContentFault), no further attempt can help.
AttemptResult channelClosed(const std::string& broker, int code, const std::string& text, bool alone);
/// Whether the number says that the content of a message is at fault, such as its size, and not where it goes.
bool isContentFault(int code);
/// Whether one message may be at fault and the others of its exchange not: its content is, or it is forbidden, as
/// permissions may depend on the routing key.
bool isOfOneMessage(int code);

}  // namespace lull::rabbit
