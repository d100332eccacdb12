#include <lull/brokers/results.hpp>
#include <lull/text/printable.hpp>

#include <utility>

namespace lull::brokers {

AttemptResult ended(Outcome outcome, std::string sentence, FailureClass failure) {
  AttemptResult result;
  result.outcome = outcome;
  result.sentence = std::move(sentence);
  result.failure = failure;
  return result;
}

AttemptResult confirmed() {
  auto result = ended(Outcome::Delivered, "");
  result.code = kReplySuccess;
  return result;
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

std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 200;
  return text::printable(text.substr(0, kMost));
}

}  // namespace lull::brokers
