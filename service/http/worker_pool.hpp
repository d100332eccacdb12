#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace lull::http {

/// Threads that serve connections: made when they are needed, up to a cap, and let go when they had nothing to do for a
/// while. Where the system gives no further thread, tasks wait for one that there is, as they do at the cap. submit()
/// and shutdown() are called by one thread.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  /// `noThread` is called by submit() when the system refused a thread.
  WorkerPool(std::size_t cap, std::function<void()> noThread) : cap_(cap), noThread_(std::move(noThread)) {}

  /// `first`: before all that wait and are not. False: there is no thread at all, and the task is not taken.
  bool submit(Task task, bool first);

  /// How many tasks wait although no further thread can be had. Any thread may ask.
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

  /// Runs what is queued, then joins every thread.
  void shutdown();

 private:
  using Threads = std::list<std::thread>;

  void work(Threads::iterator self);
  bool grow();  // call with mutex_ held
  void joinFinished();
  void countWaiting();  // call with mutex_ held

  const std::size_t cap_;
  const std::function<void()> noThread_;
  std::atomic<std::size_t> waiting_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> first_;  // protected by mutex_, as all below
  std::deque<Task> tasks_;
  Threads running_;
  Threads finished_;  // their bodies have ended; to be joined
  std::size_t idle_ = 0;
  bool short_ = false;  // the system gave no thread when one was last asked for
  bool stopping_ = false;
};

}  // namespace lull::http
