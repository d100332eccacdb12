#pragma once

#include <lull/ports/alerts.hpp>
#include <lull/ports/clock.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/signal.hpp>

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace lull::redis {

/// Logs an alert as a warning. `member` is "<kind>|<subject>". Scripts raise alerts as well, and those are logged by
/// their callers.
void logAlert(std::string_view member, std::string_view sentence);

/// The alerts that this process raised and that are not written yet, at most 500. Further ones, which can come while
/// Redis is away, are only logged. It needs no store, so whatever uses Redis can raise alerts. Thread-safe.
class AlertQueue : public ports::Alerts {
 public:
  using Raised = std::map<std::string, ports::Alert>;  ///< by member: "<kind>|<subject>"

  explicit AlertQueue(const ports::Clock& clock) : clock_(clock) {}

  void raise(ports::AlertKind kind, std::string subject, std::string sentence) override;

  /// Takes all of them out.
  Raised take();
  /// Puts back what could not be written.
  void putBack(const Raised& raised);
  /// Returns when an alert was raised or wake() was called, or after `most`. For one waiter.
  void wait(std::chrono::nanoseconds most) { wake_.wait(most); }
  void wake() { wake_.notify(); }

 private:
  const ports::Clock& clock_;
  runtime::Guarded<Raised> raised_;
  runtime::Signal wake_;
};

}  // namespace lull::redis
