#pragma once

#include <lull/domain/event.hpp>
#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::ports {

/// Takes validated events. Thread-safe; concurrent calls share pipelined writes.
class Admission {
 public:
  virtual ~Admission() = default;
  /// Blocks until the events are as durably written as configured. `scope` separates the idempotency ids of different
  /// publishers. Unavailable means the outcome is unknown: some of the events may have been admitted.
  /// The ids are remembered for `keepIds`; absent: as configured (Events:IdempotencyWindow).
  virtual Result<AdmissionReceipt> admit(std::vector<Event> events, std::string_view scope,
                                         std::optional<Millis> keepIds) = 0;
  Result<AdmissionReceipt> admit(std::vector<Event> events, std::string_view scope) {
    return admit(std::move(events), scope, std::nullopt);
  }
};

}  // namespace lull::ports
