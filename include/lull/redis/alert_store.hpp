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

/// The Warning line of an alert, "<kind>|<subject>" as `member`: also of one that a script raised by itself.
void logAlert(std::string_view member, std::string_view sentence);

/// The alerts in Redis: one entry per kind and subject, the last 500. What is raised is kept in this process until it
/// is written, at most 500 entries too: while Redis is away nothing is lost but what comes on top of those (which
/// stands in the log). Thread-safe.
class AlertStore : public ports::Alerts, public ports::AlertView {
 public:
  AlertStore(Shard& shard) : shard_(shard) {}

  void raise(ports::AlertKind kind, std::string subject, std::string sentence) override;
  Result<Page<ports::Alert>> list(const PageRequest& page) override;

  /// Writes what was raised, until stop(), and once more then; run it on a thread of its own.
  void run();
  void stop();
  /// Writes what was raised so far. What could not be written is kept.
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
