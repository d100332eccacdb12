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

/// Reads everything that is kept under `prefix`, in one pipelined write. `ids`: all endpoints there ever were, so that
/// remains of deleted ones are seen.
Observation observe(redis::Connection& connection, const std::string& prefix, const std::vector<EndpointName>& ids);

}  // namespace lull::model
