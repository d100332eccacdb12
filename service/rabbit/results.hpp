#pragma once

#include "confirms.hpp"

#include <lull/domain/attempt.hpp>

#include <string>

/// What the ends of a delivery mean for the queue, and how they read. Pure. Only a success has a number: all others go
/// by their sentence, which holds the broker's number, and by their class.
namespace lull::rabbit {

/// The number of a success (AMQP 0-9-1 section 1.2: reply-success).
inline constexpr int kReplySuccess = 200;

AttemptResult confirmed();
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
/// The broker is away, or takes nothing: parks the endpoint for `pause`.
AttemptResult away(std::string sentence, Millis pause, FailureClass failure);
/// It was not confirmed within the time-out, although the broker was there.
AttemptResult timedOut(const std::string& broker, bool published);
/// It cannot be published under these settings: parks the endpoint for a minute, without a charge.
AttemptResult unavailable(std::string sentence);
/// It can never be published.
AttemptResult impossible(std::string sentence);
/// Lull stops: before it was published, or before the broker confirmed it.
AttemptResult stopped(bool published);

}  // namespace lull::rabbit
