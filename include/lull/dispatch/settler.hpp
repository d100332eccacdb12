#pragma once

#include <lull/ports/clock.hpp>
#include <lull/ports/queue.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/runtime/deadline.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

namespace lull::dispatch {

/// Says what a call that settles claims in the same step, and starts that. Thread-safe; no call blocks for long.
class NextClaims {
 public:
  /// What a call asked for, and when.
  struct Asked {
    ports::ClaimRequest request;
    std::chrono::steady_clock::time_point since;
  };
  virtual ~NextClaims() = default;
  /// Holds slots for the attempts, until one of the others is called with the same.
  virtual Asked ask(const std::vector<ports::Settlement>& ending) = 0;
  virtual void settled(const std::vector<ports::Settlement>& ended, const Asked& asked, ports::ClaimBatch next) = 0;
  virtual void notSettled(const Asked& asked) = 0;
};

/// Settles claims in batches: the settlements that arrive while a batch is under way make the next one. While the store
/// is away it keeps them (there are no more than attempts in flight) and tries again. Thread-safe; run() has a thread
/// of its own.
class Settler {
 public:
  Settler(ports::Settling& settling, ports::Clock& clock) : settling_(settling), clock_(clock) {}

  /// Names who claims; before run(). Outlives run().
  void connect(NextClaims& next) { next_ = &next; }

  /// Announces an attempt that began: its settlement will be added.
  void expect();
  /// Adds the settlement of an attempt that was announced.
  void addExpected(ports::Settlement settlement);
  /// Adds the settlement of a claim that was not attempted.
  void add(ports::Settlement settlement);
  void run();
  /// Settles what is left, until the deadline, then ends run(). The leases of claims that could not be settled expire,
  /// and their messages are sent again. A call to the store that hangs is not cut short here: the part that stops the
  /// store does that. Only the first call counts.
  void stop(const runtime::Deadline& deadline);
  /// Whether every claim that was announced or added has been settled, so that no lease of ours is left behind.
  bool settledAll();

 private:
  bool giveUp();
  std::vector<ports::Settlement> nextBatch();
  void push(ports::Settlement settlement, bool expected);

  ports::Settling& settling_;
  ports::Clock& clock_;
  NextClaims* next_ = nullptr;
  runtime::LoopBackoff backoff_;  // used by the loop's thread only
  std::mutex mutex_;
  std::condition_variable changed_;
  // Protected by mutex_:
  std::vector<ports::Settlement> waiting_;
  std::size_t expected_ = 0;                   // attempts running
  std::size_t underWay_ = 0;                   // settlements of the batch that run() has in hand
  std::optional<runtime::Deadline> deadline_;  // set once it is to stop
};

}  // namespace lull::dispatch
