#pragma once

#include <lull/ports/sources.hpp>
#include <lull/runtime/signal.hpp>
#include <lull/sources/leased_loop.hpp>

#include <atomic>
#include <functional>
#include <vector>

namespace lull::sources {

/// Holds the leases of this process's sources and passes on who asked for a run: of all replicas one works for each
/// source. A loop that hangs in one step is an alert, and its lease is not kept, so that another process can go on.
/// run() has a thread of its own; stop() and wake() are thread-safe.
class SourceLoop {
 public:
  /// The loops outlive this object.
  SourceLoop(ports::SourceWork& store, std::vector<LeasedLoop*> loops,
             std::function<Ticks()> ticks = std::chrono::steady_clock::now);

  /// Returns after stop(), when it has given up all leases; the loops must have ended by then.
  void run();
  void stop();
  /// Somebody has asked for a run.
  void wake() { wake_.notify(); }
  /// Takes and renews once.
  void turn();

 private:
  ports::SourceWork& store_;
  const std::vector<LeasedLoop*> loops_;
  const std::function<Ticks()> ticks_;
  std::atomic<bool> stopping_{false};
  runtime::Signal wake_;
};

}  // namespace lull::sources
