#pragma once

#include <lull/ports/history.hpp>

#include <array>
#include <vector>

namespace lull::history {

/// The lengths that a step may have; each is a multiple of the one before it.
inline constexpr std::array<Millis, 4> kSteps{ports::kHistoryStep, std::chrono::minutes(1), std::chrono::minutes(5),
                                              std::chrono::hours(1)};

/// One step of any length. Counts are sums; the queue's depth is that at its end, and the oldest age the greatest that
/// was seen. Lags are exact to one bucket (lag_buckets.hpp).
struct Step {
  Instant at;
  std::uint64_t accepted = 0;
  std::uint64_t coalesced = 0;
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
  std::uint64_t deadLettered = 0;
  std::optional<Millis> lagP50;
  std::optional<Millis> lagP99;
  Millis oldestDueAge{0};
  std::uint64_t queueDepth = 0;
};

/// The beginning of the step that `at` is in.
Instant stepBegin(Instant at, Millis step);

/// Makes steps of the length `step`, one of kSteps, of what is kept. One that is not over is left out, as is one
/// without a record.
std::vector<Step> rollUp(const ports::HistoryRecords& records, Millis step);

/// All slots from `since` to the last one that is over at `now`, those without an attempt too, but none from before
/// `born` or beyond what is kept.
std::vector<ports::AttemptSlot> everySlot(const std::vector<ports::AttemptSlot>& slots, Instant since, Instant born,
                                          Instant now);

}  // namespace lull::history
