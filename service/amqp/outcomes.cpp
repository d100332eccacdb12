#include "outcomes.hpp"

#include <lull/brokers/results.hpp>
#include <lull/text/printable.hpp>

namespace lull::amqp {

namespace {

using brokers::ended;

constexpr std::string_view kNotFound = "amqp:not-found";
constexpr std::string_view kNoRoom = "amqp:resource-limit-exceeded";

}  // namespace

std::string quoted(const Condition& condition) {
  if (condition.empty()) return "no reason given";
  const bool both = !condition.name.empty() && !condition.description.empty();
  return brokers::quoted(condition.name + (both ? " " : "") + condition.description);
}

AttemptResult rejected(const std::string& broker, const Condition& why) {
  return ended(why.name == kNoRoom ? Outcome::Retryable : Outcome::Permanent,
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
