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

/// Counts running attempts, so that endpoints whose attempts hang do not delay those whose receivers answer (I7). An
/// attempt older than a second counts as hanging: it gives its shared slot back and counts only against its endpoint's
/// limit (fleet-wide, by its lease) and the sockets of the process. Before that second is over it does take a shared
/// slot, so many new attempts that hang could use up all slots again and again. Two rules prevent this: an endpoint
/// without a running attempt in this process may start one beyond the shared slots, and endpoints that answer have as
/// many slots as if there were no others. Thread-safe.
class AttemptSlots {
 public:
  using SteadyClock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kYoung{1};

  AttemptSlots(std::size_t shared, std::size_t sockets) : shared_(shared), sockets_(sockets) {}

  struct Ticket {
    SteadyClock::time_point since;
    std::uint64_t number;
    EndpointId endpoint;
  };
  Ticket take(const EndpointId& endpoint, SteadyClock::time_point now) {
    std::lock_guard guard(mutex_);
    const auto own = perEndpoint_.try_emplace(endpoint).first;
    own->second.insert({now, ++last_});
    running_.emplace(Key{now, last_}, &own->first);
    return {now, last_, endpoint};
  }
  /// `answered`: the receiver answered.
  void giveBack(const Ticket& ticket, bool answered, SteadyClock::time_point now) {
    std::lock_guard guard(mutex_);
    running_.erase({ticket.since, ticket.number});
    const auto own = perEndpoint_.find(ticket.endpoint);
    if (own != perEndpoint_.end()) {
      own->second.erase({ticket.since, ticket.number});
      if (own->second.empty()) perEndpoint_.erase(own);
    }
    if (!answered || now - ticket.since >= kYoung) {
      prompt_.erase(ticket.endpoint);
      return;
    }
    // Deleted endpoints are not removed one by one: when the set is full it is emptied, and an endpoint returns to it
    // with its next answer.
    if (prompt_.size() >= kMostPrompt) prompt_.clear();
    prompt_.insert(ticket.endpoint);
  }
  /// Holds shared slots for attempts that are about to be claimed: half of the free ones, `most` at most, so that
  /// others find some as well. Returns how many.
  std::size_t reserve(std::size_t most, SteadyClock::time_point now) {
    std::lock_guard guard(mutex_);
    if (running_.size() >= sockets_ / 2) return 0;
    const auto granted = std::min(most, freeNow(now) / 2);
    reserved_ += granted;
    return granted;
  }
  /// The same, of all free slots: for whoever starts what waits.
  std::size_t reserveAny(std::size_t most, SteadyClock::time_point now) {
    std::lock_guard guard(mutex_);
    const auto granted = std::min(most, freeNow(now));
    reserved_ += granted;
    return granted;
  }
  /// Gives them back: the attempts have started, or there were none.
  void unreserve(std::size_t slots) {
    std::lock_guard guard(mutex_);
    reserved_ -= slots;
  }
  bool runs(const EndpointId& endpoint) const {
    std::lock_guard guard(mutex_);
    return perEndpoint_.contains(endpoint);
  }
  /// True when the last attempt that ended got an answer within a second, and no running attempt is older than that.
  bool answers(const EndpointId& endpoint, SteadyClock::time_point now) const {
    std::lock_guard guard(mutex_);
    return prompt_.contains(endpoint) && !hangs(endpoint, now);
  }
  /// How many attempts the endpoint may have running as far as sockets are concerned, which hanging attempts could use
  /// up. The first half of the sockets is open to every endpoint. Of the second half each of the `endpoints` has a fair
  /// share that no other endpoint gets. Beyond these shares, a sixteenth at a time goes to endpoints without a hanging
  /// attempt.
  std::size_t socketsFor(const EndpointId& endpoint, std::size_t endpoints, SteadyClock::time_point now) const {
    constexpr std::size_t kPart = 16;
    std::lock_guard guard(mutex_);
    const auto half = sockets_ / 2;
    if (running_.size() < half) return sockets_;
    const auto fair = std::max<std::size_t>(1, half / std::max<std::size_t>(1, endpoints));
    if (hangs(endpoint, now)) return fair;
    const auto idle = endpoints - std::min(endpoints, perEndpoint_.size());
    const auto taken = running_.size() + idle * fair;
    return fair + (taken >= sockets_ ? 0 : (sockets_ - taken) / kPart);
  }
  /// How many attempts may start beyond the shared slots: as many as sockets are left.
  std::size_t socketsLeft() const {
    std::lock_guard guard(mutex_);
    return running_.size() >= sockets_ ? 0 : sockets_ - running_.size();
  }
  std::size_t free(SteadyClock::time_point now) const {
    std::lock_guard guard(mutex_);
    return freeNow(now);
  }
  /// How many attempts of endpoints that answer may start: shared slots that other endpoints took do not count against
  /// them.
  std::size_t freeForAnswering(SteadyClock::time_point now) const {
    std::lock_guard guard(mutex_);
    if (running_.size() >= sockets_) return 0;
    std::size_t theirs = 0;
    for (auto it = running_.rbegin(); it != running_.rend() && now - it->first.first < kYoung; ++it) {
      if (prompt_.contains(*it->second) && !hangs(*it->second, now)) ++theirs;
    }
    return theirs >= shared_ ? 0 : std::min(shared_ - theirs, sockets_ - running_.size());
  }
  std::size_t running() const {
    std::lock_guard guard(mutex_);
    return running_.size();
  }
  /// The same, with those for which slots are held.
  std::size_t runningOrReserved() const {
    std::lock_guard guard(mutex_);
    return running_.size() + reserved_;
  }

 private:
  using Key = std::pair<SteadyClock::time_point, std::uint64_t>;
  static constexpr std::size_t kMostPrompt = 16'384;

  std::size_t freeNow(SteadyClock::time_point now) const {
    const auto running = running_.size() + reserved_;
    if (running >= sockets_) return 0;
    auto young = reserved_;
    for (auto it = running_.rbegin(); it != running_.rend() && now - it->first.first < kYoung; ++it) ++young;
    return young >= shared_ ? 0 : std::min(shared_ - young, sockets_ - running);
  }
  bool hangs(const EndpointId& endpoint, SteadyClock::time_point now) const {
    const auto own = perEndpoint_.find(endpoint);
    return own != perEndpoint_.end() && now - own->second.begin()->first >= kYoung;
  }

  const std::size_t shared_;
  const std::size_t sockets_;
  mutable std::mutex mutex_;
  // Protected by mutex_:
  std::map<EndpointId, std::set<Key>> perEndpoint_;  // endpoints with a running attempt
  std::map<Key, const EndpointId*> running_;         // the youngest last; the ids are keys of perEndpoint_
  std::set<EndpointId> prompt_;                      // endpoints whose last attempt got an answer within a second
  std::uint64_t last_ = 0;
  std::size_t reserved_ = 0;
};

}  // namespace lull::dispatch
