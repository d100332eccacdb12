#pragma once

#include <lull/ports/sources.hpp>
#include <lull/ports/stats.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lull::api {

/// Knows whether the store answers, so that a probe never waits for it. A thread asks it every second; a missing answer
/// counts as no after a short time. Thread-safe.
class Readiness {
 public:
  Readiness(ports::Stats& stats, ports::Sources& sources) : stats_(stats), sources_(sources) {}
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
  /// The sources as they were last known; no state of one makes the service unready.
  std::vector<ports::SourceStatus> sources() const;
  /// False until start(): until then the store must not be used.
  bool started() const { return started_.load(std::memory_order_acquire); }

 private:
  void watch();

  ports::Stats& stats_;
  ports::Sources& sources_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // protected by mutex_, as all below
  std::string obstacle_ = "The store has not been asked yet.";
  std::chrono::steady_clock::time_point askedAt_;
  std::vector<ports::SourceStatus> known_;
  std::atomic<bool> started_{false};
  std::thread thread_;  // used by the thread that starts and stops
};

}  // namespace lull::api
