#pragma once

#include <lull/ports/jobs.hpp>
#include <lull/ports/registry.hpp>
#include <lull/redis/letter_moves.hpp>
#include <lull/redis/replay_store.hpp>
#include <lull/redis/shard.hpp>

#include <functional>
#include <string>
#include <utility>

namespace lull::redis {

/// Jobs in Redis (lib/job.lua); what replays do is in ReplayStore. Thread-safe, but for the part that is JobWork.
/// Letters are read in pieces of 500.
class JobStore : public ports::Jobs, public ports::JobWork {
 public:
  /// `onReady` is called when a retry made messages due, `onStart` when a job was started here; neither may block.
  JobStore(Shard& shard, ports::RegistryReader& registry, LetterMoves moves, ReplayStore& replays,
           std::function<void()> onStart);

  Result<ports::JobCount> count(const ports::JobOrder& order) override;
  Result<ports::Job> start(const ports::JobOrder& order) override;
  Result<Page<ports::Job>> list(const PageRequest& page) override;
  Result<ports::Job> find(const std::string& id) override;
  Status cancel(const std::string& id) override;

  Result<std::vector<ports::JobTask>> take() override;
  Result<ports::JobLetters> read(const ports::JobTask& task) override;
  Result<ports::JobStep> move(const ports::JobTask& task, const std::vector<ports::JobLetter>& letters) override;
  Result<ports::JobStep> advance(const ports::JobTask& task, const std::string& place, std::uint64_t skipped,
                                 ports::JobState state) override;

 private:
  /// The moment at which a job begins: its number, and when the last letter of then died.
  struct Mark {
    std::uint64_t number = 0;
    Instant until;
  };
  using Retryable = std::function<bool(const DeadLetter&)>;

  Result<Mark> mark();
  Result<ports::JobCount> count(const ports::JobOrder& order, const Mark& mark);
  Result<Retryable> retryable(const ports::JobOrder& order);
  Result<ports::Job> startReplay(ports::JobOrder order);
  Result<ports::Job> create(const ports::JobOrder& order, std::uint64_t number, Instant until, std::uint64_t total);

  Shard& shard_;
  ports::RegistryReader& registry_;
  LetterMoves moves_;
  ReplayStore& replays_;
  const std::function<void()> onStart_;
  const std::string token_;  ///< names this process in the leases of jobs
};

}  // namespace lull::redis
