#include <lull/history/recorder.hpp>

#include <utility>

namespace lull::history {

void Recorder::attempted(const EndpointId& endpoint, bool failed) {
  std::lock_guard guard(mutex_);
  auto& counts = endpoints_[endpoint];
  ++counts.attempts;
  if (failed) ++counts.failures;
}

void Recorder::deliveredAfter(Millis lag) {
  const auto bucket = bucketOf(lag);
  std::lock_guard guard(mutex_);
  ++lags_.at(bucket);
}

ports::NotedHistory Recorder::take(std::size_t most) {
  ports::NotedHistory taken;
  std::lock_guard guard(mutex_);
  for (std::uint32_t bucket = 0; bucket < kLagBuckets; ++bucket) {
    if (lags_.at(bucket) > 0) taken.lags[bucket] = std::exchange(lags_.at(bucket), 0);
  }
  if (taking_.empty()) taking_.swap(endpoints_);
  for (auto next = taking_.begin(); next != taking_.end() && taken.endpoints.size() < most;) {
    taken.endpoints.insert(*next);
    next = taking_.erase(next);
  }
  return taken;
}

void Recorder::putBack(const ports::NotedHistory& noted) {
  std::lock_guard guard(mutex_);
  for (const auto& [bucket, count] : noted.lags) lags_.at(bucket) += count;
  for (const auto& [id, counts] : noted.endpoints) {
    auto& kept = endpoints_[id];
    kept.attempts += counts.attempts;
    kept.failures += counts.failures;
  }
}

}  // namespace lull::history
