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

/// Decides when suspects are sent. A suspect is a message that lost two leases in a row: either it ends the process
/// that sends it, or it was only in flight beside one that does. So its next attempt is made while no other attempt
/// runs in this process. When that lease is lost as well, the message is poisoned (claim.lua), and the messages beside
/// it are not.
///
/// The wait is bounded. A suspect waits at most a second for running attempts to end, and then has the process to
/// itself for at most a second. After that it is sent, or continues, beside other attempts; a lost lease is then only
/// counted, and each further loss doubles both limits (up to 128 s), so that a message that needs long to end its
/// process is found, too. Several suspects take turns for a second. Then other messages are claimed for four times as
/// long as the quarantine took, before the remaining suspects get their turn.
///
/// Pure decisions over the time that it is told. Not thread-safe: the dispatcher's loop owns it.
class Quarantine {
 public:
  using SteadyClock = std::chrono::steady_clock;
  using Time = SteadyClock::time_point;
  enum class Step {
    Wait,        ///< wait for waitLeft(), or until an attempt ends
    Renew,       ///< renew the lease of the suspect, which still waits
    SendAlone,   ///< send it: no other attempt runs
    SendBeside,  ///< send it although others run: it has waited long enough
    GoOn,        ///< claim others again: it had the process to itself for long enough
  };

  static bool isSuspect(const Claim& claim) { return claim.losses >= kSuspectLosses; }

  /// How long suspects are released instead of held, so that others get their turn.
  SteadyClock::duration rest(Time now) const { return std::max(restUntil_ - now, SteadyClock::duration::zero()); }
  void hold(Claim claim, Time claimedAt);

  /// True while a suspect is held: nothing else is claimed then.
  bool active() const { return current_.has_value(); }
  const Claim& current() const { return *current_; }
  bool alone() const { return active() && alone_; }
  Step next(Time now, std::size_t running) const;
  SteadyClock::duration waitLeft(Time now) const;
  /// The lease of the current suspect lasts `lease` from `now` on, and names this process by `slot`.
  void renewed(Time now, Millis lease, std::uint32_t slot) {
    renewed_ = now;
    current_->lease = lease;
    current_->slot = slot;
  }
  /// The current suspect was sent while no other attempt ran.
  void sentAlone(Time now);
  /// The current suspect is done: nothing waits for it any more.
  void done(Time now);
  /// The suspects that get no turn in this quarantine; the caller releases them.
  std::vector<Claim> surplus(Time now);
  /// The same, and the current suspect unless it was sent.
  std::vector<Claim> unsent();

 private:
  static constexpr std::uint32_t kSuspectLosses = 2;

  SteadyClock::duration patience() const;
  void begin(Time now);

  std::optional<Claim> current_;
  std::deque<Claim> waiting_;
  bool alone_ = false;
  Time started_;  // when this quarantine started
  Time since_;    // since when the current suspect waits, or runs alone
  Time renewed_;  // when the current suspect's lease was renewed last
  Time restUntil_;
};

}  // namespace lull::dispatch
