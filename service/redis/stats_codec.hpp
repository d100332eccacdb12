#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/result.hpp>
#include <lull/ports/stats.hpp>
#include <lull/redis/store.hpp>

#include <vector>

namespace lull::redis {

/// What stats.lua tells at one moment.
struct StatsReport {
  ports::FleetCounters counters;      ///< `pending` and the like over the ids that were asked
  std::vector<EndpointState> states;  ///< in the order of the ids
};

Result<StatsReport> readStats(Store& store, Instant now, const std::vector<EndpointId>& ids);

}  // namespace lull::redis
