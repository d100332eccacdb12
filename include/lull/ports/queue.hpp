#pragma once

#include <lull/domain/attempt.hpp>
#include <lull/domain/dead_letter.hpp>
#include <lull/domain/message.hpp>
#include <lull/domain/result.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace lull::ports {

/// How many messages of one endpoint a call may claim.
struct ClaimLimit {
  EndpointId endpoint;
  std::uint32_t inFlight = 0;  ///< fleet-wide limit of leased messages
  std::uint32_t most = 0;      ///< in this call
  Millis lease{0};             ///< how long the claims are leased, from `now`
};

/// What a call may claim. claim() visits the endpoints in this order, settle() in the order of their ids.
struct ClaimRequest {
  std::vector<ClaimLimit> limits;
  std::uint32_t most = 0;  ///< of the whole call
};

struct ClaimBatch {
  std::vector<Claim> claims;
  std::uint64_t registryRevision = 0;  ///< at the moment of claiming; nothing may be sent under an older registration
  std::vector<EndpointId> ready;       ///< endpoints that have a due message now, the one that has waited longest first
  std::optional<Instant> nextWake;     ///< when the next endpoint will have a due message
  std::uint64_t reclaimed = 0;         ///< of the claims, how many were taken over from an expired lease
};

/// Claims due messages under leases that name this process (ports::LifeSign). Thread-safe.
class Claims {
 public:
  virtual ~Claims() = default;
  /// Makes at most `most` claims, visiting the endpoints in order. Without limits it claims nothing and only looks: it
  /// returns `nextWake` and up to 4,096 ready endpoints, where a claim returns up to 256.
  virtual Result<ClaimBatch> claim(Instant now, const std::vector<ClaimLimit>& limits, std::uint32_t most) = 0;
  /// Renews the lease of a claim for `lease` from `now`, and notes whether its process does nothing else until the
  /// claim is settled or renewed again. Returns the registry's revision of that moment when the message may be sent,
  /// and nothing when it may not: another process holds it, or its endpoint is paused or deleted.
  virtual Result<std::optional<std::uint64_t>> renew(Instant now, const Claim& claim, Millis lease, bool alone) = 0;
};

enum class SettleAction {
  Complete,
  Reschedule,
  SetAside,  ///< as Reschedule, but the message leaves its lane, and the next one of that goes at once
  Park,
  Bury,
  Release,
  Hold,
};

/// What an attempt without success tells the breaker about the receiver.
enum class BreakerSign {
  None,    ///< the receiver was not asked, or it said when to come again
  Failed,  ///< the receiver failed
  Lives,   ///< the receiver judged the request, so it lives: closes the breaker
};

/// The settling of one claim. With a token that is not the message's it does nothing.
struct Settlement {
  SettleAction action = SettleAction::Complete;
  EndpointId endpoint;
  MessageKey key;
  std::uint64_t token = 0;
  /// Reschedule and SetAside: of the next attempt; Park: until when the endpoint is parked; Release: not before.
  Instant due;
  std::uint32_t step = 0;  ///< Reschedule and SetAside: entries of the schedule used up then
  /// Park: the way to the receiver is gone, so the endpoint's messages do not grow older (Delivery:MaxAge) until `due`.
  bool ageless = false;
  Instant began{};         ///< Park, ageless: when the attempt began, which is since when they have not grown older
  bool uncounted = false;  ///< SetAside: it is no failure, and its attempt is not charged
  DeathReason reason = DeathReason::Exhausted;  ///< Bury
  BreakerSign sign = BreakerSign::None;         ///< Reschedule, SetAside and Bury
  bool probe = false;                           ///< of the claim: its failure lengthens the breaker's next probe
  std::optional<PauseOrder> pause;              ///< Hold: what becomes of the endpoint
  std::optional<AttemptRecord> attempt;         ///< for the attempt log; absent when no attempt was made
};

struct SettleOutcome {
  std::uint32_t settled = 0;
  std::uint32_t stale = 0;  ///< tokens that were no longer valid
  ClaimBatch next;          ///< what was claimed in the same step
};

/// Ends leases. Thread-safe. Retrying a call whose answer was lost is safe: a settled token is stale.
class Settling {
 public:
  virtual ~Settling() = default;
  /// Claims what `next` allows once the leases have ended. It names endpoints of the settlements only.
  virtual Result<SettleOutcome> settle(Instant now, const std::vector<Settlement>& settlements,
                                       const ClaimRequest& next) = 0;
};

}  // namespace lull::ports
