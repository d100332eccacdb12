#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace lull::ports {

/// Where the dispatcher notes what the fleet's history is made of. Thread-safe; no call blocks or fails.
class HistoryNotes {
 public:
  virtual ~HistoryNotes() = default;
  /// An attempt that reached the receiver or tried to; `failed`: it was no success.
  virtual void attempted(const EndpointId& endpoint, bool failed) = 0;
  /// The time from the moment a message became due to its success.
  virtual void deliveredAfter(Millis lag) = 0;
};

/// Counts of delivery lags by bucket (history::bucketOf).
using LagCounts = std::map<std::uint32_t, std::uint64_t>;

struct AttemptCounts {
  std::uint64_t attempts = 0;
  std::uint64_t failures = 0;
};

/// What one process has noted and not written yet.
struct NotedHistory {
  LagCounts lags;
  std::map<EndpointId, AttemptCounts> endpoints;
  bool empty() const { return lags.empty() && endpoints.empty(); }
};

/// The notes of this process, for the part that writes them. Thread-safe.
class NotedHistorySource {
 public:
  virtual ~NotedHistorySource() = default;
  /// Takes the lags and the counts of at most `most` endpoints; with more of them every call takes others.
  virtual NotedHistory take(std::size_t most) = 0;
  /// Gives back what could not be written.
  virtual void putBack(const NotedHistory& noted) = 0;
};

/// The shortest step; longer ones are made of it.
inline constexpr Millis kHistoryStep = std::chrono::seconds(10);
inline constexpr Millis kHistoryKept = std::chrono::days(7);

/// What the fleet did in one shortest step.
struct HistoryStep {
  Instant at;  ///< its beginning
  std::uint64_t accepted = 0;
  std::uint64_t coalesced = 0;
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;  ///< attempts
  std::uint64_t deadLettered = 0;
  std::optional<std::uint32_t> lagP50;  ///< buckets; absent: nothing was delivered
  std::optional<std::uint32_t> lagP99;
  Millis oldestDueAge{0};  ///< at its end, as queueDepth
  std::uint64_t queueDepth = 0;
};

/// The lags of one minute, whose distribution is not kept.
struct MinuteLag {
  Instant at;
  std::uint32_t p50 = 0;  ///< buckets
  std::uint32_t p99 = 0;
};

/// The distribution of the lags of five minutes.
struct LagDistribution {
  Instant at;
  LagCounts counts;
};

/// What is kept of a span of time, in the order of time. A step in which no replica ran is missing.
struct HistoryRecords {
  std::vector<HistoryStep> steps;
  std::vector<MinuteLag> minutes;              ///< those with a delivery
  std::vector<LagDistribution> distributions;  ///< the same
  Instant end;                                 ///< up to here all steps were written; later ones still run
};

/// Attempts of one endpoint in five minutes.
struct AttemptSlot {
  Instant at;  ///< its beginning
  AttemptCounts counts;
};
inline constexpr Millis kAttemptSlot = std::chrono::minutes(5);
inline constexpr Millis kAttemptSlotsKept = std::chrono::hours(24);

/// The fleet's history, the same on every replica. Thread-safe.
class History {
 public:
  virtual ~History() = default;
  /// Everything of [since, until).
  virtual Result<HistoryRecords> read(Instant since, Instant until) = 0;
  /// The slots of an endpoint that had attempts, the running one included, oldest first; none for an unknown endpoint.
  virtual Result<std::vector<AttemptSlot>> attemptsOf(const EndpointId& id) = 0;
};

}  // namespace lull::ports
