#pragma once

#include <lull/dispatch/retry_policy.hpp>

namespace lull::dispatch {

/// One line per attempt with every fact an operator asks for; never a header value, a secret or the URL's query.
void logAttempt(const Claim& claim, const Endpoint& endpoint, const AttemptEnd& end,
                const ports::Settlement& settlement);

/// One line before the attempt of a suspect: a message that may end its process.
void logSuspect(const Claim& claim, const Endpoint& endpoint, bool alone);

/// One line per message that becomes a dead letter without an attempt.
void logBurial(const Claim& claim, const Endpoint& endpoint, DeathReason reason);

}  // namespace lull::dispatch
