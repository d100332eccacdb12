#pragma once

#include <lull/ports/stats.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace lull::api {

/// Knows whether the store answers, so that a probe never waits for it. A thread asks it every second; a missing answer
/// counts as no after a short time. Thread-safe.
class Readiness {
 public:
  explicit Readiness(ports::Stats& stats) : stats_(stats) {}
  ~Readiness() { stop(); }
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  /// The reason why the store is not asked yet, until start().
  void wait(const std::string& reason);
  /// From here on the store is asked.
  void start();
  void stop();

  /// Empty when ready, else a sentence that says what is wrong.
  std::string obstacle() const;
  /// False until start(): until then the store must not be used.
  bool started() const { return started_.load(std::memory_order_acquire); }

 private:
  void watch();

  ports::Stats& stats_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // protected by mutex_, as all below
  std::string obstacle_ = "The store has not been asked yet.";
  std::chrono::steady_clock::time_point askedAt_;
  std::atomic<bool> started_{false};
  std::thread thread_;  // used by the thread that starts and stops
};

}  // namespace lull::api
