#pragma once

#include <lull/debounce/event_fan_out.hpp>
#include <lull/ports/clock.hpp>
#include <lull/ports/departures.hpp>
#include <lull/ports/windows.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

namespace lull::debounce {

struct DebouncePorts {
  ports::WindowFiring& windows;
  ports::StreamFanOut& stream;
  ports::Subscribers& subscribers;
  ports::Departures& departures;
  ports::Clock& clock;
};

/// Removes windows when they are due and has them fanned out, and has the events of the stream fanned out. Any number
/// of replicas run it on the same store. noteDue() and stop() are thread-safe; run() has a thread of its own.
class DebounceLoop {
 public:
  /// `onMessages` is called after messages were queued that nobody was leased; it must not block.
  DebounceLoop(DebouncePorts ports, std::function<void()> onMessages);

  void run();
  void stop();
  /// Tells the loop what an admission or a flush of this replica made due, so that it wakes up in time.
  void noteDue(const ports::DueNote& note);
  /// Has the loop ask the store at once: time has jumped.
  void lookNow();

  /// Fans out every window that is due now and every event of the stream; returns when to do so next, absent when no
  /// window is left. This is one turn of run(). Once stop() was called nothing more is fanned out, not even what is
  /// due.
  Result<std::optional<Instant>> fanOutAll();

 private:
  using SteadyClock = std::chrono::steady_clock;
  struct Turn {
    bool windowsLeft = false;
    bool eventsLeft = false;
    bool held = false;     // the last call stopped because an endpoint had no room
    bool hurries = false;  // nobody makes room: what is due goes into the queues
  };
  /// What the callers of noteDue() have told since the loop looked last.
  struct Noted {
    ports::DueNote note;
    bool look = true;
  };
  Status begin(Turn& turn);
  Status fireSome(Turn& turn);
  void fanOutSome(Turn& turn);
  Result<std::optional<Instant>> turn();
  bool isDue() const;

  const DebouncePorts ports_;
  EventFanOut events_;
  const std::function<void()> onMessages_;
  runtime::Signal wake_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> plannedWake_{0};  // in ms; a due time before this one wakes the loop
  runtime::Guarded<Noted> noted_;

  // Used by the loop's thread only:
  std::optional<ports::NextDue> next_;  // as far as this replica knows
  SteadyClock::time_point toldAt_;      // when the store told it
  runtime::LoopBackoff backoff_;
};

}  // namespace lull::debounce
