#pragma once

#include <lull/jobs/pace.hpp>
#include <lull/ports/jobs.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace lull::jobs {

/// Runs jobs: takes those that nobody runs, and moves their letters a step at a time, each at its pace. Every replica
/// runs one; the store lets only one of them move for a job. It keeps nothing that a kill could lose. run() has a
/// thread of its own; stop() and wake() are thread-safe.
/// A replay's letters are items, which wait until its endpoint has room for them.
class JobLoop {
 public:
  explicit JobLoop(ports::JobWork& work, std::function<Ticks()> ticks = std::chrono::steady_clock::now)
      : work_(work), ticks_(std::move(ticks)) {}

  void run();
  void stop();
  /// There is a new job.
  void wake();
  /// One step of every job. Returns how long to rest.
  std::chrono::nanoseconds turn();

 private:
  struct Running {
    Running(ports::JobTask job, Ticks now) : task(std::move(job)), pace(task.order.ratePerSecond, now) {}

    ports::JobTask task;
    Pace pace;
    ports::JobLetters letters;  ///< read, and from `next` on still to be moved
    std::size_t next = 0;
    Ticks notBefore{};                     ///< there was no room for its letters
    std::chrono::nanoseconds patience{0};  ///< how long it waited then
    bool wasRead = false;
    bool goesOn = true;  ///< false when it has ended, or another process runs it
  };

  void take(Ticks now);
  bool step(Running& job);
  bool moveSome(Running& job);
  bool fail(Running& job);
  bool finishPart(Running& job);

  ports::JobWork& work_;
  const std::function<Ticks()> ticks_;
  std::map<std::uint64_t, Running> running_;  ///< by number; used by turn() only
  Ticks nextTake_{};
  std::atomic<bool> asked_{true};
  std::atomic<bool> stopping_{false};
  runtime::Signal wake_;
};

}  // namespace lull::jobs
