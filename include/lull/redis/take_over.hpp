#pragma once

#include <lull/ports/registry.hpp>
#include <lull/redis/server_clock.hpp>
#include <lull/redis/shard.hpp>
#include <lull/redis/take_over_rule.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lull::redis {

/// Frees the leases of processes that give no sign of life (takeover.lua), so that the next claim takes their messages
/// over. The calls come from one thread at a time.
class TakeOver {
 public:
  /// `onReady` is called when leases were freed; it must not block.
  TakeOver(Shard& shard, const ServerClock& clock, ports::RegistryReader& registry, std::function<void()> onReady)
      : shard_(shard), clock_(clock), registry_(registry), onReady_(std::move(onReady)) {}

  /// Takes over what the rule allows after this reading. What needs many calls goes on at the next reading, so that our
  /// own sign is renewed meanwhile. Returns how long to wait before that.
  std::chrono::nanoseconds look(const SignReading& reading);
  /// Frees the leases of all other processes. Only for a store that is ours alone, whose former users have ended.
  void freeOthers();
  /// Removes our own sign, when no lease of ours is left.
  void endOwnSign();

 private:
  using SteadyClock = std::chrono::steady_clock;
  /// A walk over all endpoints.
  struct Walk {
    std::string sign;   // whose leases are freed; empty: of all others
    EndpointId behind;  // the last endpoint that is done
    std::uint64_t freed = 0;
  };
  struct Freed {
    std::int64_t leases = 0;  // -1: nothing was done, and the walk is over
    std::string sign;         // to go on with
    std::size_t endpoints = 0;
  };
  void walk(SteadyClock::time_point until);
  bool step(const ports::RegistrySnapshot& snapshot);
  Result<Freed> free(const std::string& sign, const std::vector<EndpointId>& endpoints, bool last);

  Shard& shard_;
  const ServerClock& clock_;
  ports::RegistryReader& registry_;
  const std::function<void()> onReady_;
  TakeOverRule rule_;
  std::optional<Walk> walk_;  // the one that is under way
};

}  // namespace lull::redis
