#include <lull/debounce/debounce_loop.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>
#include <utility>

namespace lull::debounce {

namespace {

// How long a window may stay unnoticed that another replica opened and did not live to fire.
constexpr Millis kPoll{200};

}  // namespace

DebounceLoop::DebounceLoop(ports::WindowFiring& windows, ports::Subscribers& subscribers, ports::Clock& clock,
                           std::function<void()> onMessages)
    : windows_(windows), subscribers_(subscribers), clock_(clock), onMessages_(std::move(onMessages)) {}

void DebounceLoop::noteDue(Instant due) {
  if (millisOf(due) < plannedWake_) wake_.notify();
}

void DebounceLoop::stop() {
  stopping_ = true;
  wake_.notify();
}

Result<std::optional<Instant>> DebounceLoop::fireAllDue() {
  while (!stopping_) {
    const auto now = clock_.now();
    auto next = windows_.nextDue();
    if (!next) return next.error();
    if (!*next || **next > now) return next;
    auto fired = windows_.fireDue(now, *subscribers_.subscribers());
    if (fired) {
      if (fired->messages > 0) onMessages_();
      continue;
    }
    if (fired.error().code != ErrorCode::Stale) return fired.error();
    if (auto fresh = subscribers_.refresh(); !fresh) return fresh.error();
  }
  return std::optional<Instant>{};
}

void DebounceLoop::run() {
  while (!stopping_) {
    // Whatever becomes due while this turn runs wakes the loop again.
    plannedWake_ = millisOf(Instant::max());
    const auto next = fireAllDue();
    if (!next) {
      runtime::log(runtime::LogLevel::Debug, "Lull.Debounce", "windows wait for the store",
                   {{"error", next.error().message}});
      wake_.wait(backoff_.next());
      continue;
    }
    backoff_.reset();
    const auto soonest = std::min(next->value_or(Instant::max()), clock_.now() + kPoll);
    plannedWake_ = millisOf(soonest);
    wake_.wait(std::min(clock_.realTimeUntil(soonest), std::chrono::nanoseconds(kPoll)));
  }
}

}  // namespace lull::debounce
