#pragma once

#include <lull/domain/time.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace lull::redis {

/// The clocks that a process reads. Tests bring their own. All functions are thread-safe.
struct ClockSources {
  /// CLOCK_BOOTTIME, which also counts the time that the machine was suspended. Nobody can set it, so it never steps.
  std::function<std::chrono::microseconds()> boot;
  /// Names this boot of this machine: two readings of `boot` may be compared when it is the same.
  std::string bootId;
  /// This host's wall clock, which can be set.
  std::function<Instant()> host;
  /// The Redis server's time in milliseconds, or "" for the server to say itself.
  std::function<std::string()> server = [] { return std::string{}; };
};

/// The clocks of the operating system. Without /proc the boot gets a random name that only this process knows.
ClockSources systemClocks();

}  // namespace lull::redis
