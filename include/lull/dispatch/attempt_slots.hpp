#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <utility>

namespace lull::dispatch {

/// Counts running attempts. An attempt older than a second no longer takes a shared slot, only its endpoint's (counted
/// fleet-wide by its lease) and one of the process's sockets: blackholed endpoints cannot use up the shared slots.
/// Thread-safe.
class AttemptSlots {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kYoung{1};

  AttemptSlots(std::size_t shared, std::size_t sockets) : shared_(shared), sockets_(sockets) {}

  using Ticket = std::pair<Clock::time_point, std::uint64_t>;
  Ticket take(Clock::time_point now) {
    std::lock_guard guard(mutex_);
    return *running_.insert({now, ++last_}).first;
  }
  void giveBack(const Ticket& ticket) {
    std::lock_guard guard(mutex_);
    running_.erase(ticket);
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
  std::set<Ticket> running_;  // protected by mutex_; the youngest last
  std::uint64_t last_ = 0;    // protected by mutex_
};

}  // namespace lull::dispatch
