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

/// Threads that serve connections. They are started when they are needed, up to a limit, and ended when they had
/// nothing to do for a while. When the system gives no further thread, tasks wait for one that exists, as they do at
/// the limit. submit() and shutdown() are called by one thread.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  /// `noThread` is called by submit() when the system refused a thread.
  WorkerPool(std::size_t cap, std::function<void()> noThread) : cap_(cap), noThread_(std::move(noThread)) {}

  /// With `first` the task goes before all that were not added so. False when there is no thread at all: then the task
  /// is not taken.
  bool submit(Task task, bool first);

  /// How many tasks wait because no further thread can be started. Any thread may ask.
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
