#include <lull/debounce/debounce_loop.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>
#include <utility>

namespace lull::debounce {

namespace {

// The longest time for which a due window stays unnoticed when the replica that opened it has ended since.
constexpr Millis kPoll{200};
// Windows whose endpoints have no room wait for it this long. Receivers that are slower do not hold up the others.
constexpr std::chrono::milliseconds kMostHeld{25};

// With fewer slots a call that fires windows is not worth its cost: it waits for more.
constexpr std::uint32_t kLeastAtOnce = 32;
// The most that a call leases of one endpoint, where all get the same: so many are being sent while Redis leases more.
constexpr std::size_t kMostOfOne = 32;

ports::NextDue sooner(const std::optional<ports::NextDue>& one, const ports::NextDue& other) {
  if (!one) return other;
  return {std::min(one->at, other.at), one->changeTypes | other.changeTypes};
}

}  // namespace

DebounceLoop::DebounceLoop(DebouncePorts ports, std::function<void()> onMessages)
    : ports_(ports), events_(ports.stream, ports.subscribers), onMessages_(std::move(onMessages)) {}

void DebounceLoop::noteDue(const ports::DueNote& note) {
  {
    auto noted = noted_.lock();
    if (note.window) noted->note.window = sooner(noted->note.window, *note.window);
    noted->note.streamed |= note.streamed;
  }
  if (note.streamed || (note.window && millisOf(note.window->at) < plannedWake_)) wake_.notify();
}

void DebounceLoop::lookNow() {
  noted_.lock()->look = true;
  wake_.notify();
}

void DebounceLoop::stop() {
  stopping_ = true;
  wake_.notify();
}

bool DebounceLoop::isDue() const {
  return next_ && next_->at <= ports_.clock.now();
}

// The store is asked what is due first only when nothing has told it lately: each call that fires windows does.
Status DebounceLoop::begin(Turn& turn) {
  const auto noted = std::exchange(*noted_.lock(), Noted{{}, false});
  if (noted.note.window) next_ = sooner(next_, *noted.note.window);
  turn.eventsLeft = noted.note.streamed;
  const auto now = SteadyClock::now();
  if (noted.look || now - toldAt_ >= kPoll) {
    const auto due = ports_.windows.due();
    if (!due) return due.error();
    next_ = due->window;
    toldAt_ = now;
    if (due->streamed) turn.eventsLeft = true;
    if (!turn.eventsLeft) events_.rest();
  }
  turn.windowsLeft = isDue();
  return Done{};
}

// Only endpoints that take what is due are named to Redis: each costs it a few microseconds. The types grow, so that
// windows of many types in turn do not make a call each.
Status DebounceLoop::fireSome(Turn& turn) {
  const auto known = ports_.subscribers.subscribers();
  auto permits = ports_.departures.reserve();
  // Where endpoints take different types, those whose windows come first would hold up the others.
  permits.paced = permits.paced && known->uniform && !turn.hurries;
  if (permits.paced && permits.most < kLeastAtOnce) {
    ports_.departures.giveBack(permits);
    turn.held = true;
    return Done{};
  }
  const auto toldAt = SteadyClock::now();
  auto asked = permits;
  asked.most = static_cast<std::uint32_t>(std::min<std::size_t>(permits.most, kMostOfOne * known->subscribers.size()));
  auto fired = ports_.windows.fireDue(ports_.clock.now(), *known, next_->changeTypes, asked);
  if (!fired) {
    ports_.departures.giveBack(permits);
    if (fired.error().code != ErrorCode::Stale) return fired.error();
    return ports_.subscribers.refresh();
  }
  toldAt_ = toldAt;
  const bool usedUp = permits.paced && fired->leased.claims.size() >= permits.most;
  ports_.departures.depart(permits, std::move(fired->leased));
  const auto types = next_->changeTypes;
  next_ = fired->next;
  turn.windowsLeft = isDue();
  if (turn.windowsLeft) next_->changeTypes |= types;
  turn.held = turn.windowsLeft && (fired->held || usedUp);
  return Done{};
}

// A store that is full refuses new messages, but due windows are still fanned out; so a failure here stops only this.
void DebounceLoop::fanOutSome(Turn& turn) {
  const auto step = events_.step(ports_.clock.now());
  turn.eventsLeft = step && step->more;
  if (step && step->messages > 0) onMessages_();
  if (!step) {
    runtime::log(runtime::LogLevel::Debug, "Lull.Debounce", "events wait for the store",
                 {{"error", step.error().message}});
  }
}

// A flood of windows does not delay events, nor the reverse: both get a call in turn.
Result<std::optional<Instant>> DebounceLoop::turn() {
  Turn turn;
  if (auto begun = begin(turn); !begun) return begun.error();
  while (!stopping_ && (turn.windowsLeft || turn.eventsLeft)) {
    turn.hurries = turn.held && !turn.eventsLeft && !ports_.departures.awaitRoom(kMostHeld);
    if (turn.windowsLeft) {
      if (auto fired = fireSome(turn); !fired) return fired.error();
    }
    if (turn.eventsLeft && !stopping_) fanOutSome(turn);
  }
  return next_ ? std::optional(next_->at) : std::nullopt;
}

Result<std::optional<Instant>> DebounceLoop::fanOutAll() {
  noted_.lock()->look = true;
  return turn();
}

void DebounceLoop::run() {
  while (!stopping_) {
    // A window that becomes due while this turn runs wakes the loop again.
    plannedWake_ = millisOf(Instant::max());
    const auto next = turn();
    if (!next) {
      runtime::log(runtime::LogLevel::Debug, "Lull.Debounce", "windows wait for the store",
                   {{"error", next.error().message}});
      noted_.lock()->look = true;
      wake_.wait(backoff_.next());
      continue;
    }
    backoff_.reset();
    const auto soonest = std::min(next->value_or(Instant::max()), ports_.clock.now() + kPoll);
    plannedWake_ = millisOf(soonest);
    wake_.wait(std::min(ports_.clock.realTimeUntil(soonest), std::chrono::nanoseconds(kPoll)));
  }
}

}  // namespace lull::debounce
