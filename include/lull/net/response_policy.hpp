#pragma once

#include <lull/domain/attempt.hpp>
#include <lull/domain/status_set.hpp>
#include <lull/domain/time.hpp>
#include <lull/ports/transport.hpp>

#include <optional>
#include <string>
#include <string_view>

/// What an answer means, as pure functions.
namespace lull::net {

struct ResponsePolicy {
  StatusSet success;    ///< Delivery:SuccessStatuses
  StatusSet permanent;  ///< Delivery:PermanentStatuses
  Millis maxRetryAfter{0};
};

/// `now` is compared with a Retry-After date.
AttemptResult classify(const ports::HttpAnswer& answer, const ResponsePolicy& policy, Instant now);

/// The endpoint is paused because the egress rules forbid its address; `refusal` is their sentence.
PauseOrder pauseByEgressRules(const std::string& refusal);

/// Retry-After (RFC 9110 section 10.2.3): seconds or a date, never negative; empty when it is neither.
std::optional<Millis> parseRetryAfter(std::string_view value, Instant now);

/// Valid UTF-8 of at most `limit` bytes: bytes that are not UTF-8, and NUL, become U+FFFD.
std::string readableExcerpt(std::string_view raw, std::size_t limit);

}  // namespace lull::net
