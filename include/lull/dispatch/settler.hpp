#pragma once

#include <lull/ports/clock.hpp>
#include <lull/ports/queue.hpp>
#include <lull/runtime/backoff.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

namespace lull::dispatch {

/// Settles in batches: what ends while a batch is under way makes the next one. Thread-safe; run() has a thread of its
/// own. While the store is away it keeps what it has (bounded by the attempts in flight) and tries again.
class Settler {
 public:
  /// `onSettled` is called after each batch; it must not block.
  Settler(ports::Settling& settling, ports::Clock& clock, std::function<void()> onSettled);

  void add(ports::Settlement settlement);
  void run();
  /// Settles what is left, for at most `patience`, then ends run(). What could not be settled is sent again after its
  /// lease.
  void stop(std::chrono::milliseconds patience);

 private:
  bool giveUp();

  ports::Settling& settling_;
  ports::Clock& clock_;
  const std::function<void()> onSettled_;
  runtime::LoopBackoff backoff_;  // used by the loop's thread only
  std::mutex mutex_;
  std::condition_variable changed_;
  // Protected by mutex_:
  std::vector<ports::Settlement> waiting_;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace lull::dispatch
