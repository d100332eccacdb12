#pragma once

#include <lull/domain/endpoint.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace lull::dispatch {

/// Counts running attempts. An attempt older than a second no longer takes a shared slot, only its endpoint's (counted
/// fleet-wide by its lease) and one of the process's sockets: blackholed endpoints cannot use up the shared slots for
/// longer. Within that second they can: so an endpoint of which nothing runs here may start one beyond the shared
/// slots. Thread-safe.
class AttemptSlots {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kYoung{1};

  AttemptSlots(std::size_t shared, std::size_t sockets) : shared_(shared), sockets_(sockets) {}

  struct Ticket {
    Clock::time_point since;
    std::uint64_t number;
    EndpointId endpoint;
  };
  Ticket take(const EndpointId& endpoint, Clock::time_point now) {
    std::lock_guard guard(mutex_);
    running_.insert({now, ++last_});
    ++perEndpoint_[endpoint];
    return {now, last_, endpoint};
  }
  void giveBack(const Ticket& ticket) {
    std::lock_guard guard(mutex_);
    running_.erase({ticket.since, ticket.number});
    const auto own = perEndpoint_.find(ticket.endpoint);
    if (own != perEndpoint_.end() && --own->second == 0) perEndpoint_.erase(own);
  }
  bool runs(const EndpointId& endpoint) const {
    std::lock_guard guard(mutex_);
    return perEndpoint_.contains(endpoint);
  }
  /// How many may start beyond the shared slots: what is left of the sockets.
  std::size_t socketsLeft() const {
    std::lock_guard guard(mutex_);
    return running_.size() >= sockets_ ? 0 : sockets_ - running_.size();
  }
  std::size_t free(Clock::time_point now) const {
    std::lock_guard guard(mutex_);
    if (running_.size() >= sockets_) return 0;
    std::size_t young = 0;
    for (auto it = running_.rbegin(); it != running_.rend() && now - it->first < kYoung; ++it) ++young;
    return young >= shared_ ? 0 : std::min(shared_ - young, sockets_ - running_.size());
  }
  std::size_t running() const {
    std::lock_guard guard(mutex_);
    return running_.size();
  }

 private:
  const std::size_t shared_;
  const std::size_t sockets_;
  mutable std::mutex mutex_;
  // Protected by mutex_:
  std::set<std::pair<Clock::time_point, std::uint64_t>> running_;  // the youngest last
  std::map<EndpointId, std::size_t> perEndpoint_;                  // of those that have one running
  std::uint64_t last_ = 0;
};

}  // namespace lull::dispatch
