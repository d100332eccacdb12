#include "claim_codec.hpp"

#include "message_codec.hpp"
#include "reply_reader.hpp"

#include <utility>

namespace lull::redis {

namespace {

constexpr std::int64_t kProbeFlag = 1;
constexpr std::int64_t kExpiredFlag = 2;
constexpr std::int64_t kPoisonedFlag = 4;

Claim claimOf(const ClaimCall& call, const ports::ClaimLimit& limit, const std::string& packedKey,
              const std::string& packed) {
  auto stored = readMessage(packed, readMessageKey(packedKey), call.epoch, limit.endpoint);
  Claim claim;
  claim.key = std::move(stored.key);
  claim.endpoint = limit.endpoint;
  claim.message = std::move(stored.message);
  claim.token = stored.token;
  claim.losses = stored.losses;
  claim.step = stored.step;
  claim.entryDue = stored.entryDue;
  claim.broughtForward = call.now < stored.entryDue;
  claim.lease = limit.lease;
  claim.slot = call.slot;
  claim.dueAt = stored.windowDue;
  return claim;
}

}  // namespace

std::vector<std::string> limitArguments(const std::vector<ports::ClaimLimit>& limits) {
  std::vector<std::string> arguments;
  arguments.reserve(4 * limits.size());
  for (const auto& limit : limits) {
    arguments.insert(arguments.end(), {limit.endpoint, std::to_string(limit.inFlight), std::to_string(limit.most),
                                       std::to_string(limit.lease.count())});
  }
  return arguments;
}

void addClaim(const ClaimCall& call, const PackedClaim& packed, ReadClaims& claimed) {
  if (packed.place == 0 || packed.place > call.limits.size())
    throw UnreadableValue("a claim of an endpoint that was not asked for");
  const auto& limit = call.limits[packed.place - 1];
  try {
    auto claim = claimOf(call, limit, packed.key, packed.message);
    claim.probe = (packed.flags & kProbeFlag) != 0;
    claim.poisoned = (packed.flags & kPoisonedFlag) != 0;
    claim.expired = (packed.flags & kExpiredFlag) != 0;
    claimed.batch.claims.push_back(std::move(claim));
  } catch (const UnreadableValue&) {
    claimed.damage.push_back({Damage::What::Message, limit.endpoint, {{packed.key, packed.message}}});
  }
}

ReadClaims claimedIn(const Reply& reply, const ClaimCall& call) {
  const ReplyItems items(reply);
  ReadClaims claimed;
  auto& batch = claimed.batch;
  batch.registryRevision = items.count(0);
  if (items.integer(1) >= 0) batch.nextWake = instantOf(items.integer(1));
  batch.reclaimed = items.count(2);
  const auto end = 4 + 4 * items.count(3);
  for (std::size_t at = 4; at < end; at += 4)
    addClaim(call, {items.count(at), items.text(at + 1), items.text(at + 2), items.integer(at + 3)}, claimed);
  for (std::size_t i = end; i < items.size(); ++i) {
    if (isDamage(items.at(i))) {
      claimed.damage.push_back(damageIn(items.at(i)));
    } else {
      batch.ready.push_back(items.text(i));
    }
  }
  return claimed;
}

ports::ClaimBatch keepReadable(Shard& shard, ReadClaims claimed) {
  for (const auto& damage : claimed.damage) (void)shard.setAside(damage);
  return std::move(claimed.batch);
}

}  // namespace lull::redis
