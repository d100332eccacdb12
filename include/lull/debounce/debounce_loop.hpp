#pragma once

#include <lull/debounce/event_fan_out.hpp>
#include <lull/ports/clock.hpp>
#include <lull/ports/windows.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace lull::debounce {

/// Removes windows when they are due and has them fanned out, and has the events of the stream fanned out. Any number
/// of replicas run it on the same store. noteDue() and stop() are thread-safe; run() has a thread of its own.
class DebounceLoop {
 public:
  /// `onMessages` is called after messages were queued; it must not block.
  DebounceLoop(ports::WindowFiring& windows, ports::StreamFanOut& stream, ports::Subscribers& subscribers,
               ports::Clock& clock, std::function<void()> onMessages);

  void run();
  void stop();
  /// Tells the loop that a window of this replica will be due at `due` (an admission or a flush set that), or with the
  /// present time that there are events in the stream, so that it wakes up in time.
  void noteDue(Instant due);

  /// Fans out every window that is due now and every event of the stream; returns the due time of the earliest window
  /// left. This is one turn of run(). Once stop() was called nothing more is fanned out, not even what is due.
  Result<std::optional<Instant>> fanOutAll();

 private:
  struct Turn {
    std::uint32_t changeTypes = 0;   // of the windows met so far
    std::optional<Instant> nextDue;  // known once all due windows are gone
    bool windowsLeft = true;
    bool eventsLeft = true;
  };
  Status fireSome(Turn& turn);
  void fanOutSome(Turn& turn);

  ports::WindowFiring& windows_;
  EventFanOut events_;
  ports::Subscribers& subscribers_;
  ports::Clock& clock_;
  const std::function<void()> onMessages_;
  runtime::Signal wake_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> plannedWake_{0};  // in ms; a due time before this one wakes the loop

  // Used by the loop's thread only:
  runtime::LoopBackoff backoff_;
};

}  // namespace lull::debounce
