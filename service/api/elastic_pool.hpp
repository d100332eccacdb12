#pragma once

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

namespace lull::api {

/// Runs each connection on a thread of its own, up to a cap, and lets threads go that had nothing to do for a while.
/// Where the system gives no further thread, connections wait for one that there is, as they do at the cap. enqueue() and
/// shutdown() are called by httplib's accept loop.
class ElasticPool final : public httplib::TaskQueue {
 public:
  struct Events {
    /// A thread could not be made.
    std::function<void()> noThread;
    /// A task that nobody will run, because there is no thread at all.
    std::function<void(std::function<void()>)> refused;
  };
  /// `waiting` is set to how many connections wait for a thread; those who have one are to let go in time. The events
  /// come on the accept loop's thread.
  ElasticPool(std::size_t cap, std::atomic<std::size_t>& waiting, Events events);
  ~ElasticPool() override = default;

  // The return type differs between the releases of httplib: void, later bool.
  using Accepted = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::declval<std::function<void()>>()));
  Accepted enqueue(std::function<void()> task) override;

  /// Runs what is queued, then joins every thread.
  void shutdown() override;

 private:
  using Threads = std::list<std::thread>;

  void work(Threads::iterator self);
  bool grow();  // call with mutex_ held
  void joinFinished();
  void countWaiting();  // call with mutex_ held

  const std::size_t cap_;
  std::atomic<std::size_t>& waiting_;
  const Events events_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;  // protected by mutex_, as all below
  Threads running_;
  Threads finished_;  // their bodies have ended; to be joined
  std::size_t idle_ = 0;
  bool short_ = false;  // the system gave no thread when one was last asked for
  bool stopping_ = false;
};

}  // namespace lull::api
