#include <lull/debounce/event_fan_out.hpp>
#include <lull/runtime/log.hpp>

#include <string>
#include <utility>

namespace lull::debounce {

namespace {

constexpr auto kWarnEvery = std::chrono::minutes(1);

}  // namespace

Result<EventFanOut::Step> EventFanOut::step(Instant now) {
  // The last call may have told that events are left, so that it need not be asked.
  if (!std::exchange(eventsLeft_, false)) {
    const auto waiting = stream_.waiting();
    if (!waiting) return waiting.error();
    if (*waiting == 0) {
      rest();
      return Step{};
    }
  }
  auto fanned = stream_.fanOut(now, *subscribers_.subscribers(), changeTypes_);
  if (!fanned) {
    if (fanned.error().code != ErrorCode::Stale) return fanned.error();
    if (auto fresh = subscribers_.refresh(); !fresh) return fresh.error();
    return Step{0, true};
  }
  changeTypes_ |= fanned->unnamed;
  if (!fanned->full.empty()) warn(fanned->full);
  eventsLeft_ = fanned->left > 0;
  return Step{fanned->messages, eventsLeft_};
}

// Endpoints that are full miss every event that comes, so only some of these calls are told.
void EventFanOut::warn(const std::vector<EndpointId>& full) {
  const auto now = std::chrono::steady_clock::now();
  if (warned_ && now - *warned_ < kWarnEvery) return;
  warned_ = now;
  runtime::log(runtime::LogLevel::Warning, "Lull.Debounce",
               "endpoints miss events, because they have as many notifications queued as Delivery:MaxQueued and "
               "Delivery:MaxQueuedBytes allow; enable them when their receivers are back, purge a part of their "
               "queues, or raise the limits",
               {{"endpoints", std::to_string(full.size())}, {"first", full.front()}});
}

}  // namespace lull::debounce
