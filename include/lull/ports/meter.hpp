#pragma once

#include <lull/domain/attempt.hpp>
#include <lull/domain/time.hpp>

#include <cstdint>
#include <string_view>

namespace lull::ports {

/// Where the loops record what this process does. The numbers are per process: replicas are summed. Thread-safe; no
/// call blocks or fails.
class Meter {
 public:
  virtual ~Meter() = default;
  /// Counts an attempt that ended as one of kOutcomeWords; `duration` is measured from its start. Released attempts
  /// count without a duration.
  virtual void attempt(std::string_view outcome, Millis duration) = 0;
  /// Records the time from the moment the message became due to its success.
  virtual void deliveryLag(Millis lag) = 0;
  /// How many attempts run right now in this process.
  virtual void inFlight(std::int64_t attempts) = 0;
  virtual void leasesReclaimed(std::uint64_t leases) = 0;
  /// Counts a call that asked endpoints for messages and got none.
  virtual void claimInVain() = 0;
  virtual void redisError() = 0;
  /// How far the fleet's time and the Redis server's clock are ahead of this host's clock; negative: behind it.
  virtual void clockOffset(Millis fleet, Millis server) = 0;
};

}  // namespace lull::ports
