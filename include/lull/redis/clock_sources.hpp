#pragma once

#include <lull/domain/time.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace lull::redis {

/// The clocks of a process. Tests bring their own. All functions are thread-safe.
struct ClockSources {
  /// CLOCK_BOOTTIME, for which a suspended machine's sleep has passed, too. Nobody sets it, so it never steps.
  std::function<std::chrono::microseconds()> boot;
  /// Names this boot of this machine: two readings of `boot` may be compared when it is the same.
  std::string bootId;
  /// This host's wall clock, as somebody set it.
  std::function<Instant()> host;
  /// The Redis server's time in milliseconds, or "" for the server to say itself.
  std::function<std::string()> server = [] { return std::string{}; };
};

/// Those of the operating system. Without /proc the boot has a random name, known to this process only.
ClockSources systemClocks();

}  // namespace lull::redis
