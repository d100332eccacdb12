#pragma once

#include <lull/redis/shard.hpp>

#include <cstdint>
#include <string>

namespace lull::redis {

/// What endpoint_remove.lua is told. The defaults ask for nothing.
struct Removal {
  std::string version;        ///< that it must have
  std::string epitaph;        ///< packEpitaph(), kept while it has dead letters; empty: its registration cannot be read
  std::string whose = "any";  ///< "mailbox": it must be one; "=" and an owner: it must be a mailbox of this owner
  std::string idleSince;      ///< ms: only when its client has not called since
};

constexpr std::int64_t kNotAsExpected = -1;  ///< another version, or its client has called
constexpr std::int64_t kNoSuchEndpoint = -2;

/// Returns how many messages were cancelled, or why the endpoint was not removed.
Result<std::int64_t> removeEndpoint(Shard& shard, const EndpointId& id, const Removal& removal);

}  // namespace lull::redis
