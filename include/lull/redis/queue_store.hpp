#pragma once

#include <lull/ports/life_sign.hpp>
#include <lull/ports/queue.hpp>
#include <lull/redis/shard.hpp>

namespace lull::redis {

struct QueueSettings {
  Millis maxAge{};
  Millis firstRetryDelay{};  ///< a merge into attempted content is due no later than this
  std::uint32_t breakerFailures = 5;
  Millis probe{};
  Millis maxProbe{};
  std::uint64_t maxDeadLetters = 100'000;  ///< per endpoint
};

/// The endpoint queues in Redis: claiming under leases, and settling. Thread-safe.
class QueueStore : public ports::Claims, public ports::Settling {
 public:
  /// `sign` names this process in the leases that it takes.
  QueueStore(Shard& shard, QueueSettings settings, const ports::LifeSign& sign)
      : shard_(shard), settings_(settings), sign_(sign) {}

  Result<ports::ClaimBatch> claim(Instant now, const std::vector<ports::ClaimLimit>& limits,
                                  std::uint32_t most) override;
  Result<std::optional<std::uint64_t>> renew(Instant now, const Claim& claim, Millis lease, bool alone) override;
  Result<ports::SettleOutcome> settle(Instant now, const std::vector<ports::Settlement>& settlements,
                                      const ports::ClaimRequest& next) override;

 private:
  Shard& shard_;
  const QueueSettings settings_;
  const ports::LifeSign& sign_;
};

}  // namespace lull::redis
