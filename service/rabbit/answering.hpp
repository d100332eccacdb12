#pragma once

#include <lull/runtime/supervisor.hpp>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace lull::rabbit {

/// A thread that answers what no broker is asked for, because a channel does not answer on the caller's. Thread-safe.
class Answering {
 public:
  void start() {
    threads_.start({"rabbit-answers", [this] { run(); },
                    [this] {
                      const std::lock_guard guard(mutex_);
                      stopping_ = true;
                      changed_.notify_all();
                    }});
  }
  /// Runs it on the thread; once stopped, at once.
  void add(std::function<void()> answer) {
    {
      const std::lock_guard guard(mutex_);
      if (!stopped_) {
        answers_.push_back(std::move(answer));
        changed_.notify_all();
        return;
      }
    }
    answer();
  }
  /// Runs what is left.
  void stop() {
    threads_.stopAll();
    std::vector<std::function<void()>> left;
    {
      const std::lock_guard guard(mutex_);
      stopped_ = true;
      left.swap(answers_);
    }
    for (const auto& answer : left) answer();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      changed_.wait(lock, [this] { return stopping_ || !answers_.empty(); });
      auto answers = std::exchange(answers_, {});
      lock.unlock();
      for (const auto& answer : answers) answer();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> answers_;  // protected by mutex_, as the next two
  bool stopping_ = false;
  bool stopped_ = false;
  runtime::Supervisor threads_;  // last: its thread uses everything above
};

}  // namespace lull::rabbit
