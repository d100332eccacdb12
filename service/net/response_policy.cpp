#include <lull/net/response_policy.hpp>

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

/// Length of the well-formed UTF-8 sequence that `text` starts with (Unicode table 3-7), 0 when there is none.
std::size_t sequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto within = [&](std::size_t i, unsigned low, unsigned high) { return byte(i) >= low && byte(i) <= high; };
  const unsigned first = byte(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  if (first >= 0xC2 && first <= 0xDF) return within(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return within(1, low, high) && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

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

/// Digits, and what some receivers send although RFC 9110 knows no fractions: a decimal, which is rounded up.
std::optional<Millis> parseSeconds(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::int64_t kMostSeconds = 10LL * 366 * 24 * 3600;  // far above any cap, far below an overflow
  const auto point = std::min(value.find('.'), value.size());
  const auto whole = value.substr(0, point);
  const auto fraction = value.substr(std::min(point + 1, value.size()));
  const bool digitsOnly = whole.find_first_not_of(kDigits) == std::string_view::npos &&
                          fraction.find_first_not_of(kDigits) == std::string_view::npos;
  if (!digitsOnly || whole.empty() || (point < value.size() && fraction.empty())) return std::nullopt;
  std::int64_t seconds = kMostSeconds;
  // Digits that do not fit are simply very many seconds.
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
    const std::size_t length = sequenceLength(raw);
    const std::string_view next = length == 0 ? kReplacement : raw.substr(0, length);
    if (text.size() + next.size() > limit) break;
    text.append(next);
    raw.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

std::optional<Millis> parseRetryAfter(std::string_view value, Instant now) {
  const auto first = value.find_first_not_of(" \t");
  if (first == std::string_view::npos) return std::nullopt;
  value = value.substr(first, value.find_last_not_of(" \t") - first + 1);
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
