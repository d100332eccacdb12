#pragma once

#include <lull/domain/attempt.hpp>

#include <string>
#include <string_view>

/// What the ends of a delivery to a broker mean for the queue, and how they read. Pure. Only a success has a number:
/// all others go by their sentence and by their class.
namespace lull::brokers {

/// The number of a success (AMQP 0-9-1 section 1.2: reply-success). Other protocols have none, and are given this one.
inline constexpr int kReplySuccess = 200;

AttemptResult ended(Outcome outcome, std::string sentence, FailureClass failure = FailureClass::None);
AttemptResult confirmed();
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

/// What a broker wrote, for a sentence: at most 200 bytes of it, printable.
std::string quoted(std::string_view text);

}  // namespace lull::brokers
