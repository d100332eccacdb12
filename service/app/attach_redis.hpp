#pragma once

#include <lull/config/settings.hpp>
#include <lull/domain/change_type.hpp>
#include <lull/domain/result.hpp>
#include <lull/formats/formats.hpp>
#include <lull/redis/endpoint_registry.hpp>
#include <lull/redis/server_clock.hpp>
#include <lull/redis/shard.hpp>

#include <functional>
#include <stop_token>
#include <string>

namespace lull::app {

/// The parts that need Redis, and its address.
struct RedisUsers {
  redis::Address address;
  redis::Shard& shard;
  redis::ServerClock& clock;
  redis::EndpointRegistry& registry;
  const Catalogue& catalogue;
  const formats::Formats& formats;
};

/// Judges the Redis before anything relies on it, with a warning for each promise that its settings weaken, then reads
/// what must be known from the start: the time and the endpoints. With Startup:WaitForRedis it tries again until
/// `cancel` while that may help, and calls `waiting` with the reason when it changes; what waiting cannot mend (a
/// refused log-in, an evicting policy, a newer schema, a key file that opens nothing) is an error at once. Blocks.
Status attachRedis(const config::Settings& settings, const RedisUsers& users, const std::stop_token& cancel,
                   const std::function<void(const std::string&)>& waiting);

}  // namespace lull::app
