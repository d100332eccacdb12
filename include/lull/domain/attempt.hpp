#pragma once

#include <lull/domain/item_id.hpp>
#include <lull/domain/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull {

/// How an attempt ended, as far as the queue must know. Named phases, so that nothing is classified by its text.
enum class Outcome {
  Delivered,  ///< answered as success
  Retryable,  ///< may succeed later: spends an attempt and follows the schedule
  Permanent,  ///< cannot succeed: a dead letter at once
  Gone,       ///< 410: pauses the endpoint, the message waits, no attempt spent
  Refused,    ///< the egress rules forbid the destination: pauses the endpoint, no attempt spent
  Released,   ///< stopped before the request began: no attempt spent
};

std::string_view toString(Outcome outcome);  ///< "delivered", "retryable", "permanent", "gone", "refused", "released"
std::optional<Outcome> parseOutcome(std::string_view text);

/// What came of calling a channel once.
struct AttemptResult {
  Outcome outcome = Outcome::Retryable;
  std::optional<int> status;  ///< HTTP status; absent when none came back
  Millis duration{0};
  std::string error;                 ///< a sentence whenever no status came back; empty otherwise
  std::string responseExcerpt;       ///< first bytes of the response body, valid UTF-8, at most 1 KiB
  std::optional<Millis> retryAfter;  ///< the least delay that the receiver asked for, capped
  bool parks = false;                ///< it holds for the whole endpoint (429 and 503), not only for this message
  bool cutOff = false;               ///< Lull stopped before the answer came: no fault of the receiver (Retryable)
};

/// One line of an endpoint's attempt log, and of a dead letter's history.
struct AttemptRecord {
  Instant at;
  std::string messageId;
  ItemKey key;
  std::uint32_t attempt = 0;
  Outcome outcome = Outcome::Retryable;
  std::optional<int> status;
  Millis duration{0};
  std::string error;
  std::string responseExcerpt;
};

}  // namespace lull
