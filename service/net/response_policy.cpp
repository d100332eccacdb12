#include <lull/net/response_policy.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <charconv>

namespace lull::net {

namespace {

constexpr std::size_t kExcerptBytes = 1024;
constexpr int kGone = 410;
constexpr int kTooManyRequests = 429;
constexpr int kServiceUnavailable = 503;
constexpr auto kGoneNotice =
    "Paused: the receiver answered 410, which says that it is gone for good. Its queue is kept. Correct its url and "
    "enable it, or delete it.";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

Outcome outcomeOf(int status, const ResponsePolicy& policy) {
  if (policy.success.contains(status)) return Outcome::Delivered;
  if (status == kGone) return Outcome::Held;
  return policy.permanent.contains(status) ? Outcome::Permanent : Outcome::Retryable;
}

Outcome outcomeOf(ports::TransportFailure failure) {
  switch (failure) {
    case ports::TransportFailure::Vetoed:
      return Outcome::Held;
    case ports::TransportFailure::Cancelled:
    case ports::TransportFailure::Exhausted:
      return Outcome::Released;
    default:
      return Outcome::Retryable;
  }
}

FailureClass classOf(ports::TransportFailure failure) {
  switch (failure) {
    case ports::TransportFailure::Connect:
      return FailureClass::Connect;
    case ports::TransportFailure::Tls:
      return FailureClass::Tls;
    case ports::TransportFailure::Timeout:
      return FailureClass::Timeout;
    case ports::TransportFailure::Protocol:
      return FailureClass::Protocol;
    case ports::TransportFailure::CutOff:
      return FailureClass::CutOff;
    case ports::TransportFailure::None:
    case ports::TransportFailure::Reset:
      return FailureClass::Reset;
    case ports::TransportFailure::Vetoed:
    case ports::TransportFailure::Cancelled:
    case ports::TransportFailure::Exhausted:
      break;
  }
  return FailureClass::None;
}

/// Reads whole seconds. Some receivers send a decimal although RFC 9110 has none; it is rounded up.
std::optional<Millis> parseSeconds(std::string_view value) {
  constexpr std::int64_t kMostSeconds = 10LL * 366 * 24 * 3600;  // far above any cap, far below an overflow
  const auto point = std::min(value.find('.'), value.size());
  const auto whole = value.substr(0, point);
  const auto fraction = value.substr(std::min(point + 1, value.size()));
  if (!text::isAllDigits(whole) || (point < value.size() && !text::isAllDigits(fraction))) return std::nullopt;
  std::int64_t seconds = kMostSeconds;
  // A number that is too large for the type stands for the longest time.
  if (std::from_chars(whole.data(), whole.data() + whole.size(), seconds).ec != std::errc{}) seconds = kMostSeconds;
  if (fraction.find_first_not_of('0') != std::string_view::npos) ++seconds;
  return std::chrono::seconds(std::min(seconds, kMostSeconds));
}

}  // namespace

PauseOrder pauseByEgressRules(const std::string& refusal) {
  return {PausedReason::Egress,
          "Paused: the egress rules refuse its address. Its queue is kept. Correct its url, or allow the address "
          "(Egress:AllowedNetworks, Egress:AllowedHosts, Egress:AllowedPorts), then enable it. Last error: " +
              refusal,
          false};
}

std::string readableExcerpt(std::string_view raw, std::size_t limit) {
  std::string text;
  text.reserve(std::min(raw.size(), limit));
  while (!raw.empty()) {
    const std::size_t length = raw.front() == '\0' ? 0 : text::characterLength(raw);
    const std::string_view next = length == 0 ? kReplacement : raw.substr(0, length);
    if (text.size() + next.size() > limit) break;
    text.append(next);
    raw.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

std::optional<Millis> parseRetryAfter(std::string_view value, Instant now) {
  value = text::trimmed(value);
  if (const auto seconds = parseSeconds(value)) return *seconds;
  const auto date = parseHttpDate(value);
  if (!date) return std::nullopt;
  return std::max(Millis{0}, *date - now);
}

AttemptResult classify(const ports::HttpAnswer& answer, const ResponsePolicy& policy, Instant now) {
  AttemptResult result;
  result.duration = answer.duration;
  if (answer.failure != ports::TransportFailure::None || !answer.status) {
    result.outcome = outcomeOf(answer.failure);
    result.failure = classOf(answer.failure);
    result.sentence = answer.error.empty() ? "No answer came back." : answer.error;
    if (result.outcome == Outcome::Held) result.pause = pauseByEgressRules(result.sentence);
    result.cutOff = answer.failure == ports::TransportFailure::CutOff;
    return result;
  }
  result.code = answer.status;
  result.outcome = outcomeOf(*answer.status, policy);
  result.responseExcerpt = readableExcerpt(answer.excerpt, kExcerptBytes);
  if (result.outcome == Outcome::Delivered) return result;
  result.sentence = "The receiver answered " + std::to_string(*answer.status) + ".";
  if (result.outcome == Outcome::Held) result.pause = PauseOrder{PausedReason::Gone, kGoneNotice, true};
  if (result.outcome != Outcome::Retryable) return result;
  if (policy.maxRetryAfter == Millis{0}) return result;
  if (auto wait = parseRetryAfter(answer.retryAfter, now)) {
    result.retryAfter = std::min(*wait, policy.maxRetryAfter);
    result.parks = *answer.status == kTooManyRequests || *answer.status == kServiceUnavailable;
  }
  return result;
}

}  // namespace lull::net
