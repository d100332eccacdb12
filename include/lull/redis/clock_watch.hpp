#pragma once

#include <lull/domain/time.hpp>
#include <lull/ports/alerts.hpp>
#include <lull/ports/meter.hpp>
#include <lull/redis/take_over_rule.hpp>

#include <string>

namespace lull::redis {

/// How far clocks are apart, as one call of the fleet's clock showed it, and what else that call told. Positive: ahead
/// of this host's.
struct ClockReading {
  Millis fleet{0};  ///< the fleet's time
  /// The Redis server's clock; a difference that the duration of the call can explain counts as none.
  Millis server{0};
  bool unconfirmed = false;  ///< true while a step of more than an hour has not stood for 10 minutes
  SignReading signs{};
};

/// Raises an alert when a clock is more than 5 s off, and logs when it is right again. Used by one thread.
class ClockWatch {
 public:
  /// Without `alerts` it only writes to the log.
  ClockWatch(ports::Meter& meter, ports::Alerts* alerts) : meter_(meter), alerts_(alerts) {}

  void look(const ClockReading& reading);

 private:
  /// One of the two clocks, from when it is off until it is right again.
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
