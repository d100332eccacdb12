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

/// The claim of one packed message. Throws UnreadableValue.
Claim claimOf(const ClaimCall& call, const ports::ClaimLimit& limit, const std::string& packedKey,
              const std::string& packed);

/// The reply of claim.lua. Throws UnreadableValue when its form is wrong.
ReadClaims claimedIn(const Reply& reply, const ClaimCall& call);

/// Sets aside what could not be read. The claims that could be are delivered even when that fails: the next call meets
/// the rest again.
ports::ClaimBatch keepReadable(Shard& shard, ReadClaims claimed);

}  // namespace lull::redis
