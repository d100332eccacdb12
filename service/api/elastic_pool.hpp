#pragma once

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <queue>
#include <thread>
#include <utility>

namespace lull::api {

/// Runs each connection on a thread of its own, up to a cap, and lets threads go that had nothing to do for a while.
/// enqueue() and shutdown() are called by httplib's accept loop.
class ElasticPool final : public httplib::TaskQueue {
 public:
  /// `waiting` is set to how many connections wait for a thread; those who have one are to let go in time.
  ElasticPool(std::size_t cap, std::atomic<std::size_t>& waiting);
  ~ElasticPool() override = default;

  // The return type differs between the releases of httplib: void, later bool.
  using Accepted = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::declval<std::function<void()>>()));
  Accepted enqueue(std::function<void()> task) override;

  /// Runs what is queued, then joins every thread.
  void shutdown() override;

 private:
  using Threads = std::list<std::thread>;

  void work(Threads::iterator self);
  void joinFinished();
  void countWaiting();  // call with mutex_ held

  const std::size_t cap_;
  std::atomic<std::size_t>& waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::queue<std::function<void()>> tasks_;  // protected by mutex_, as all below
  Threads running_;
  Threads finished_;  // their bodies have ended; to be joined
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace lull::api
