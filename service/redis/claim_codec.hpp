#pragma once

#include <lull/ports/queue.hpp>
#include <lull/redis/damage.hpp>
#include <lull/redis/shard.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace lull::redis {

/// What scripts that lease messages are told and answer (claim.lua, settle.lua, fire.lua).

/// How many ready endpoints a claim names for the next one.
inline constexpr std::size_t kMostReadyNamed = 256;

struct ClaimCall {
  Instant now;
  const std::vector<ports::ClaimLimit>& limits;  ///< of the endpoints of the call, in its order
  std::string epoch;                             ///< of the webhook-ids
  std::uint32_t slot = 0;                        ///< of this process, in the leases
};

struct ReadClaims {
  ports::ClaimBatch batch;
  std::vector<Damage> damage;  ///< what could not be read
};

/// The arguments that name the endpoints of a call: id, limit, most, lease of each.
std::vector<std::string> limitArguments(const std::vector<ports::ClaimLimit>& limits);

/// One message that was leased: the place of its endpoint in the call (from 1), its key, the message as it is stored.
struct PackedClaim {
  std::uint64_t place = 0;
  std::string key;
  std::string message;
  std::int64_t flags = 0;  ///< as claim.lua says them
};

/// Adds the claim of it, or what is damaged of it. Throws UnreadableValue when the call did not name its endpoint.
void addClaim(const ClaimCall& call, const PackedClaim& packed, ReadClaims& claimed);

/// The reply of claim.lua. Throws UnreadableValue when its form is wrong.
ReadClaims claimedIn(const Reply& reply, const ClaimCall& call);

/// Sets aside what could not be read. The claims that could be are delivered even when that fails: the next call meets
/// the rest again.
ports::ClaimBatch keepReadable(Shard& shard, ReadClaims claimed);

}  // namespace lull::redis
