#pragma once

#include <lull/domain/attempt.hpp>
#include <lull/domain/message.hpp>
#include <lull/ports/queue.hpp>

#include <vector>

namespace lull::dispatch {

struct RetrySettings {
  std::vector<Millis> schedule;  ///< one entry per retry: N entries make N+1 attempts
  double jitter = 0.2;           ///< share of the delay that is added at random
};

/// The delay before the attempt after attempt number `attempts`; nothing when the schedule is used up. `draw` is in [0,
/// 1). Jitter only lengthens: a receiver is never called earlier than the schedule says.
std::optional<Millis> retryDelay(const RetrySettings& settings, std::uint32_t attempts, double draw);

/// What an attempt's result means for its message. Pure. `now` is when the attempt ended, `startedAt` when it began.
struct AttemptEnd {
  AttemptResult result;
  Instant startedAt;
  Instant now;
  double draw = 0;
};
ports::Settlement settlementOf(const Claim& claim, const AttemptEnd& end, const RetrySettings& settings);

/// A claim that is not sent: buried as expired or poisoned.
ports::Settlement burialOf(const Claim& claim, DeathReason reason);
/// A claim whose request never began. It is due again as before, but not before `notBefore`.
ports::Settlement releaseOf(const Claim& claim, Instant notBefore = {});

}  // namespace lull::dispatch
