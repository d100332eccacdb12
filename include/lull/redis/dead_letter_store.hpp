#pragma once

#include <lull/ports/dead_letters.hpp>
#include <lull/ports/registry.hpp>
#include <lull/redis/letter_moves.hpp>
#include <lull/redis/shard.hpp>

#include <functional>

namespace lull::redis {

struct LetterBatch;

/// The dead-letter set in Redis. Thread-safe. It is read in pieces of 500, so that no call holds Redis for long.
class DeadLetterStore : public ports::DeadLetters, public ports::DeadLetterRetention {
 public:
  /// `onReady` is called when a retry made messages due; it must not block.
  DeadLetterStore(Shard& shard, ports::RegistryReader& registry, Millis firstRetryDelay, QueueCaps caps,
                  std::function<void()> onReady)
      : shard_(shard), registry_(registry), moves_(shard, firstRetryDelay, caps, std::move(onReady)) {}

  Result<ports::DeadLetterPage> list(const DeadLetterFilter& filter, const PageRequest& page) override;
  Result<ports::DeadLetterDetail> find(const std::string& id) override;
  Result<ports::RetriedOne> retryOne(const std::string& id) override;
  Result<ports::BulkOutcome> retryMany(const ports::BulkRequest& request) override;
  Status purgeOne(const std::string& id) override;
  Result<ports::BulkOutcome> purgeMany(const ports::BulkRequest& request) override;
  Result<std::string> endpointName(const EndpointId& id) override;
  Result<std::uint64_t> expire(Instant before, const std::stop_token& stop) override;

 private:
  Status forgetNames();
  Status forgetRetries(const std::stop_token& stop);
  Result<std::uint64_t> count(const DeadLetterFilter& filter, bool& exact);
  bool diedSince(Instant began, const DeadLetter& letter) const;
  Result<LetterMoves::Retried> retry(const LetterBatch& batch, bool supersededToo, Mover& by);
  Status actOnMany(const ports::BulkRequest& request, ports::BulkOutcome& outcome,
                   const std::function<bool(const DeadLetter&)>& chosen,
                   const std::function<Result<std::uint64_t>(const LetterBatch&)>& act);
  Result<std::uint64_t> removeLetters(const LetterBatch& batch, const std::string& why);

  Shard& shard_;
  ports::RegistryReader& registry_;
  LetterMoves moves_;
};

}  // namespace lull::redis
