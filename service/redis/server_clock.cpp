#include "keys.hpp"

#include <lull/redis/server_clock.hpp>

#include <algorithm>

namespace lull::redis {

namespace {

std::int64_t steadyMicros() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

Status ServerClock::sample() {
  const auto before = steadyMicros();
  const auto fleet = store_.run("clock", {Keys(store_.prefix()).meta()}, {""});
  if (!fleet) return fleet.error();
  // The answer, whole milliseconds, was true at some time between `before` and now. What we go by already is only moved
  // as far as that: a sample that was held up then changes nothing, and a first one is late rather than early.
  const auto earliest = fleet->integer * 1000 - steadyMicros();
  const auto latest = fleet->integer * 1000 + 999 - before;
  const auto offset = offsetMicros_.load();
  offsetMicros_ = offset == 0 ? earliest : std::clamp(offset, earliest, latest);
  return Done{};
}

void ServerClock::run() {
  while (!stopping_) {
    // A failed sample changes nothing: the local clock carries on, and the store's own messages tell what is wrong.
    (void)sample();
    wake_.wait(std::chrono::seconds(1));
  }
}

void ServerClock::stop() {
  stopping_ = true;
  wake_.notify();
}

Instant ServerClock::now() const {
  const auto offset = offsetMicros_.load();
  const std::int64_t sampled = offset == 0 ? 0 : (steadyMicros() + offset) / 1000;
  auto latest = latest_.load();
  while (latest < sampled && !latest_.compare_exchange_weak(latest, sampled)) {
  }
  return instantOf(std::max(latest, sampled));
}

std::chrono::nanoseconds ServerClock::realTimeUntil(Instant at) const {
  return std::max(std::chrono::nanoseconds(at - now()), std::chrono::nanoseconds(0));
}

}  // namespace lull::redis
