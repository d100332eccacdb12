#pragma once

#include <lull/ports/registry.hpp>
#include <lull/ports/stats.hpp>
#include <lull/redis/shard.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>

namespace lull::redis {

/// The fleet's numbers. Thread-safe. Rates come from the counters as this process saw them over the last minute.
class StatsStore : public ports::Stats {
 public:
  StatsStore(Shard& shard, ports::EndpointStore& endpoints) : shard_(shard), endpoints_(endpoints) {}

  Result<ports::FleetCounters> counters() override;
  Result<ports::Rates> rates() override;
  Status ready() override;

  /// Notes the counters every few seconds until stop(), and calls `everySecond`; run it on a thread of its own.
  void run(const std::function<void()>& everySecond);
  void stop();

 private:
  struct Sample {
    std::chrono::steady_clock::time_point at;
    ports::FleetCounters counters;
  };
  void note(const ports::FleetCounters& counters);

  Shard& shard_;
  ports::EndpointStore& endpoints_;
  runtime::Guarded<std::deque<Sample>> samples_;
  std::atomic<bool> stopping_{false};
  runtime::Signal wake_;
};

}  // namespace lull::redis
