#pragma once

#include <lull/ports/admission.hpp>
#include <lull/ports/alerts.hpp>
#include <lull/ports/event_reader.hpp>
#include <lull/ports/outbox_table.hpp>
#include <lull/ports/sources.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace lull::sources {

/// Monotonic time.
using Ticks = std::chrono::steady_clock::time_point;

struct OutboxSettings {
  std::string name;
  Millis interval{300'000};
  std::size_t batchSize = 100;
};

/// What an outbox works with. All outlive the loop.
struct OutboxPorts {
  ports::OutboxTable& table;
  ports::Admission& admission;
  const ports::EventReader& reader;
  ports::SourceWork& store;
  ports::Alerts& alerts;
};

/// Takes the rows of one table batch by batch, oldest first, admits their events and removes the rows once the events
/// are durable. What was admitted and not removed is taken again; its ids make it once. Every replica runs a loop, and
/// those that do not hold the source rest (SourceLoop says who does). run() and turn() belong to one thread; the rest
/// is thread-safe.
class OutboxLoop {
 public:
  OutboxLoop(OutboxSettings settings, OutboxPorts ports, std::function<Ticks()> ticks = std::chrono::steady_clock::now);

  const std::string& name() const { return settings_.name; }
  void run();
  /// No batch begins after it; one whose events are admitted is finished.
  void stop();
  /// Ends the statement that still runs after stop().
  void cutOff() { ports_.table.cancel(); }

  /// This process holds the source until then; `asked` is how often somebody has asked for a run.
  void hold(Ticks until, std::uint64_t asked);
  /// It holds it no more.
  void letGo();
  /// The step that is being made lasts for longer than `time`, and is taken to hang: that is said once, and the source
  /// is let go.
  void giveUp(std::chrono::minutes time);
  /// Since when the step lasts that is being made; nullopt: it rests.
  std::optional<Ticks> busySince() const;

  /// One step: a batch, or nothing. Returns how long to rest.
  std::chrono::nanoseconds turn();

 private:
  enum class Step : std::uint8_t { Again, Rest };
  struct Sorted {
    std::vector<Event> events;
    std::vector<std::string> ids;
    std::vector<ports::RefusedRow> refused;
  };

  bool holds() const;
  bool mayGoOn() const { return !stopping_ && holds(); }
  void beginRun();
  Step batch();
  Sorted sorted(std::vector<ports::OutboxRow> rows) const;
  Step fail(const std::string& sentence);
  void tellOfFailure(const std::string& sentence);
  Step finish(const Sorted& rows, bool last, std::optional<Instant> oldest);
  void tellOfRefused(const std::vector<ports::RefusedRow>& refused);
  void note(const ports::SourceNote& note);

  const OutboxSettings settings_;
  OutboxPorts ports_;
  const std::function<Ticks()> ticks_;
  const std::string scope_;  ///< of the ids of its rows

  mutable std::mutex mutex_;
  Ticks heldUntil_{};  // protected by mutex_, as are the next three
  std::uint64_t asked_ = 0;
  std::optional<Ticks> busySince_;
  std::optional<Ticks> givenUp_;  ///< since when the step lasted that was last given up
  std::atomic<bool> stopping_{false};
  std::atomic<bool> taking_{false};  ///< a statement runs that changes nothing
  runtime::Signal wake_;

  // Of the thread of run():
  Ticks due_{};                 ///< when the next run begins
  std::uint64_t answered_ = 0;  ///< how many of those who asked got their run
  bool running_ = false;        ///< a run has begun and not ended
  bool wasHeld_ = false;
  std::string trouble_;  ///< of this run: rows that were set aside
  runtime::LoopBackoff backoff_;
};

}  // namespace lull::sources
