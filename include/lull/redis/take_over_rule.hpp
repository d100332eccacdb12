#pragma once

#include <lull/domain/time.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lull::redis {

/// What one call of clock.lua showed of the signs of life. Moments are of this host's boot-time clock.
struct SignReading {
  using BootTime = std::chrono::microseconds;
  BootTime sent{0};
  BootTime answered{0};
  bool held = false;    ///< nobody may take over: Redis was restarted or its clock was set less than a TTL ago
  bool lapsed = false;  ///< our own sign had run out, or was taken over, before this call renewed it
  std::optional<Millis> nextLapse{};  ///< when the next sign of another process runs out unless it is renewed
  std::vector<std::string> gone{};    ///< signs of other processes that have run out
};

/// Decides whose leases this process may take over: those of a process whose sign is gone, once we have renewed our own
/// sign twice, at least a second apart, since we first saw that. A process that was only slow, or cut off together with
/// us, has renewed its sign by then. After our own sign had lapsed we also wait for a TTL, because whatever kept us
/// from the store may have kept others.
///
/// Pure decisions over the readings that it is told, in their order. Not thread-safe.
class TakeOverRule {
 public:
  using BootTime = SignReading::BootTime;

  /// The signs whose leases may be taken over now.
  std::vector<std::string> judge(const SignReading& reading);
  /// How long after the answer of that reading the next call should be made. It comes at once when a sign was seen gone
  /// for the first time, and as soon as another one may be gone or taken over; else after a second.
  std::chrono::microseconds pause(const SignReading& reading) const;

 private:
  /// Since when a renewal is known that followed the first sight of a sign that is gone; none: not yet.
  using FirstRenewal = std::optional<BootTime>;

  std::map<std::string, FirstRenewal> gone_;
  BootTime quietUntil_{0};
};

}  // namespace lull::redis
