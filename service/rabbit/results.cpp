#include "results.hpp"

#include <lull/text/printable.hpp>

#include <utility>

namespace lull::rabbit {

namespace {

constexpr int kContentTooLarge = 311;
constexpr int kAccessRefused = 403;
constexpr int kNotFound = 404;
constexpr int kPreconditionFailed = 406;

AttemptResult ended(Outcome outcome, std::string sentence, FailureClass failure = FailureClass::None) {
  AttemptResult result;
  result.outcome = outcome;
  result.sentence = std::move(sentence);
  result.failure = failure;
  return result;
}

/// What the broker wrote, as the end of a sentence.
std::string quoted(int code, const std::string& text) {
  constexpr std::size_t kMost = 200;
  return "(" + std::to_string(code) + " " + text::printable(text.substr(0, kMost)) + ").";
}

}  // namespace

AttemptResult confirmed() {
  auto result = ended(Outcome::Delivered, "");
  result.code = kReplySuccess;
  return result;
}

AttemptResult unroutable(const Outgoing& message, const Returned& returned) {
  const auto where = message.exchange.empty()
                         ? "There is no queue " + text::printable(message.routingKey)
                         : "No queue is bound to the exchange " + text::printable(message.exchange) +
                               " for the routing key " + text::printable(message.routingKey);
  return ended(Outcome::Retryable, where + " " + quoted(returned.code, returned.text), FailureClass::Name);
}

AttemptResult refused(const std::string& broker) {
  return ended(Outcome::Retryable,
               "The broker " + broker + " refused the message (basic.nack), as it does when a queue is full.",
               FailureClass::Protocol);
}

AttemptResult channelClosed(const std::string& broker, int code, const std::string& text, bool alone) {
  const auto sentence = "The broker " + broker + " did not take the message " + quoted(code, text);
  if (alone && isContentFault(code)) return ended(Outcome::Permanent, sentence, FailureClass::Local);
  return ended(Outcome::Retryable, sentence, code == kNotFound ? FailureClass::Name : FailureClass::Protocol);
}

bool isContentFault(int code) {
  return code == kContentTooLarge || code == kPreconditionFailed;
}

bool isOfOneMessage(int code) {
  return isContentFault(code) || code == kAccessRefused;
}

AttemptResult away(std::string sentence, Millis pause, FailureClass failure) {
  auto result = ended(Outcome::Released, std::move(sentence), failure);
  result.retryAfter = pause;
  result.parks = true;
  return result;
}

AttemptResult timedOut(const std::string& broker, bool published) {
  return ended(Outcome::Retryable,
               published ? "The broker " + broker + " did not confirm the message within the time-out."
                         : "The time-out passed before the message could be published.",
               FailureClass::Timeout);
}

AttemptResult unavailable(std::string sentence) {
  constexpr Millis kUntilNextLook{60'000};
  return away(std::move(sentence), kUntilNextLook, FailureClass::Local);
}

AttemptResult impossible(std::string sentence) {
  return ended(Outcome::Permanent, std::move(sentence), FailureClass::Local);
}

AttemptResult stopped(bool published) {
  if (!published) return ended(Outcome::Released, "Lull stopped before the message was published.");
  auto result =
      ended(Outcome::Retryable, "Lull stopped before the broker confirmed the message.", FailureClass::CutOff);
  result.cutOff = true;
  return result;
}

}  // namespace lull::rabbit
