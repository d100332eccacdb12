#pragma once

#include <lull/ports/admission.hpp>
#include <lull/ports/alerts.hpp>
#include <lull/ports/event_reader.hpp>
#include <lull/ports/outbox_table.hpp>
#include <lull/ports/sources.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/runtime/signal.hpp>
#include <lull/sources/leased_loop.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lull::sources {

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
/// are durable. What was admitted and not removed is taken again; its ids make it once.
class OutboxLoop final : public LeasedLoop {
 public:
  OutboxLoop(OutboxSettings settings, OutboxPorts ports, std::function<Ticks()> ticks = std::chrono::steady_clock::now);

  void run() override;
  void stop() override;
  /// Ends the statement that still runs after stop().
  void cutOff() override { ports_.table.cancel(); }
  std::chrono::nanoseconds turn() override;

 private:
  enum class Step : std::uint8_t { Again, Rest };
  struct Sorted {
    std::vector<Event> events;
    std::vector<std::string> ids;
    std::vector<ports::RefusedRow> refused;
  };

  void wake() override { wake_.notify(); }
  bool mayGoOn() const { return !stopping() && holds(); }
  void beginRun();
  Step batch();
  Sorted sorted(std::vector<ports::OutboxRow> rows) const;
  Step fail(const std::string& sentence);
  Step finish(const Sorted& rows, bool last, std::optional<Instant> oldest);
  void tellOfRefused(const std::vector<ports::RefusedRow>& refused);

  const OutboxSettings settings_;
  OutboxPorts ports_;
  const std::string scope_;          ///< of the ids of its rows
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
