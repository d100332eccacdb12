#pragma once

#include <lull/ports/stream.hpp>
#include <lull/ports/windows.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace lull::debounce {

/// Gives the events of the stream to the endpoints that take every one. Used by one thread.
class EventFanOut {
 public:
  EventFanOut(ports::StreamFanOut& stream, ports::Subscribers& subscribers)
      : stream_(stream), subscribers_(subscribers) {}

  struct Step {
    std::uint64_t messages = 0;
    bool more = false;  ///< events are left that can be fanned out at once
  };
  /// One call, when there is something to do. Stale is answered by loading the registry anew: then `more` is set.
  Result<Step> step(Instant now);
  /// Nothing is in the stream: the takers of the events to come are named as they come.
  void rest() { changeTypes_ = 0; }

 private:
  void warn(const std::vector<EndpointId>& full);

  ports::StreamFanOut& stream_;
  ports::Subscribers& subscribers_;
  std::uint32_t changeTypes_ = 0;  // of the events met lately: their takers are named from the first call on
  bool eventsLeft_ = false;        // as the last call told
  std::optional<std::chrono::steady_clock::time_point> warned_;
};

}  // namespace lull::debounce
