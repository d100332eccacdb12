#pragma once

#include <lull/domain/attempt.hpp>
#include <lull/domain/endpoint.hpp>
#include <lull/domain/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull::ports {

/// One call to an endpoint with `delivery: sync` that has ended.
struct CallRecord {
  EndpointId endpoint;
  AttemptRecord attempt;
  bool failed = false;              ///< it counts as a failure of the receiver
  std::optional<PauseOrder> pause;  ///< the channel says that nothing may be sent to the endpoint
};

/// What is kept of such calls. No message is queued for them. Thread-safe.
class CallLog {
 public:
  virtual ~CallLog() = default;
  /// The webhook-id of the call for the event with this sequence: the same at every repeat of the event, and no
  /// message of a queue has it.
  virtual std::string messageId(const EndpointId& endpoint, std::uint64_t sequence) = 0;
  /// Adds the calls, in their order, to the attempt logs of their endpoints, and notes in their states how the last
  /// ones ended. Endpoints that are gone meanwhile are passed over.
  virtual Status write(Instant now, const std::vector<CallRecord>& calls) = 0;
};

}  // namespace lull::ports
