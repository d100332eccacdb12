#pragma once

#include <lull/ports/departures.hpp>
#include <lull/ports/windows.hpp>
#include <lull/redis/window_store.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace lull::redis {

/// Fires what an admission makes due at once, where the debounce interval is zero, in the same write as the admission:
/// Redis is woken once for both, and the debounce loop not at all. The admission has been committed when the firing
/// begins, and both are answered together. What it does not fire is for the debounce loop, as always. Thread-safe.
class FiringAtOnce {
 public:
  FiringAtOnce(WindowStore& windows, const ports::Subscribers& subscribers, ports::Departures& departures,
               ports::Clock& clock)
      : windows_(windows), subscribers_(subscribers), departures_(departures), clock_(clock) {}

  /// What is sent behind an admission, and the slots that are held for it.
  struct Firing {
    WindowStore::FireCall call;
    ports::Permits permits;
  };
  /// What to send behind an admission of so many events of these change types. Nothing when their messages are more
  /// than one endpoint is sent in a row, or when there are no slots for all of them: the debounce loop paces such. Each
  /// that is returned has to be given to ended().
  std::optional<Firing> begin(std::uint32_t changeTypes, std::size_t events);

  /// What is due first among the windows that are left.
  struct Fired {
    std::optional<ports::NextDue> next;
  };
  /// Starts what was leased. `reply` is Redis' answer to the command, null when there is none. Absent: nothing was
  /// fired, as far as is known.
  std::optional<Fired> ended(const Firing& firing, const Reply* reply);

 private:
  WindowStore& windows_;
  const ports::Subscribers& subscribers_;
  ports::Departures& departures_;
  ports::Clock& clock_;
};

}  // namespace lull::redis
