#pragma once

#include <lull/ports/departures.hpp>
#include <lull/ports/windows.hpp>
#include <lull/redis/window_store.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace lull::redis {

/// Fires what an admission makes due at once, where the debounce interval is zero, by a command in the same write:
/// Redis is woken once for both, and the debounce loop does not have to be. Redis runs it right after the admission,
/// also when that was refused, and nothing is sent before both are answered. What it does not fire is for the debounce
/// loop. Thread-safe.
class FiringAtOnce {
 public:
  FiringAtOnce(WindowStore& windows, const ports::Subscribers& subscribers, ports::Departures& departures,
               ports::Clock& clock)
      : windows_(windows), subscribers_(subscribers), departures_(departures), clock_(clock) {}

  /// What is sent behind an admission, and the slots that are held for it. They are given back with it unless ended()
  /// has taken it.
  class Firing {
   public:
    Firing(ports::Departures& departures, std::uint32_t most);
    Firing(Firing&& other) noexcept;
    Firing& operator=(Firing&&) = delete;
    ~Firing();
    Command command(const ScriptSet& scripts) const { return call_->command(scripts); }

   private:
    friend class FiringAtOnce;
    ports::Departures* departures_;  // null once the slots are given back
    ports::Permits permits_;
    std::optional<WindowStore::FireCall> call_;
  };
  /// What to send behind an admission of so many events of these change types. Nothing when events times endpoints are
  /// more than one endpoint is sent in a row, when there are no slots for all of them, or when windows have just waited
  /// for room: the debounce loop paces such. Endpoints that have turned are not counted; events of one item are.
  std::optional<Firing> begin(std::uint32_t changeTypes, std::size_t events);

  struct Fired {
    bool done = false;                   ///< false: nothing was fired, as far as is known
    std::optional<ports::NextDue> next;  ///< when done: what is due first of the windows that are left
  };
  /// Starts what was leased. `reply` is Redis' answer to the command. What cannot be started is logged and waits until
  /// its lease expires; no admission fails for it.
  Fired ended(Firing firing, const Reply& reply);

 private:
  using SteadyClock = std::chrono::steady_clock;
  Fired startFired(Firing& firing, const Reply& reply);

  WindowStore& windows_;
  const ports::Subscribers& subscribers_;
  ports::Departures& departures_;
  ports::Clock& clock_;
  std::atomic<SteadyClock::rep> restsUntil_{0};  // until then the debounce loop alone fires
};

}  // namespace lull::redis
