#pragma once

#include <lull/http/response.hpp>

#include <sys/eventfd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace lull::http {

/// One wait of one connection for its answer. It ends once: by the first answer, or because nobody wants one any more.
class Wait {
 public:
  explicit Wait(std::uint64_t connection) : connection_(connection) {}

  std::uint64_t connection() const { return connection_; }
  /// Whether it ends by this call. Any thread may call it.
  bool end() { return !ended_.exchange(true); }

 private:
  const std::uint64_t connection_;
  std::atomic<bool> ended_{false};
};

/// The answers that are on their way to the thread which sends them. They come on any thread and at any time, even when
/// the listener is gone: then they are dropped. Thread-safe.
class LateAnswers {
 public:
  struct Answer {
    std::shared_ptr<Wait> wait;
    Response response;
  };

  /// `wake` is an eventfd, which is told of answers until close().
  explicit LateAnswers(int wake) : wake_(wake) {}

  /// Does nothing when the wait has ended.
  void put(std::shared_ptr<Wait> wait, Response response) {
    const std::lock_guard guard(mutex_);
    if (closed_) return;
    answers_.push_back({std::move(wait), std::move(response)});
    if (!answers_.back().wait->end()) {
      answers_.pop_back();
    } else if (answers_.size() == 1) {
      ::eventfd_write(wake_, 1);
    }
  }

  /// Takes the oldest answers, at most so many.
  std::vector<Answer> take(std::size_t most) {
    const std::lock_guard guard(mutex_);
    std::vector<Answer> taken;
    for (; !answers_.empty() && taken.size() < most; answers_.pop_front()) taken.push_back(std::move(answers_.front()));
    return taken;
  }

  bool empty() const {
    const std::lock_guard guard(mutex_);
    return answers_.empty();
  }

  void close() {
    const std::lock_guard guard(mutex_);
    closed_ = true;
    answers_.clear();
  }

 private:
  const int wake_;
  mutable std::mutex mutex_;
  std::deque<Answer> answers_;  // protected by mutex_, as the next one
  bool closed_ = false;
};

}  // namespace lull::http
