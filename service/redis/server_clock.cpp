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
  const auto time = store_.call({"TIME"});
  if (!time) return time.error();
  const auto middle = before + (steadyMicros() - before) / 2;
  const std::int64_t raw = std::stoll(time->items.at(0).text) * 1'000'000 + std::stoll(time->items.at(1).text);
  const auto fleet = store_.run("clock", {Keys(store_.prefix()).meta()}, {std::to_string(raw / 1000)});
  if (!fleet) return fleet.error();
  offsetMicros_ = fleet->integer * 1000 + raw % 1000 - middle;
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
