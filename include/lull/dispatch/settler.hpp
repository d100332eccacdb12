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

/// How soon a settlement is wanted.
enum class Haste {
  Now,
  MayWait  ///< nobody waits for it: it is held for a moment, so that others can share its call
};

/// Settles claims in batches: the settlements that arrive while a batch is under way make the next one, and those that
/// may wait are held until there are kMostHeld of them, one comes that may not wait, or a moment has passed. While the
/// store is away it keeps them (there are no more than attempts in flight) and tries again. Thread-safe; run() has a
/// thread of its own.
class Settler {
 public:
  /// When so many are held, they are settled. A process that is killed repeats what it holds, which is no matter beside
  /// the attempts that it has in flight; and already so few save most of what settling costs while little happens.
  static constexpr std::size_t kMostHeld = 4;
  /// A change of the same item that comes meanwhile is sent so much later.
  static constexpr std::chrono::milliseconds kHeldFor{50};

  /// `heldFor`: the longest time for which a settlement is held that may wait.
  Settler(ports::Settling& settling, ports::Clock& clock, std::chrono::milliseconds heldFor = kHeldFor)
      : settling_(settling), clock_(clock), heldFor_(heldFor) {}

  /// Names who claims; before run(). Outlives run().
  void connect(NextClaims& next) { next_ = &next; }

  /// Announces an attempt that began: its settlement will be added.
  void expect();
  /// Adds the settlement of an attempt that was announced.
  void addExpected(ports::Settlement settlement, Haste haste = Haste::Now);
  /// Adds the settlement of a claim that was not attempted.
  void add(ports::Settlement settlement);
  /// Settles at once what is held.
  void hasten();
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
  void push(ports::Settlement settlement, bool expected, Haste haste);
  bool holds() const { return !hurries_ && waiting_.size() < kMostHeld; }

  ports::Settling& settling_;
  ports::Clock& clock_;
  const std::chrono::milliseconds heldFor_;
  NextClaims* next_ = nullptr;
  runtime::LoopBackoff backoff_;  // used by the loop's thread only
  std::mutex mutex_;
  std::condition_variable changed_;
  // Protected by mutex_:
  std::vector<ports::Settlement> waiting_;
  std::chrono::steady_clock::time_point since_;  // when the first of them came
  bool hurries_ = false;                         // one of them may not wait
  std::size_t expected_ = 0;                     // attempts running
  std::size_t underWay_ = 0;                     // settlements of the batch that run() has in hand
  std::optional<runtime::Deadline> deadline_;    // set once it is to stop
};

}  // namespace lull::dispatch
