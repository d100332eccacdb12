#pragma once

#include "model/state.hpp"

#include <lull/redis/connection.hpp>

#include <string>
#include <vector>

namespace lull::model {

/// What observe() found: the state, and the wake-up index, which the reference only bounds.
struct Observation {
  State state;
  std::map<EndpointName, Ms> wake;
  std::string inconsistency;  ///< an index that does not match its hash; empty: none
};

/// All endpoints there ever were: remains of deleted ones are seen, too.
struct EndpointNames {
  std::vector<EndpointName> existing;
  std::vector<EndpointName> deleted;
};

/// Reads everything that is kept under `prefix`, in one pipelined write.
Observation observe(redis::Connection& connection, const std::string& prefix, const EndpointNames& ids);

}  // namespace lull::model
