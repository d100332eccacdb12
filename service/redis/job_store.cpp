#include "job_codec.hpp"
#include "letter_walk.hpp"
#include "reply_reader.hpp"

#include <lull/ports/absent.hpp>
#include <lull/redis/job_store.hpp>
#include <lull/redis/keys.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/random.hpp>

#include <algorithm>

/// The half of JobStore that operators call; job_work.cpp does the work.
namespace lull::redis {

namespace {

using ports::Job;
using ports::JobState;

constexpr std::size_t kMostJobs = 100;
constexpr std::size_t kJobItems = 9;
constexpr std::string_view kIdPrefix = "job_";

std::string idOf(std::string_view number) {
  return std::string(kIdPrefix).append(number);
}

/// The digits of its number; nothing for a text that is no id.
std::optional<std::string> numberIn(std::string_view id) {
  constexpr std::size_t kMostDigits = 16;
  if (!id.starts_with(kIdPrefix)) return std::nullopt;
  id.remove_prefix(kIdPrefix.size());
  const bool canonical = text::isAllDigits(id) && id.size() <= kMostDigits && !id.starts_with('0');
  return canonical ? std::optional(std::string(id)) : std::nullopt;
}

/// A job whose order was written by another version is shown without it.
Job readJob(const ReplyItems& items, std::size_t at) {
  Job job;
  job.id = idOf(items.text(at));
  try {
    const auto stored = readOrder(items.text(at + 1));
    job.action = stored.order.action;
    job.by = stored.order.by;
    job.owner = stored.order.owner;
    job.filter = stored.order.filter;
    job.changeTypes = stored.order.changeTypes;
  } catch (const UnreadableValue&) {
    job.by.clear();
  }
  job.state = ports::parseJobState(items.text(at + 2)).value_or(JobState::Failed);
  job.total = unsignedOr0(items.text(at + 3));
  job.done = unsignedOr0(items.text(at + 4));
  job.skipped = unsignedOr0(items.text(at + 5));
  job.failedAgain = unsignedOr0(items.text(at + 6));
  job.startedAt = instantOfScore(items.text(at + 7).empty() ? "0" : items.text(at + 7));
  if (const auto& ended = items.text(at + 8); !ended.empty()) job.finishedAt = instantOfScore(ended);
  return job;
}

Result<std::vector<Job>> readJobs(const Reply& reply) {
  return readReply("The list of jobs", [&] {
    const ReplyItems items(reply);
    std::vector<Job> jobs;
    for (std::size_t at = 0; at + kJobItems <= items.size(); at += kJobItems) jobs.push_back(readJob(items, at));
    return jobs;
  });
}

}  // namespace

JobStore::JobStore(Shard& shard, ports::RegistryReader& registry, LetterMoves moves, ReplayStore& replays,
                   std::function<void()> onStart)
    : shard_(shard),
      registry_(registry),
      moves_(std::move(moves)),
      replays_(replays),
      onStart_(std::move(onStart)),
      token_(text::randomId(12)) {}

Result<JobStore::Mark> JobStore::mark() {
  const auto& names = shard_.keys();
  const auto reply = shard_.run("jobs_mark", {names.meta(), names.letterIndex()}, {});
  if (!reply) return reply.error();
  return readReply("The answer to the start of a job", [&] {
    const ReplyItems items(*reply);
    const auto& latest = items.text(1);
    return Mark{items.count(0), instantOfScore(latest.empty() ? "0" : latest)};
  });
}

/// Which letters a retry can move: those whose endpoint still subscribes to their change type.
Result<JobStore::Retryable> JobStore::retryable(const ports::JobOrder& order) {
  if (order.action == ports::JobAction::Purge) return Retryable([](const DeadLetter&) { return true; });
  const auto snapshot = registry_.current();
  if (!snapshot) return snapshot.error();
  return Retryable([known = *snapshot, superseded = order.includeSuperseded](const DeadLetter& letter) {
    const auto endpoint = known->endpoints.find(letter.endpointId);
    return endpoint != known->endpoints.end() &&
           (endpoint->second->registration.changeTypes & letter.message.key.changeType) != 0 &&
           (superseded || !letter.supersededAt);
  });
}

namespace {

// The index reaches back to a moment; what an order asks for beyond that is said.
std::optional<Instant> unreached(ports::JobOrder& order, const ReplayStore::Mark& mark) {
  auto& since = order.filter.since;
  if (since && *since >= mark.completeSince) return std::nullopt;
  since = std::max(since.value_or(Instant{}), mark.oldest);
  return mark.completeSince;
}

}  // namespace

Result<ports::JobCount> JobStore::count(const ports::JobOrder& order) {
  if (order.action == ports::JobAction::Replay) {
    const auto now = replays_.mark();
    if (!now) return now.error();
    auto reached = order;
    const auto completeSince = unreached(reached, *now);
    auto counted = replays_.count(reached, *now);
    if (counted) counted->completeSince = completeSince;
    return counted;
  }
  const auto now = mark();
  if (!now) return now.error();
  return count(order, *now);
}

Result<ports::JobCount> JobStore::count(const ports::JobOrder& order, const Mark& mark) {
  const auto can = retryable(order);
  if (!can) return can.error();
  const LetterWalk walk{order.filter.endpointId, false, std::to_string(millisOf(mark.until)), order.filter.among};
  ports::JobCount counted;
  auto position = startOf(walk);
  for (bool last = false; !last;) {
    const auto chunk = readLetters(shard_, walk, position);
    if (!chunk) return chunk.error();
    for (const auto& head : chunk->heads) {
      if (head.death >= mark.number || !order.filter.matches(head.letter)) continue;
      ++counted.total;
      if (!(*can)(head.letter)) ++counted.skipped;
    }
    last = chunk->last;
    position = chunk->next;
  }
  return counted;
}

Result<Job> JobStore::startReplay(ports::JobOrder order) {
  const auto began = replays_.mark();
  if (!began) return began.error();
  const auto completeSince = unreached(order, *began);
  const auto counted = replays_.count(order, *began);
  if (!counted) return counted.error();
  auto job = create(order, began->number, began->fired, counted->total);
  if (job) job->completeSince = completeSince;
  return job;
}

Result<Job> JobStore::start(const ports::JobOrder& order) {
  if (order.action == ports::JobAction::Replay) return startReplay(order);
  const auto began = mark();
  if (!began) return began.error();
  const auto counted = count(order, *began);
  if (!counted) return counted.error();
  return create(order, began->number, began->until, counted->total);
}

Result<Job> JobStore::create(const ports::JobOrder& order, std::uint64_t jobNumber, Instant until,
                             std::uint64_t total) {
  const auto& names = shard_.keys();
  const auto now = shard_.now();
  const auto number = std::to_string(jobNumber);
  const auto reply = shard_.run("job_create", {names.meta(), names.jobOrder(), names.jobs()},
                                {number, std::to_string(millisOf(now)), packOrder({order, until}),
                                 std::to_string(total), std::to_string(kMostJobs)});
  if (!reply) return reply.error();
  if (reply->integer == 0)
    return Error{ErrorCode::Conflict, "100 jobs are running. Wait until one has ended, or cancel one."};
  onStart_();
  Job job{idOf(number), order.action, order.by, JobState::Running, total, 0, 0, 0, now, std::nullopt, order.owner};
  job.filter = order.filter;
  job.changeTypes = order.changeTypes;
  return job;
}

Result<Page<Job>> JobStore::list(const PageRequest& page) {
  auto before = std::string("+inf");
  if (!page.cursor.empty()) {
    const auto cursor = readCursor(page.cursor, {});
    if (!cursor) return cursor.error();
    before = "(" + cursor->position.score;
  }
  const auto& names = shard_.keys();
  auto reply =
      shard_.run("jobs_page", {names.jobOrder(), names.jobs()}, {before, "-inf", std::to_string(page.limit + 1)});
  if (!reply) return reply.error();
  auto jobs = readJobs(*reply);
  if (!jobs) return jobs.error();
  Page<Job> result;
  const bool more = jobs->size() > page.limit;
  if (more) {
    jobs->resize(page.limit);
    result.nextCursor = writeCursor({0, {jobs->back().id.substr(kIdPrefix.size()), ""}});
  }
  result.items = *std::move(jobs);
  return result;
}

Result<Job> JobStore::find(const std::string& id) {
  const auto number = numberIn(id);
  if (!number) return ports::noSuchJob();
  const auto& names = shard_.keys();
  auto reply = shard_.run("jobs_page", {names.jobOrder(), names.jobs()}, {*number, *number, "1"});
  if (!reply) return reply.error();
  auto jobs = readJobs(*reply);
  if (!jobs) return jobs.error();
  if (jobs->empty()) return ports::noSuchJob();
  return std::move(jobs->front());
}

Status JobStore::cancel(const std::string& id) {
  const auto number = numberIn(id);
  if (!number) return ports::noSuchJob();
  const auto& names = shard_.keys();
  const auto reply =
      shard_.run("job_cancel", {names.meta(), names.jobs()}, {*number, std::to_string(millisOf(shard_.now()))});
  if (!reply) return reply.error();
  if (reply->integer < 0) return ports::noSuchJob();
  if (reply->integer == 0)
    return Error{ErrorCode::Conflict, "The job has ended; what it has moved cannot be called back."};
  return Done{};
}

}  // namespace lull::redis
