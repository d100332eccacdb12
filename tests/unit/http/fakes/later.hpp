#pragma once

#include "raw_connection.hpp"

#include <lull/http/listener.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace lull::http::testing {

inline Response textResponse(std::string body) {
  Response response;
  response.contentType = "text/plain";
  response.body = std::move(body);
  return response;
}

/// Whether something becomes true within ten seconds.
inline bool eventually(const std::function<bool()>& true_) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!true_()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

inline std::size_t entriesOf(const char* directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator()));
}
inline std::size_t threadsNow() {
  return entriesOf("/proc/self/task");
}
inline std::size_t descriptorsNow() {
  return entriesOf("/proc/self/fd");
}

/// A request that the test answers. `tally` counts those of one handler and outlives it.
class Later final : public Waiting {
 public:
  struct Tally {
    std::atomic<std::size_t> alive{0};
    std::atomic<std::size_t> begun{0};
    std::atomic<std::size_t> gone{0};
  };

  explicit Later(Tally& tally, std::string atOnce = {}) : tally_(tally), atOnce_(std::move(atOnce)) { ++tally_.alive; }
  ~Later() override { --tally_.alive; }

  void begin(std::function<void(Response)> answer) override {
    if (!atOnce_.empty()) answer(textResponse(atOnce_));
    {
      const std::lock_guard guard(mutex_);
      EXPECT_FALSE(std::exchange(begun_, true));
      answer_ = std::move(answer);
    }
    ++tally_.begun;
  }
  void gone() override {
    const std::lock_guard guard(mutex_);
    ++goneTimes_;
    ++tally_.gone;
  }

  void answer(std::string body) const { answerer()(textResponse(std::move(body))); }
  /// What begin() was given.
  std::function<void(Response)> answerer() const {
    const std::lock_guard guard(mutex_);
    return answer_;
  }
  bool begun() const {
    const std::lock_guard guard(mutex_);
    return begun_;
  }
  int goneTimes() const {
    const std::lock_guard guard(mutex_);
    return goneTimes_;
  }

 private:
  Tally& tally_;
  const std::string atOnce_;
  mutable std::mutex mutex_;
  std::function<void(Response)> answer_;
  bool begun_ = false;
  int goneTimes_ = 0;
};

/// Answers /later when the test does, /at-once within begin(), /stuck once `open` is set, and anything else now.
class LaterHandler final : public RequestHandler {
 public:
  ~LaterHandler() override {
    later_.clear();
    EXPECT_EQ(tally.alive, 0U) << "whoever waits is let go of";
  }

  Response handle(const MessageHead& head, RequestSource&) override {
    if (head.path == "/stuck") {
      ++stuck;
      while (!open) std::this_thread::yield();
    }
    if (head.path == "/here") return textResponse(std::string(head.method) + " " + std::string(head.path));
    Response response;
    auto later = std::make_shared<Later>(tally, head.path == "/at-once" ? "at once" : "");
    response.waiting = later;
    if (!keep) return response;
    const std::lock_guard guard(mutex_);
    later_.push_back(std::move(later));
    return response;
  }
  Response refuse(const HeadFault& fault) override { return emptyResponse(fault.status); }
  void noThread() override {}
  Response overloaded() override { return emptyResponse(503); }
  Response tooMuch() override { return emptyResponse(503); }

  /// The oldest of the requests whose wait has begun that was not taken.
  std::shared_ptr<Later> next() {
    std::shared_ptr<Later> found;
    EXPECT_TRUE(eventually([&] {
      const std::lock_guard guard(mutex_);
      if (later_.empty() || !later_.front()->begun()) return false;
      found = std::move(later_.front());
      later_.pop_front();
      return true;
    }));
    return found;
  }

  Later::Tally tally;
  std::atomic<bool> keep{true};  ///< false: only the listener holds what waits
  std::atomic<bool> open{false};
  std::atomic<int> stuck{0};

 private:
  std::mutex mutex_;
  std::deque<std::shared_ptr<Later>> later_;
};

}  // namespace lull::http::testing
