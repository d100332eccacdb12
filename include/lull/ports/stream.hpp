#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/result.hpp>
#include <lull/ports/windows.hpp>

#include <cstdint>
#include <vector>

namespace lull::ports {

struct FanOutcome {
  std::uint64_t messages = 0;  ///< created
  std::uint64_t left = 0;      ///< events that are still in the stream
  std::uint32_t unnamed = 0;   ///< the bit of the event at which the call stopped, because it was not allowed; 0: none
  std::vector<EndpointId> full;  ///< endpoints that missed events, because they have as many queued as they may have
};

/// Takes events from the stream, in the order in which they were accepted, and gives each endpoint that takes every
/// event a message of its own. Used by the debounce loop only. Thread-safe.
class StreamFanOut {
 public:
  virtual ~StreamFanOut() = default;
  /// How many events wait. Cheap.
  virtual Result<std::uint64_t> waiting() = 0;
  /// One atomic step. Refused with Stale when the revision of `known` is not the registry's. Stops after about 1,000
  /// messages or 1 MiB, and before an event whose bit is not one of `changeTypes`: endpoints that take none of them
  /// cost nothing. At maxmemory it is refused and changes nothing.
  virtual Result<FanOutcome> fanOut(Instant now, const SubscriberList& known, std::uint32_t changeTypes) = 0;
};

}  // namespace lull::ports
