#pragma once

#include <lull/domain/dead_letter.hpp>
#include <lull/domain/page.hpp>
#include <lull/domain/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::ports {

/// What a job does: retry or purge dead letters, or tell an endpoint once more of items that changed. Values are
/// stored: new ones go to the end.
enum class JobAction : std::uint8_t { Retry, Purge, Replay };
inline constexpr std::array<std::string_view, 3> kJobActions{"retry", "purge", "replay"};

enum class JobState : std::uint8_t { Running, Done, Cancelled, Failed };
inline constexpr std::array<std::string_view, 4> kJobStates{"running", "done", "cancelled", "failed"};

constexpr std::string_view toString(JobAction action) {
  return kJobActions.at(static_cast<std::size_t>(action));
}
constexpr std::string_view toString(JobState state) {
  return kJobStates.at(static_cast<std::size_t>(state));
}
constexpr std::optional<JobAction> parseJobAction(std::string_view text) {
  for (std::size_t i = 0; i < kJobActions.size(); ++i) {
    if (kJobActions.at(i) == text) return static_cast<JobAction>(i);
  }
  return std::nullopt;
}
constexpr std::optional<JobState> parseJobState(std::string_view text) {
  for (std::size_t i = 0; i < kJobStates.size(); ++i) {
    if (kJobStates.at(i) == text) return static_cast<JobState>(i);
  }
  return std::nullopt;
}

struct JobOrder {
  JobAction action = JobAction::Retry;
  DeadLetterFilter filter;
  bool includeSuperseded = false;   ///< Retry: superseded letters as well
  std::uint32_t ratePerSecond = 0;  ///< letters moved, in the whole fleet; 0: as fast as others are not disturbed
  std::string by;                   ///< who asked for it, for people
  std::string owner{};              ///< the same for keys: auth::Principal::scope
  /// Replay: the bits of the items that it takes. Of the filter it has `endpointId` and `since` alone.
  std::uint32_t changeTypes = 0;
};

/// How many letters (or items) an order matches, and how many of these it would leave alone, because they cannot be
/// retried.
struct JobCount {
  std::uint64_t total = 0;
  std::uint64_t skipped = 0;
  /// Replay: from when on all changes are known, when `since` lies before that.
  std::optional<Instant> completeSince{};
};

struct Job {
  std::string id;
  JobAction action = JobAction::Retry;
  std::string by;
  JobState state = JobState::Running;
  std::uint64_t total = 0;  ///< letters that matched when it began
  std::uint64_t done = 0;   ///< letters that it has moved
  /// Letters that it left alone. When it is done these are all that it has not moved, those that somebody else took or
  /// that died again before their turn included.
  std::uint64_t skipped = 0;
  std::uint64_t failedAgain = 0;  ///< of those it retried, how many died again; counted until 24 h after its end
  Instant startedAt;
  std::optional<Instant> finishedAt;
  std::string owner{};                     ///< JobOrder::owner; empty when it cannot be read
  std::optional<Instant> completeSince{};  ///< of start(), as in JobCount
  DeadLetterFilter filter{};               ///< JobOrder::filter, and
  std::uint32_t changeTypes = 0;           ///< JobOrder::changeTypes; empty when they cannot be read
};

/// Jobs, as operators see them. Thread-safe. A job takes the letters that match when it begins: none that dies, or dies
/// again, after that; a replay takes the items that changed since, up to then. The last 100 are kept.
class Jobs {
 public:
  virtual ~Jobs() = default;
  virtual Result<JobCount> count(const JobOrder& order) = 0;
  /// Conflict when as many jobs run as are kept.
  virtual Result<Job> start(const JobOrder& order) = 0;
  virtual Result<Page<Job>> list(const PageRequest& page) = 0;  ///< newest first
  virtual Result<Job> find(const std::string& id) = 0;
  /// Nothing is moved after it returned. Conflict when the job has ended.
  virtual Status cancel(const std::string& id) = 0;
};

/// A job that this process runs.
struct JobTask {
  std::uint64_t number = 0;
  JobOrder order;
  Instant until;      ///< when the last of its letters died; of a replay its mark (replay_mark.lua)
  std::string place;  ///< where its walk over the letters goes on; opaque
};

/// A letter as a walk saw it; one that has died again since is another one. Of a replay an item: `endpoint` is empty,
/// `key` its item key, `death` the sequence of its last change.
struct JobLetter {
  EndpointId endpoint;
  std::string key;  ///< MessageKey::packed()
  std::uint64_t death = 0;
};

/// The next letters of a job, in the order of their deaths.
struct JobLetters {
  std::vector<JobLetter> letters;
  std::uint64_t skipped = 0;  ///< letters between them that are left alone
  std::string next;           ///< place behind them
  bool last = false;          ///< there are no more
};

/// What a step of a job did. `ours` is false when the job has ended, or another process runs it: nothing more is done.
struct JobStep {
  bool ours = true;
  std::uint64_t done = 0;
  std::uint64_t skipped = 0;
  std::size_t left = 0;  ///< how many of the last letters have to wait for room, and are to be moved later
  bool failed = false;   ///< the job cannot go on, and fails
};

/// The work of jobs, for the loop that runs them. A process holds a job by a lease, which take() renews; what it did
/// stays true when it dies in between, and another one goes on behind the last place. Used by one thread.
class JobWork {
 public:
  virtual ~JobWork() = default;
  /// Jobs that this process shall run, those that it runs already included. Call it every second.
  virtual Result<std::vector<JobTask>> take() = 0;
  virtual Result<JobLetters> read(const JobTask& task) = 0;
  /// The next letters, in their order. They are counted in the same step that moves them, so calling it again after an
  /// error counts nothing twice.
  virtual Result<JobStep> move(const JobTask& task, const std::vector<JobLetter>& letters) = 0;
  /// Notes that all letters before `place` are done with; `state` other than Running ends the job.
  virtual Result<JobStep> advance(const JobTask& task, const std::string& place, std::uint64_t skipped,
                                  JobState state) = 0;
};

}  // namespace lull::ports
