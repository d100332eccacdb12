#include "job_codec.hpp"
#include "reply_reader.hpp"
#include "seen_letter.hpp"

#include <lull/redis/job_store.hpp>
#include <lull/redis/keys.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>
#include <tuple>

namespace lull::redis {

namespace {

using ports::JobLetters;
using ports::JobState;
using ports::JobStep;
using ports::JobTask;

// Renewed every second (JobLoop); when its process dies, another one goes on after so long.
constexpr Millis kLease{3000};
constexpr std::size_t kTakenItems = 4;

// Letters that a walk has met and has not yet handed out.
struct Met {
  SeenLetter letter;
  bool moves = false;
};

}  // namespace

Result<std::vector<JobTask>> JobStore::take() {
  const auto& names = shard_.keys();
  const auto reply = shard_.run("job_take", {names.meta(), names.jobOrder(), names.jobs()},
                                {std::to_string(millisOf(shard_.now())), token_, std::to_string(kLease.count())});
  if (!reply) return reply.error();
  std::vector<JobTask> tasks;
  for (std::size_t at = 0; at + kTakenItems <= reply->items.size(); at += kTakenItems) {
    JobTask task;
    const auto read = readReply("A job", [&] {
      const ReplyItems items(*reply);
      task.number = unsignedOf(items.text(at));
      task.place = items.text(at + 3);
      auto stored = readOrder(items.text(at + 1));
      task.order = std::move(stored.order);
      task.until = stored.until;
      return true;
    });
    if (read) {
      tasks.push_back(std::move(task));
    } else if (task.number > 0) {
      runtime::log(runtime::LogLevel::Warning, "Lull.Jobs", "a job cannot be read, and has failed: start it again",
                   {{"job", task.number}, {"error", read.error().message}});
      if (auto ended = advance(task, "", 0, JobState::Failed); !ended) return ended.error();
    }
  }
  return tasks;
}

// Letters of one millisecond are walked in the order of their keys. So a place is always before all letters of its
// millisecond, and only letters of whole milliseconds are handed out, in the order of their deaths.
Result<JobLetters> JobStore::read(const JobTask& task) {
  if (task.order.action == ports::JobAction::Replay) return replays_.read(task);
  const auto can = retryable(task.order);
  if (!can) return can.error();
  const LetterWalk walk{task.order.filter.endpointId, false, std::to_string(millisOf(task.until)),
                        task.order.filter.among};
  const Position start{task.place.empty() ? startOf(walk).score : task.place, ""};
  auto position = start;
  std::vector<Met> met;
  JobLetters found;
  do {
    const auto chunk = readLetters(shard_, walk, position);
    if (!chunk) return chunk.error();
    for (const auto& head : chunk->heads) {
      if (head.death >= task.number || !task.order.filter.matches(head.letter)) continue;
      met.push_back({seen(head), (*can)(head.letter)});
    }
    found.last = chunk->last;
    position = chunk->next;
  } while (!found.last && position.score == start.score);

  const auto end = found.last ? Instant::max() : instantOfScore(position.score);
  std::erase_if(met, [&](const Met& one) { return one.letter.deadAt >= end; });
  std::sort(met.begin(), met.end(), [](const Met& one, const Met& other) {
    return std::tie(one.letter.deadAt, one.letter.death) < std::tie(other.letter.deadAt, other.letter.death);
  });
  for (auto& one : met) {
    if (one.moves) {
      found.letters.push_back({std::move(one.letter.endpoint), std::move(one.letter.key), one.letter.death});
    } else {
      ++found.skipped;
    }
  }
  found.next = position.score;
  return found;
}

Result<JobStep> JobStore::move(const JobTask& task, const std::vector<ports::JobLetter>& letters) {
  if (task.order.action == ports::JobAction::Replay) return replays_.move(task, letters, token_);
  std::vector<SeenLetter> seen;
  seen.reserve(letters.size());
  for (const auto& letter : letters) seen.push_back({letter.endpoint, letter.key, letter.death, {}});
  Mover by{task.number, token_};
  JobStep step;
  for (const auto& batch : batchesOf(std::move(seen))) {
    if (task.order.action == ports::JobAction::Purge) {
      const auto removed = moves_.remove(batch, "purged", by);
      if (!removed) return removed.error();
      step.ours = removed->has_value();
      step.done += removed->value_or(0);
    } else {
      const auto retried = moves_.retry(batch, task.order.includeSuperseded, by);
      if (!retried) return retried.error();
      step.ours = retried->has_value();
      if (*retried) step.done += (*retried)->retried;
      if (*retried) step.skipped += (*retried)->skipped;
    }
    if (!step.ours) return step;
  }
  return step;
}

Result<JobStep> JobStore::advance(const JobTask& task, const std::string& place, std::uint64_t skipped,
                                  JobState state) {
  const auto& names = shard_.keys();
  const auto reply = shard_.run("job_advance", {names.meta(), names.jobs()},
                                {std::to_string(task.number), token_, std::to_string(millisOf(shard_.now())),
                                 std::string(toString(state)), place, std::to_string(skipped)});
  if (!reply) return reply.error();
  return JobStep{reply->integer == 1, 0, skipped, 0, false};
}

}  // namespace lull::redis
