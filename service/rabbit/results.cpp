#include "results.hpp"

#include <lull/text/printable.hpp>

namespace lull::rabbit {

namespace {

using brokers::ended;

constexpr int kContentTooLarge = 311;
constexpr int kAccessRefused = 403;
constexpr int kNotFound = 404;
constexpr int kPreconditionFailed = 406;

/// What the broker wrote, as the end of a sentence.
std::string numbered(int code, const std::string& text) {
  return "(" + std::to_string(code) + " " + brokers::quoted(text) + ").";
}

}  // namespace

AttemptResult unroutable(const Outgoing& message, const Returned& returned) {
  const auto where = message.exchange.empty()
                         ? "There is no queue " + text::printable(message.routingKey)
                         : "No queue is bound to the exchange " + text::printable(message.exchange) +
                               " for the routing key " + text::printable(message.routingKey);
  return ended(Outcome::Retryable, where + " " + numbered(returned.code, returned.text), FailureClass::Name);
}

AttemptResult refused(const std::string& broker) {
  return ended(Outcome::Retryable,
               "The broker " + broker + " refused the message (basic.nack), as it does when a queue is full.",
               FailureClass::Protocol);
}

AttemptResult channelClosed(const std::string& broker, int code, const std::string& text, bool alone) {
  const auto sentence = "The broker " + broker + " did not take the message " + numbered(code, text);
  if (alone && isContentFault(code)) return ended(Outcome::Permanent, sentence, FailureClass::Local);
  return ended(Outcome::Retryable, sentence, code == kNotFound ? FailureClass::Name : FailureClass::Protocol);
}

bool isContentFault(int code) {
  return code == kContentTooLarge || code == kPreconditionFailed;
}

bool isOfOneMessage(int code) {
  return isContentFault(code) || code == kAccessRefused;
}

}  // namespace lull::rabbit
