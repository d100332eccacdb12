#pragma once

#include <lull/domain/message.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace lull::dispatch {

/// When suspects are sent. A message that lost two leases in a row may be what ends its process, or a mere neighbour of
/// what does. So its next attempt is made while nothing else runs in this process; when that lease is lost, too, it is
/// poisoned (claim.lua), and its neighbours are not.
///
/// Nobody waits for ever for that. A suspect waits for running attempts, and then has the process to itself, for at
/// most a second each. After that it is sent, or goes on, beside others; a loss is then only counted, and each further
/// one doubles both seconds (up to 128), so that what takes long to end its process is found, too. Suspects that come
/// together take turns for a second; then others are claimed for four times as long as the quarantine took, and the
/// suspects that are left come back after that.
///
/// Pure decisions over the time that it is told. Not thread-safe: the dispatcher's loop owns it.
class Quarantine {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  enum class Step {
    Wait,        ///< for waitLeft(), or until an attempt ends
    Renew,       ///< its lease, while it waits
    SendAlone,   ///< nothing runs
    SendBeside,  ///< its patience is over
    GoOn,        ///< it had the process to itself for long enough: others may be claimed again
  };

  static bool isSuspect(const Claim& claim) { return claim.losses >= kSuspectLosses; }

  /// How long no suspect is to be held.
  Clock::duration rest(Time now) const { return std::max(restUntil_ - now, Clock::duration::zero()); }
  void hold(Claim claim, Time claimedAt);

  /// A suspect is held: nothing is claimed.
  bool active() const { return current_.has_value(); }
  const Claim& current() const { return *current_; }
  bool alone() const { return active() && alone_; }
  Step next(Time now, std::size_t running) const;
  Clock::duration waitLeft(Time now) const;
  /// The current one's lease lasts `lease` from `now` on.
  void renewed(Time now, Millis lease) {
    renewed_ = now;
    current_->lease = lease;
  }
  /// The current one was sent while nothing runs.
  void sentAlone(Time now);
  /// Nothing is to be waited for any more because of the current one.
  void done(Time now);
  /// Those whose turn does not come in this quarantine: to be released.
  std::vector<Claim> surplus(Time now);
  /// The current one too, unless it was sent.
  std::vector<Claim> unsent();

 private:
  static constexpr std::uint32_t kSuspectLosses = 2;

  Clock::duration patience() const;
  void begin(Time now);

  std::optional<Claim> current_;
  std::deque<Claim> waiting_;
  bool alone_ = false;
  Time started_;  // of this quarantine
  Time since_;    // the current one waits, or is alone
  Time renewed_;  // the current one's lease
  Time restUntil_;
};

}  // namespace lull::dispatch
