#include "mailboxes/mailbox_input.hpp"

#include "events/event_rules.hpp"

#include <lull/text/ascii.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace lull::api {

namespace {

constexpr std::size_t kMostMailboxName = 200;

}  // namespace

Query parametersOf(const Call& call, InputErrors& errors) {
  const bool hasForm = call.mediaType == MediaType::Form;
  return Query(call.head.query, hasForm ? std::string_view(call.body) : std::string_view(), call.allowedQuery, errors);
}

std::string requiredText(const Query& query, std::string_view name, InputErrors& errors) {
  auto given = query.text(name).value_or("");
  if (given.empty()) errors.add(std::string(name), "It is required.");
  return given;
}

std::string scopeIn(const Query& query, std::string_view name, InputErrors& errors) {
  auto given = query.text(name).value_or("");
  if (text::countCharacters(given) > kMaxScopeCharacters) {
    errors.add(std::string(name), "It has at most 100 characters.");
  }
  return given;
}

Millis waitIn(const Query& query, std::string_view name, InputErrors& errors) {
  const auto given = query.text(name);
  auto seconds = kMostWaitSeconds;
  if (given && (given->empty() || !text::isAllDigits(*given))) {
    errors.add(std::string(name), "It must be a whole number of seconds, 0 or more; at most " +
                                      std::to_string(kMostWaitSeconds) + " are waited.");
  } else if (given) {
    // A number that is too large for the type is clamped like any other.
    std::int64_t value = 0;
    const auto read = std::from_chars(given->data(), given->data() + given->size(), value);
    if (read.ec == std::errc{}) seconds = std::min(value, kMostWaitSeconds);
  }
  return std::chrono::seconds(seconds);
}

Millis lockTimeIn(const Query& query, std::string_view name) {
  return std::chrono::seconds(query.number(name, kLeastLockSeconds, kMostLockSeconds).value_or(kUsualLockSeconds));
}

void judgeMailboxName(std::string_view value, std::string pointer, InputErrors& errors) {
  const auto characters = text::countCharacters(value);
  if (characters >= 1 && characters <= kMostMailboxName) return;
  errors.add(std::move(pointer), "It must have 1 to 200 characters.");
}

}  // namespace lull::api
