#pragma once

#include <lull/ports/history.hpp>
#include <lull/ports/stats.hpp>
#include <lull/redis/shard.hpp>

namespace lull::redis {

/// The fleet's history. turn() is called about once a second by one thread of each replica: it adds what this process
/// has noted, and writes a step that is over unless another replica has. Reading is thread-safe.
class HistoryStore : public ports::History {
 public:
  /// `stats` measures the queues when a step is over.
  HistoryStore(Shard& shard, ports::Stats& stats, ports::NotedHistorySource& noted)
      : shard_(shard), stats_(stats), noted_(noted) {}

  void turn();

  Result<ports::HistoryRecords> read(Instant since, Instant until) override;
  Result<std::vector<ports::AttemptSlot>> attemptsOf(const EndpointId& id) override;

 private:
  bool isOver() const;
  Status note(const ports::NotedHistory& noted);
  Status close();

  Shard& shard_;
  ports::Stats& stats_;
  ports::NotedHistorySource& noted_;
  std::int64_t written_ = -1;  // the last step that is known to be written; used by turn() only
};

}  // namespace lull::redis
