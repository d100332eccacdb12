#pragma once

#include <lull/ports/clock.hpp>
#include <lull/ports/windows.hpp>
#include <lull/redis/store.hpp>

#include <functional>

namespace lull::redis {

/// Debounce windows in Redis. Thread-safe.
class WindowStore : public ports::Windows, public ports::WindowFiring {
 public:
  /// `onDue` is told when a flush made windows due; it must not block.
  WindowStore(Store& store, ports::Clock& clock, Millis firstRetryDelay, std::function<void(Instant)> onDue)
      : store_(store), clock_(clock), firstRetryDelay_(firstRetryDelay), onDue_(std::move(onDue)) {}

  Result<Page<Window>> list(const ports::WindowFilter& filter, const PageRequest& page) override;
  Result<std::uint64_t> flush(const ports::WindowFilter& filter) override;
  Result<std::optional<ports::NextDue>> nextDue() override;
  Result<ports::FireOutcome> fireDue(Instant now, const ports::FanOut& fanOut) override;

 private:
  Store& store_;
  ports::Clock& clock_;
  const Millis firstRetryDelay_;
  const std::function<void(Instant)> onDue_;
};

}  // namespace lull::redis
