#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/result.hpp>
#include <lull/ports/stats.hpp>
#include <lull/redis/shard.hpp>

#include <vector>

namespace lull::redis {

/// Every number that I8 speaks of, at one moment (totals.lua); `pending` and the like are of the ids that were asked.
Result<ports::FleetCounters> readTotals(Shard& shard, Instant now, const std::vector<EndpointId>& ids);

/// How endpoints stand at one moment (states.lua), in the order of the ids.
Result<std::vector<EndpointState>> readStates(Shard& shard, Instant now, const std::vector<EndpointId>& ids);

}  // namespace lull::redis
