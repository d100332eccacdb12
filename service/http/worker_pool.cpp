#include "worker_pool.hpp"

#include <pthread.h>

#include <chrono>
#include <system_error>
#include <utility>

namespace lull::http {

namespace {

constexpr auto kIdleThreadLife = std::chrono::seconds(10);

}  // namespace

void WorkerPool::countWaiting() {
  const auto queued = first_.size() + tasks_.size();
  const bool crowded = (running_.size() == cap_ || short_) && queued > idle_;
  waiting_.store(crowded ? queued - idle_ : 0, std::memory_order_relaxed);
}

bool WorkerPool::grow() {
  const auto self = running_.emplace(running_.end());
  try {
    *self = std::thread([this, self] { work(self); });
    short_ = false;
  } catch (const std::system_error&) {
    running_.erase(self);
    short_ = true;
  }
  return !short_;
}

bool WorkerPool::submit(Task task, bool first) {
  bool lacking = false;
  bool taken = true;
  {
    std::lock_guard guard(mutex_);
    if (first_.size() + tasks_.size() >= idle_) lacking = running_.size() < cap_ && !grow();
    taken = !(lacking && running_.empty());
    if (taken) (first ? first_ : tasks_).push_back(std::move(task));
    countWaiting();
  }
  changed_.notify_one();
  if (lacking) noThread_();
  joinFinished();
  return taken;
}

void WorkerPool::work(Threads::iterator self) {
  pthread_setname_np(pthread_self(), "lull-http");
  std::unique_lock guard(mutex_);
  const auto some = [this] { return !first_.empty() || !tasks_.empty(); };
  for (;;) {
    ++idle_;
    const bool woken = changed_.wait_for(guard, kIdleThreadLife, [&] { return some() || stopping_; });
    --idle_;
    if (!woken || !some()) break;
    auto& queue = first_.empty() ? tasks_ : first_;
    auto task = std::move(queue.front());
    queue.pop_front();
    countWaiting();
    guard.unlock();
    task();
    task = nullptr;
    guard.lock();
  }
  finished_.splice(finished_.end(), running_, self);
  countWaiting();
  if (stopping_) changed_.notify_all();
}

void WorkerPool::joinFinished() {
  Threads done;
  {
    std::lock_guard guard(mutex_);
    done.swap(finished_);
  }
  for (auto& thread : done) thread.join();
}

void WorkerPool::shutdown() {
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (;;) {
    joinFinished();
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [this] { return !finished_.empty() || running_.empty(); });
    if (finished_.empty()) return;
  }
}

}  // namespace lull::http
