#pragma once

#include <lull/history/lag_buckets.hpp>
#include <lull/ports/history.hpp>

#include <array>
#include <mutex>
#include <unordered_map>

namespace lull::history {

/// Gathers the notes of this process until they are written, which is about once a second: what a process noted in its
/// last second is lost when it is killed. Its memory is bounded by the endpoints that have attempts. Thread-safe.
class Recorder final : public ports::HistoryNotes, public ports::NotedHistorySource {
 public:
  void attempted(const EndpointId& endpoint, bool failed) override;
  void deliveredAfter(Millis lag) override;

  ports::NotedHistory take(std::size_t most) override;
  void putBack(const ports::NotedHistory& noted) override;

 private:
  std::mutex mutex_;
  std::array<std::uint64_t, kLagBuckets> lags_{};  // protected by mutex_
  using Counts = std::unordered_map<EndpointId, ports::AttemptCounts>;
  Counts endpoints_;  // protected by mutex_; noted since `taking_` began
  Counts taking_;     // protected by mutex_; what the next calls of take() get first
};

}  // namespace lull::history
