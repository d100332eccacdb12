#pragma once

#include <lull/redis/queue_caps.hpp>
#include <lull/redis/shard.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace lull::redis {

struct LetterBatch;

/// Who moves letters. `number` names a retry (lib/retried.lua): 0 until its first call draws one. A job brings its own,
/// and the token under which this process runs it.
struct Mover {
  std::uint64_t number = 0;
  std::string token{};
};

/// The calls of the scripts that take letters out of the dead-letter set. Thread-safe.
class LetterMoves {
 public:
  struct Retried {
    std::uint64_t retried = 0;
    std::uint64_t skipped = 0;
    bool appended = false;
  };

  /// `onReady` is called when a retry made messages due; it must not block.
  LetterMoves(Shard& shard, Millis firstRetryDelay, QueueCaps caps, std::function<void()> onReady)
      : shard_(shard), firstRetryDelay_(firstRetryDelay), caps_(caps), onReady_(std::move(onReady)) {}

  /// Both move only letters that are still as they were seen. Nothing when a job is not this process's any more.
  Result<std::optional<Retried>> retry(const LetterBatch& batch, bool supersededToo, Mover& by);
  Result<std::optional<std::uint64_t>> remove(const LetterBatch& batch, const std::string& why, const Mover& by);

 private:
  Shard& shard_;
  const Millis firstRetryDelay_;
  const QueueCaps caps_;
  const std::function<void()> onReady_;
};

}  // namespace lull::redis
