#include "elastic_pool.hpp"

#include <pthread.h>

#include <chrono>

namespace lull::api {

namespace {

constexpr auto kIdleThreadLife = std::chrono::seconds(10);

}  // namespace

ElasticPool::ElasticPool(std::size_t cap, std::atomic<std::size_t>& waiting) : cap_(cap), waiting_(waiting) {}

void ElasticPool::countWaiting() {
  const bool crowded = running_.size() == cap_ && tasks_.size() > idle_;
  waiting_.store(crowded ? tasks_.size() - idle_ : 0);
}

ElasticPool::Accepted ElasticPool::enqueue(std::function<void()> task) {
  {
    std::lock_guard guard(mutex_);
    tasks_.push(std::move(task));
    if (tasks_.size() > idle_) {
      if (running_.size() < cap_) {
        const auto self = running_.emplace(running_.end());
        *self = std::thread([this, self] { work(self); });
      } else {
        countWaiting();
      }
    }
  }
  changed_.notify_one();
  joinFinished();
  return Accepted(true);
}

void ElasticPool::work(Threads::iterator self) {
  pthread_setname_np(pthread_self(), "lull-http");
  std::unique_lock guard(mutex_);
  for (;;) {
    ++idle_;
    const bool something = changed_.wait_for(guard, kIdleThreadLife, [this] { return !tasks_.empty() || stopping_; });
    --idle_;
    if (!something || tasks_.empty()) break;
    auto task = std::move(tasks_.front());
    tasks_.pop();
    countWaiting();
    guard.unlock();
    task();
    task = nullptr;
    guard.lock();
  }
  finished_.splice(finished_.end(), running_, self);
  if (stopping_) changed_.notify_all();
}

void ElasticPool::joinFinished() {
  Threads done;
  {
    std::lock_guard guard(mutex_);
    done.swap(finished_);
  }
  for (auto& thread : done) thread.join();
}

void ElasticPool::shutdown() {
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

}  // namespace lull::api
