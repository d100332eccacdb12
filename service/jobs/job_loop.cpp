#include <lull/jobs/job_loop.hpp>
#include <lull/runtime/log.hpp>

#include <algorithm>

namespace lull::jobs {

namespace {

// The lease of a job lasts three times as long (redis/job_work.cpp).
constexpr auto kTakeEvery = std::chrono::seconds(1);
// After an error, such as a store that is away.
constexpr auto kAfterError = std::chrono::milliseconds(200);
// Moving a hundred letters holds Redis for 2 to 3 ms.
constexpr std::size_t kMostAtOnce = 100;
// Parts in which no letter is the job's are passed over at once, but other jobs have their turn between them.
constexpr int kMostParts = 20;
// A job for which there is no room looks again so soon, and then later and later.
constexpr auto kFirstWait = std::chrono::milliseconds(4);
constexpr auto kLongestWait = std::chrono::milliseconds(250);

}  // namespace

void JobLoop::run() {
  while (!stopping_) {
    const auto rest = turn();
    if (rest > std::chrono::nanoseconds(0)) wake_.wait(rest);
  }
}

void JobLoop::stop() {
  stopping_ = true;
  wake_.notify();
}

void JobLoop::wake() {
  asked_ = true;
  wake_.notify();
}

std::chrono::nanoseconds JobLoop::turn() {
  const auto now = ticks_();
  if (asked_.exchange(false) || now >= nextTake_) take(now);
  std::chrono::nanoseconds rest = std::max(nextTake_ - ticks_(), Ticks::duration(0));
  for (auto& [number, job] : running_) {
    if (stopping_) break;
    const bool well = step(job);
    if (!job.goesOn) continue;
    const auto at = ticks_();
    const auto pause = std::max(job.pace.rest(at), std::chrono::nanoseconds(job.notBefore - at));
    rest = std::min(rest, well ? pause : std::chrono::nanoseconds(kAfterError));
  }
  std::erase_if(running_, [](const auto& entry) { return !entry.second.goesOn; });
  return rest;
}

// A job that another process has taken is not among those taken, and is let go.
void JobLoop::take(Ticks now) {
  nextTake_ = now + kTakeEvery;
  auto tasks = work_.take();
  if (!tasks) return;
  for (auto& [number, job] : running_) job.goesOn = false;
  for (auto& task : *tasks) {
    const auto known = running_.find(task.number);
    if (known != running_.end()) {
      known->second.goesOn = true;
    } else {
      const auto number = task.number;
      running_.try_emplace(number, std::move(task), now);
    }
  }
  std::erase_if(running_, [](const auto& entry) { return !entry.second.goesOn; });
}

// Returns false after an error; the same is tried again then.
bool JobLoop::step(Running& job) {
  if (ticks_() < job.notBefore) return true;
  for (int parts = 0; parts < kMostParts; ++parts) {
    if (!job.wasRead) {
      auto letters = work_.read(job.task);
      if (!letters) return false;
      job.letters = *std::move(letters);
      job.next = 0;
      job.wasRead = true;
    }
    const bool empty = job.letters.letters.empty();
    if (!empty && !moveSome(job)) return false;
    if (!job.goesOn || job.next < job.letters.letters.size()) return true;
    if (!finishPart(job)) return false;
    if (!job.goesOn || !empty) return true;
  }
  return true;
}

bool JobLoop::moveSome(Running& job) {
  const auto& all = job.letters.letters;
  const auto began = ticks_();
  const auto most = job.pace.allowance(began, std::min(kMostAtOnce, all.size() - job.next));
  if (most == 0) return true;
  const auto from = all.begin() + static_cast<std::ptrdiff_t>(job.next);
  const auto moved = work_.move(job.task, {from, from + static_cast<std::ptrdiff_t>(most)});
  if (!moved) return false;
  job.goesOn = moved->ours;
  if (moved->failed) return fail(job);
  const auto handled = most - std::min(moved->left, most);
  job.next += handled;
  job.letters.skipped += moved->skipped;
  const auto ended = ticks_();
  job.pace.spend(moved->done, began, ended);
  if (handled > 0 || job.patience == job.patience.zero()) job.patience = kFirstWait;
  if (moved->left > 0) {
    job.notBefore = ended + job.patience;
    job.patience = std::min<std::chrono::nanoseconds>(2 * job.patience, kLongestWait);
  }
  return true;
}

bool JobLoop::fail(Running& job) {
  const auto ended = work_.advance(job.task, job.task.place, 0, ports::JobState::Failed);
  if (!ended) return false;
  job.goesOn = false;
  runtime::log(runtime::LogLevel::Warning, "Lull.Jobs",
               "a job cannot go on, and has failed: its endpoint is deleted, or is called within requests now",
               {{"job", job.task.number}});
  return true;
}

bool JobLoop::finishPart(Running& job) {
  const auto& part = job.letters;
  const auto state = part.last ? ports::JobState::Done : ports::JobState::Running;
  const auto advanced = work_.advance(job.task, part.next, part.skipped, state);
  if (!advanced) return false;
  job.goesOn = advanced->ours && !part.last;
  job.task.place = part.next;
  job.wasRead = false;
  if (part.last && advanced->ours)
    runtime::log(runtime::LogLevel::Information, "Lull.Jobs", "job done", {{"job", job.task.number}});
  return true;
}

}  // namespace lull::jobs
