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

/// The delay that entry number `step` (from 0) of the schedule asks for; nothing when the schedule is used up. `draw`
/// is in [0, 1). Jitter only lengthens: a receiver is never called earlier than the schedule says.
std::optional<Millis> retryDelay(const RetrySettings& settings, std::uint32_t step, double draw);

/// What the result of an attempt means for its message. Pure. `now` is when the attempt ended, `startedAt` when it
/// began. An attempt uses up an entry of the retry schedule only when it was the attempt that the schedule wanted; one
/// that was brought forward leaves its entry in place. A receiver that says when to come again (Retry-After on 429 and
/// 503) parks its endpoint, which uses up neither an entry nor an attempt. Where the receiver says what became of the
/// message (AttemptResult::answer), that decides: Error follows the schedule, ErrorAndSkip as well but the message is
/// set aside, and SkipNow sets it aside for the first entry of the schedule without using up one. A Released result
/// that parks (a broker is away) parks the endpoint as well; its messages do not grow older meanwhile.
struct AttemptEnd {
  AttemptResult result;
  Instant startedAt;
  Instant now;
  double draw = 0;
};
ports::Settlement settlementOf(const Claim& claim, const AttemptEnd& end, const RetrySettings& settings);

/// Buries a claim that is not sent, because it is expired or poisoned.
ports::Settlement burialOf(const Claim& claim, DeathReason reason);
/// Releases a claim whose request never began. Its message is due as before, but not before `notBefore`.
ports::Settlement releaseOf(const Claim& claim, Instant notBefore = {});

}  // namespace lull::dispatch
