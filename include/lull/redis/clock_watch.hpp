#pragma once

#include <lull/domain/time.hpp>
#include <lull/ports/alerts.hpp>
#include <lull/ports/meter.hpp>

#include <string>

namespace lull::redis {

/// How far clocks are apart, as one call of the fleet's clock showed it. Positive: ahead of this host's.
struct ClockReading {
  Millis fleet{0};           ///< the fleet's time
  Millis server{0};          ///< the Redis server's clock; what the call's own duration may account for is no distance
  bool unconfirmed = false;  ///< the fleet's time waits for a step of more than an hour to stand for 10 minutes
};

/// Tells a person when a clock is more than 5 s off: once when it begins, and in the log when it is over. Used by one
/// thread.
class ClockWatch {
 public:
  /// Without `alerts` it is only logged.
  ClockWatch(ports::Meter& meter, ports::Alerts* alerts) : meter_(meter), alerts_(alerts) {}

  void look(const ClockReading& reading);

 private:
  /// What is told of one of the two clocks, from when it is off until it is not.
  struct Episode {
    bool off = false;
    bool begins(Millis distance);
    bool ends(Millis distance);
  };
  void tell(std::string which, std::string sentence);

  ports::Meter& meter_;
  ports::Alerts* const alerts_;
  Episode fleet_;
  Episode server_;
};

}  // namespace lull::redis
