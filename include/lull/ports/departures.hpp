#pragma once

#include <lull/domain/time.hpp>
#include <lull/ports/queue.hpp>

#include <chrono>
#include <cstdint>

namespace lull::ports {

/// What the process that fires windows may lease of the messages that it makes.
struct Permits {
  std::uint32_t most = 0;                         ///< messages of this call; 0: all of them wait
  bool paced = false;                             ///< stop before a window that should wait until an endpoint has room
  std::uint32_t inFlight = 16;                    ///< fleet-wide limit of an endpoint that has none of its own
  Millis timeout{15000};                          ///< of attempts at endpoints that have none of their own
  Millis leaseMargin{10000};                      ///< a lease lasts the time-out plus this
  std::chrono::steady_clock::time_point since{};  ///< when they were given; a lease is no older
};

/// Whoever sends the messages that are leased to this process when windows fire. Thread-safe.
class Departures {
 public:
  virtual ~Departures() = default;
  /// Holds slots for attempts until depart() or giveBack() is called with the same permits. For the debounce loop.
  virtual Permits reserve() = 0;
  /// The same for whoever else fires windows, at most `most` slots. It does not change what awaitRoom() waits for.
  virtual Permits reserveFew(std::uint32_t most) = 0;
  /// Nothing was leased with these permits, as far as is known.
  virtual void giveBack(const Permits& permits) = 0;
  /// Starts what was leased, which may be nothing, and gives back the slots that are not needed.
  virtual void depart(const Permits& permits, ClaimBatch leased) = 0;
  /// Waits until attempts were settled, at most for `most`; false when none were.
  virtual bool awaitRoom(std::chrono::nanoseconds most) = 0;
};

}  // namespace lull::ports
