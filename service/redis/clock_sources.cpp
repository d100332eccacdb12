
#include <lull/redis/clock_sources.hpp>
#include <lull/text/random.hpp>

#include <ctime>
#include <fstream>

namespace lull::redis {

namespace {

std::chrono::microseconds bootTime() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::seconds(now.tv_sec) +
                                                               std::chrono::nanoseconds(now.tv_nsec));
}

std::string thisBoot() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id.empty() ? text::randomId(16) : id;
}

}  // namespace

ClockSources systemClocks() {
  ClockSources sources;
  sources.boot = bootTime;
  sources.bootId = thisBoot();
  sources.host = [] { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); };
  return sources;
}

}  // namespace lull::redis
