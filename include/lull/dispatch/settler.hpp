#pragma once

#include <lull/ports/clock.hpp>
#include <lull/ports/queue.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/runtime/deadline.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace lull::dispatch {

/// Settles in batches: what ends while a batch is under way makes the next one. Thread-safe; run() has a thread of its
/// own. While the store is away it keeps what it has (bounded by the attempts in flight) and tries again.
class Settler {
 public:
  /// `onSettled` is told each batch that was settled; it must not block.
  using OnSettled = std::function<void(const std::vector<ports::Settlement>&)>;
  Settler(ports::Settling& settling, ports::Clock& clock, OnSettled onSettled);

  /// An attempt began: its settlement will be added.
  void expect();
  /// The settlement of an attempt that was expected.
  void addExpected(ports::Settlement settlement);
  /// The settlement of a claim that was not attempted.
  void add(ports::Settlement settlement);
  void run();
  /// Settles what is left until the deadline, then ends run(). What could not be settled is sent again after its lease.
  /// A call to the store that hangs is not cut short here: whoever stops the store does that. The first call counts.
  void stop(const runtime::Deadline& deadline);

 private:
  bool giveUp();
  std::vector<ports::Settlement> nextBatch();
  void push(ports::Settlement settlement, bool expected);

  ports::Settling& settling_;
  ports::Clock& clock_;
  const OnSettled onSettled_;
  runtime::LoopBackoff backoff_;  // used by the loop's thread only
  std::mutex mutex_;
  std::condition_variable changed_;
  // Protected by mutex_:
  std::vector<ports::Settlement> waiting_;
  std::size_t expected_ = 0;                   // attempts running
  std::optional<runtime::Deadline> deadline_;  // set: it stops
};

}  // namespace lull::dispatch
