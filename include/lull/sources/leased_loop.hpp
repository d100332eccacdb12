#pragma once

#include <lull/ports/alerts.hpp>
#include <lull/ports/sources.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace lull::sources {

/// Monotonic time.
using Ticks = std::chrono::steady_clock::time_point;

/// What all loops that bring events from a source have in common: every replica runs one for each source, and those
/// that do not hold the source rest (SourceLoop says who does). run() and turn() belong to one thread; the rest is
/// thread-safe.
class LeasedLoop {
 public:
  virtual ~LeasedLoop() = default;
  LeasedLoop(const LeasedLoop&) = delete;
  LeasedLoop& operator=(const LeasedLoop&) = delete;

  const std::string& name() const { return name_; }
  virtual void run() = 0;
  /// No batch begins after it; one whose events are admitted is finished.
  virtual void stop() = 0;
  /// Ends what still runs after stop().
  virtual void cutOff() = 0;
  /// One step: a batch, or nothing. Returns how long to rest.
  virtual std::chrono::nanoseconds turn() = 0;

  /// This process holds the source until then; `asked` is how often somebody has asked for a run.
  void hold(Ticks until, std::uint64_t asked);
  /// It holds it no more.
  void letGo();
  /// The step that is being made lasts for longer than `time`, and is taken to hang: that is said once, and the source
  /// is let go.
  void giveUp(std::chrono::minutes time);
  /// Since when the step lasts that is being made; nullopt: it rests.
  std::optional<Ticks> busySince() const;

 protected:
  /// `place`: what is asked for events, as in "the database"; `advice` says what to look at when it hangs.
  struct Words {
    std::string place;
    std::string advice;
  };
  /// What is passed by reference outlives the loop.
  LeasedLoop(std::string name, Words words, ports::SourceWork& store, ports::Alerts& alerts,
             std::function<Ticks()> ticks);

  /// Ends the rest of the loop's thread.
  virtual void wake() = 0;

  Ticks now() const { return ticks_(); }
  bool holds() const;
  bool stopping() const { return stopping_; }
  void beginToStop() { stopping_ = true; }
  /// A step begins, which may hang. Returns how often somebody has asked for a run.
  std::uint64_t beginStep();
  /// The step has ended. Returns how often somebody has asked for a run by now.
  std::uint64_t endStep();
  void raise(const std::string& sentence) { alerts_.raise(ports::AlertKind::Source, name_, sentence); }
  /// What cannot be noted, because the store is away or another process works for the source, is said by the log.
  void note(const ports::SourceNote& note);

 private:
  const std::string name_;
  const Words words_;
  ports::SourceWork& store_;
  ports::Alerts& alerts_;
  const std::function<Ticks()> ticks_;
  mutable std::mutex mutex_;
  Ticks heldUntil_{};  // protected by mutex_, as are the next three
  std::uint64_t asked_ = 0;
  std::optional<Ticks> busySince_;
  std::optional<Ticks> givenUp_;  ///< since when the step lasted that was last given up
  std::atomic<bool> stopping_{false};
};

/// What is noted of a step that failed.
ports::SourceNote failureNote(const std::string& sentence);

}  // namespace lull::sources
