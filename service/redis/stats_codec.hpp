#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/result.hpp>
#include <lull/ports/stats.hpp>
#include <lull/redis/shard.hpp>

#include <cstddef>
#include <vector>

namespace lull::redis {

/// All numbers of I8 at one moment (totals.lua); `pending` and the like are those of the ids that were asked for.
Result<ports::FleetCounters> readTotals(Shard& shard, Instant now, const std::vector<EndpointId>& ids);

/// The states of endpoints at one moment (states.lua), in the order of the ids. For EndpointState::dueSince the first
/// `looks` messages that wait are looked at, and so many leased ones.
Result<std::vector<EndpointState>> readStates(Shard& shard, Instant now, const std::vector<EndpointId>& ids,
                                              std::size_t looks = 0);

}  // namespace lull::redis
