#include "elastic_pool.hpp"

#include <pthread.h>

#include <chrono>
#include <system_error>
#include <utility>

namespace lull::api {

namespace {

constexpr auto kIdleThreadLife = std::chrono::seconds(10);

}  // namespace

ElasticPool::ElasticPool(std::size_t cap, std::atomic<std::size_t>& waiting, Events events)
    : cap_(cap), waiting_(waiting), events_(std::move(events)) {}

void ElasticPool::countWaiting() {
  const bool crowded = (running_.size() == cap_ || short_) && tasks_.size() > idle_;
  waiting_.store(crowded ? tasks_.size() - idle_ : 0);
}

bool ElasticPool::grow() {
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

ElasticPool::Accepted ElasticPool::enqueue(std::function<void()> task) {
  bool lacking = false;
  std::function<void()> refused;
  {
    std::lock_guard guard(mutex_);
    tasks_.push_back(std::move(task));
    if (tasks_.size() > idle_) lacking = running_.size() < cap_ && !grow();
    if (lacking && running_.empty()) {
      refused = std::move(tasks_.back());
      tasks_.pop_back();
    }
    countWaiting();
  }
  changed_.notify_one();
  if (lacking) events_.noThread();
  if (refused) events_.refused(std::move(refused));
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
    tasks_.pop_front();
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
