#pragma once

#include <lull/runtime/supervisor.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace lull::net {

/// A thread that tells exchanges when their deadline passes. `Exchange` has expire() and abandon(); both may call
/// back into the owner. Thread-safe.
template <class Exchange>
class DeadlineWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using ExchangePtr = std::shared_ptr<Exchange>;

  explicit DeadlineWatch(std::string threadName) {
    threads_.start({std::move(threadName), [this] { run(); },
                    [this] {
                      const std::lock_guard guard(mutex_);
                      stopping_ = true;
                      changed_.notify_all();
                    }});
  }
  /// Ends the thread and abandons what is still watched. Called from no callback of an exchange; safe to call again.
  void stop() {
    threads_.stopAll();
    std::map<Key, ExchangePtr> left;
    {
      const std::lock_guard guard(mutex_);
      left.swap(watched_);
    }
    for (auto& [key, exchange] : left) exchange->abandon();
  }
  ~DeadlineWatch() = default;
  DeadlineWatch(const DeadlineWatch&) = delete;
  DeadlineWatch& operator=(const DeadlineWatch&) = delete;

  /// False once stop() was called: the exchange is not watched then, and nobody will abandon it.
  [[nodiscard]] bool add(const ExchangePtr& exchange) {
    const std::lock_guard guard(mutex_);
    if (stopping_) return false;
    const Key key{exchange->deadline(), exchange.get()};
    watched_.emplace(key, exchange);
    if (watched_.begin()->first == key) changed_.notify_all();
    return true;
  }

  void remove(const ExchangePtr& exchange) {
    const std::lock_guard guard(mutex_);
    watched_.erase(Key{exchange->deadline(), exchange.get()});
  }

 private:
  using Key = std::pair<Time, const Exchange*>;

  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (watched_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const auto next = watched_.begin()->first.first;
      if (std::chrono::steady_clock::now() < next) {
        changed_.wait_until(lock, next);
        continue;
      }
      const auto late = watched_.extract(watched_.begin());
      lock.unlock();
      late.mapped()->expire();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, ExchangePtr> watched_;  // protected by mutex_
  bool stopping_ = false;               // protected by mutex_
  runtime::Supervisor threads_;         // last: its thread uses everything above
};

}  // namespace lull::net
