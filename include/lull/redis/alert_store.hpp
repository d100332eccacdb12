#pragma once

#include <lull/ports/alerts.hpp>
#include <lull/redis/shard.hpp>
#include <lull/runtime/backoff.hpp>
#include <lull/runtime/guarded.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace lull::redis {

/// Writes the Warning line of an alert, with "<kind>|<subject>" as `member`; also for alerts that a script raised.
void logAlert(std::string_view member, std::string_view sentence);

/// The alerts in Redis: one entry per kind and subject, the last 500. Raised alerts are kept in this process, at most
/// 500 of them, until they are written, so they survive a time without Redis; what exceeds that stands only in the log.
/// Thread-safe.
class AlertStore : public ports::Alerts, public ports::AlertView {
 public:
  AlertStore(Shard& shard) : shard_(shard) {}

  void raise(ports::AlertKind kind, std::string subject, std::string sentence) override;
  Result<Page<ports::Alert>> list(const PageRequest& page) override;

  /// Writes the raised alerts until stop(), and once more then; run it on a thread of its own.
  void run();
  void stop();
  /// Writes the alerts raised so far. Those that cannot be written are kept.
  Status write();

 private:
  using Raised = std::map<std::string, ports::Alert>;  // by member: "<kind>|<subject>"
  void keep(const std::string& member, const ports::Alert& alert);

  Shard& shard_;
  runtime::Guarded<Raised> raised_;
  std::atomic<bool> stopping_{false};
  runtime::Signal wake_;
  runtime::LoopBackoff backoff_;  // used by run() only
};

}  // namespace lull::redis
