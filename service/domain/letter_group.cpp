#include <lull/domain/letter_group.hpp>

#include <algorithm>
#include <charconv>

namespace lull {

namespace {

template <class Number>
std::optional<Number> wholeNumber(std::string_view text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failure == std::errc{} && end == text.data() + text.size() && number > 0;
  return whole && std::to_string(number) == text ? std::optional(number) : std::nullopt;
}

std::optional<Cause> parseCause(std::string_view key) {
  const auto last = key.rfind(':');
  const auto first = last == std::string_view::npos || last == 0 ? std::string_view::npos : key.rfind(':', last - 1);
  if (first == std::string_view::npos || first == 0) return std::nullopt;
  const auto reason = parseDeathReason(key.substr(first + 1, last - first - 1));
  if (!reason) return std::nullopt;
  Cause cause{EndpointId(key.substr(0, first)), *reason, wholeNumber<int>(key.substr(last + 1)), {}};
  if (cause.code) return cause;
  const auto failure = parseFailureClass(key.substr(last + 1));
  if (!failure) return std::nullopt;
  cause.failure = *failure;
  return cause;
}

/// Whether a part of a filter is absent or says the same; it says so afterwards.
template <class T>
bool take(std::optional<T>& part, const T& value) {
  if (part && *part != value) return false;
  part = value;
  return true;
}

}  // namespace

std::optional<GroupBy> parseGroupBy(std::string_view text) {
  if (text == "cause") return GroupBy::Cause;
  if (text == "endpoint") return GroupBy::Endpoint;
  if (text == "changeType") return GroupBy::ChangeType;
  return std::nullopt;
}

std::string keyOf(const Cause& cause) {
  return cause.endpoint + ":" + std::string(toString(cause.reason)) + ":" +
         (cause.code ? std::to_string(*cause.code) : std::string(toString(cause.failure)));
}

bool narrowToGroup(DeadLetterFilter& filter, std::string_view key) {
  auto narrowed = filter;
  bool fits = false;
  if (const auto cause = parseCause(key)) {
    fits = take(narrowed.endpointId, cause->endpoint) && take(narrowed.reason, cause->reason) &&
           (cause->code ? take(narrowed.code, *cause->code) : !narrowed.code && take(narrowed.failure, cause->failure));
  } else if (const auto changeType = wholeNumber<std::uint32_t>(key)) {
    fits = take(narrowed.changeType, *changeType);
  } else if (key.starts_with("ep_") && key.find(':') == std::string_view::npos) {
    fits = take(narrowed.endpointId, EndpointId(key));
  }
  if (fits) filter = std::move(narrowed);
  return fits;
}

}  // namespace lull
