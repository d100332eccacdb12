#pragma once

#include <lull/domain/event.hpp>
#include <lull/domain/result.hpp>

#include <string_view>
#include <vector>

namespace lull::ports {

/// Takes validated events. Thread-safe; concurrent calls share pipelined writes.
class Admission {
 public:
  virtual ~Admission() = default;
  /// Blocks until the events are as durably written as configured. `scope` separates the idempotency ids of different
  /// publishers. Unavailable means the outcome is unknown: some of the events may have been admitted.
  virtual Result<AdmissionReceipt> admit(std::vector<Event> events, std::string_view scope) = 0;
};

}  // namespace lull::ports
