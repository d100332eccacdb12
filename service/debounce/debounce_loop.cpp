#include <lull/debounce/debounce_loop.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>
#include <utility>

namespace lull::debounce {

namespace {

// The longest time for which a due window stays unnoticed when the replica that opened it has ended since.
constexpr Millis kPoll{200};

}  // namespace

DebounceLoop::DebounceLoop(ports::WindowFiring& windows, ports::StreamFanOut& stream, ports::Subscribers& subscribers,
                           ports::Clock& clock, std::function<void()> onMessages)
    : windows_(windows),
      events_(stream, subscribers),
      subscribers_(subscribers),
      clock_(clock),
      onMessages_(std::move(onMessages)) {}

void DebounceLoop::noteDue(Instant due) {
  if (millisOf(due) < plannedWake_) wake_.notify();
}

void DebounceLoop::stop() {
  stopping_ = true;
  wake_.notify();
}

// Only endpoints that take what is due are named to Redis: each costs it a few microseconds. The types grow, so that
// windows of many types in turn do not make a call each.
Status DebounceLoop::fireSome(Turn& turn) {
  const auto now = clock_.now();
  auto next = windows_.nextDue();
  if (!next) return next.error();
  if (!*next || (*next)->at > now) {
    turn.windowsLeft = false;
    if (*next) turn.nextDue = (*next)->at;
    return Done{};
  }
  turn.changeTypes |= (*next)->changeTypes;
  auto fired = windows_.fireDue(now, *subscribers_.subscribers(), turn.changeTypes);
  if (!fired) {
    if (fired.error().code != ErrorCode::Stale) return fired.error();
    return subscribers_.refresh();
  }
  if (fired->messages > 0) onMessages_();
  // The call told what is left, so that it need not be asked for.
  turn.windowsLeft = fired->nextDue && *fired->nextDue <= clock_.now();
  turn.nextDue = fired->nextDue;
  return Done{};
}

// A store that is full refuses new messages, but due windows are still fanned out; so a failure here stops only this.
void DebounceLoop::fanOutSome(Turn& turn) {
  const auto step = events_.step(clock_.now());
  turn.eventsLeft = step && step->more;
  if (step && step->messages > 0) onMessages_();
  if (!step) {
    runtime::log(runtime::LogLevel::Debug, "Lull.Debounce", "events wait for the store",
                 {{"error", step.error().message}});
  }
}

// A flood of windows does not delay events, nor the reverse: both get a call in turn.
Result<std::optional<Instant>> DebounceLoop::fanOutAll() {
  Turn turn;
  while (!stopping_ && (turn.windowsLeft || turn.eventsLeft)) {
    if (turn.windowsLeft) {
      if (auto fired = fireSome(turn); !fired) return fired.error();
    }
    if (turn.eventsLeft && !stopping_) fanOutSome(turn);
  }
  return turn.nextDue;
}

void DebounceLoop::run() {
  while (!stopping_) {
    // A window that becomes due while this turn runs wakes the loop again.
    plannedWake_ = millisOf(Instant::max());
    const auto next = fanOutAll();
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
