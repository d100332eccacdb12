#pragma once

#include <lull/ports/history.hpp>

#include <string_view>
#include <vector>

namespace lull::redis {

/// The pieces of an hour of the fleet's history (lib/history.lua), and the attempts of an endpoint (history_note.lua).
/// Nothing depends on them, so what cannot be read ends a piece and is no error. Pure functions; none throws.
void readSteps(std::string_view packed, Instant hour, std::vector<ports::HistoryStep>& into);
void readMinutes(std::string_view packed, Instant hour, std::vector<ports::MinuteLag>& into);
void readDistributions(std::string_view packed, Instant hour, std::vector<ports::LagDistribution>& into);
/// `now` says which day the numbers of the slots mean.
std::vector<ports::AttemptSlot> readAttemptSlots(std::string_view packed, Instant now);

}  // namespace lull::redis
