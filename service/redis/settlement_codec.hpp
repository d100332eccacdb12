#pragma once

#include <lull/ports/queue.hpp>

#include <cstddef>
#include <optional>
#include <string>

/// Settlements as settle.lua takes them. Pure functions.
namespace lull::redis {

/// The numbers of a settlement; `place` is that of its endpoint, from 1.
std::string settlementFacts(const ports::Settlement& settlement, std::size_t place);

/// "<reason>|<notice>"; empty without a pause.
std::string pauseText(const std::optional<PauseOrder>& pause);

/// What only one action needs: the pause of a hold; of an ageless park when its attempt began. Empty for all others.
std::string settlementExtra(const ports::Settlement& settlement);

/// The attempt with as much of its texts as is kept, so that the attempt log and the history of a dead letter stay
/// bounded whatever a receiver answers. A text is cut between two characters.
AttemptRecord boundedAttempt(AttemptRecord attempt);

}  // namespace lull::redis
