#pragma once

#include <lull/redis/alert_queue.hpp>
#include <lull/redis/shard.hpp>
#include <lull/runtime/backoff.hpp>

#include <atomic>

namespace lull::redis {

/// The alerts in Redis: one entry per kind and subject, the last 500. Thread-safe.
class AlertStore : public ports::AlertView {
 public:
  /// Writes what `queue` has; nobody else takes anything out of it.
  AlertStore(Shard& shard, AlertQueue& queue) : shard_(shard), queue_(queue) {}

  Result<Page<ports::Alert>> list(const PageRequest& page) override;

  /// Writes the raised alerts until stop(), and once more then; run it on a thread of its own.
  void run();
  void stop();
  /// Writes the alerts raised so far. Those that cannot be written go back to the queue.
  Status write();

 private:
  Shard& shard_;
  AlertQueue& queue_;
  std::atomic<bool> stopping_{false};
  runtime::LoopBackoff backoff_;  // used by run() only
};

}  // namespace lull::redis
