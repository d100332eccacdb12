#include "outcomes.hpp"

#include <lull/brokers/results.hpp>
#include <lull/text/printable.hpp>

#include <algorithm>
#include <array>

namespace lull::amqp {

namespace {

using brokers::ended;

constexpr std::string_view kNotFound = "amqp:not-found";

/// Brokers reject for troubles of their own as well (Artemis: `failed`, when its storage does; Azure Service Bus:
/// com.microsoft:server-busy). Only these reasons, or none at all, speak of the message, which another attempt would
/// not change.
bool isOfTheMessage(const Condition& why) {
  constexpr std::array<std::string_view, 5> kForGood{"amqp:not-allowed", "amqp:decode-error", "amqp:invalid-field",
                                                     "amqp:link:message-size-exceeded", "com.microsoft:argument-error"};
  return why.name.empty() || std::ranges::find(kForGood, why.name) != kForGood.end();
}

}  // namespace

std::string quoted(const Condition& condition) {
  if (condition.empty()) return "no reason given";
  const bool both = !condition.name.empty() && !condition.description.empty();
  return brokers::quoted(condition.name + (both ? " " : "") + condition.description);
}

AttemptResult rejected(const std::string& broker, const Condition& why) {
  return ended(isOfTheMessage(why) ? Outcome::Permanent : Outcome::Retryable,
               "The broker " + broker + " rejected the message (" + quoted(why) + ").", FailureClass::Protocol);
}

AttemptResult returned(const std::string& broker, std::string_view how) {
  return ended(Outcome::Retryable, "The broker " + broker + " gave the message back (" + std::string(how) + ").",
               FailureClass::Protocol);
}

AttemptResult linkRefused(const std::string& broker, const std::string& queue, const Condition& why) {
  return ended(
      Outcome::Retryable,
      "The broker " + broker + " takes nothing for the queue " + text::printable(queue) + " (" + quoted(why) + ").",
      why.name == kNotFound ? FailureClass::Name : FailureClass::Protocol);
}

AttemptResult tooLarge(const std::string& broker, std::uint64_t most) {
  return ended(Outcome::Permanent,
               "The message is larger than the broker " + broker + " takes (" + std::to_string(most) + " bytes).",
               FailureClass::Local);
}

}  // namespace lull::amqp
