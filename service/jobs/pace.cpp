#include <lull/jobs/pace.hpp>

#include <algorithm>

namespace lull::jobs {

namespace {

using Seconds = std::chrono::duration<double>;
constexpr double kMadeUp = 0.25;        // seconds
constexpr double kStepsPerSecond = 20;  // so often some are moved, if the rate is high enough

}  // namespace

// How many more should have been moved by now.
double Pace::due(Ticks now) const {
  return Seconds(now - since_).count() * perSecond_ - static_cast<double>(moved_);
}

std::size_t Pace::allowance(Ticks now, std::size_t most) {
  if (perSecond_ == 0) return now < notBefore_ ? 0 : most;
  const auto mayMakeUp = std::max(kMadeUp * perSecond_, 1.0);
  if (due(now) > mayMakeUp) {
    since_ = now - std::chrono::duration_cast<Ticks::duration>(Seconds(mayMakeUp / perSecond_));
    moved_ = 0;
  }
  // A hair more than whole, because the time of the next one is rounded.
  return std::min(most, static_cast<std::size_t>(std::max(due(now) + 1e-6, 0.0)));
}

void Pace::spend(std::size_t moved, Ticks began, Ticks ended) {
  moved_ += moved;
  notBefore_ = ended + (ended - began);
}

std::chrono::nanoseconds Pace::rest(Ticks now) const {
  if (perSecond_ == 0) return std::max(notBefore_ - now, Ticks::duration(0));
  const auto step = std::max(1.0, perSecond_ / kStepsPerSecond);
  const auto missing = std::max(step - due(now), 0.0);
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Seconds(missing / perSecond_));
}

}  // namespace lull::jobs
