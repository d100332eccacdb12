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
  bool operator==(const EndpointNames&) const = default;
};

/// Reads everything that is kept under a prefix, in one pipelined write. Not thread-safe.
class Observer {
 public:
  Observer(redis::Connection& connection, std::string prefix) : connection_(connection), prefix_(std::move(prefix)) {}
  Observation look(const EndpointNames& ids);

 private:
  redis::Connection& connection_;
  const std::string prefix_;
  EndpointNames ids_;                     // that the commands are about
  std::vector<redis::Command> commands_;  // kept: most looks are about the same endpoints
};

}  // namespace lull::model
