#pragma once

#include <lull/runtime/deadline.hpp>
#include <lull/runtime/signal.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <stop_token>
#include <thread>

namespace lull::app {

/// SIGTERM, SIGINT, SIGQUIT and SIGHUP as an event. They are blocked in every thread made after this object, and one
/// thread of its own waits for them: no work is done in a signal handler. A second one ends the process at once with
/// status 130; only SIGHUP never does, because a closing terminal sends it twice. A SIGHUP that is ignored when this
/// object is made (nohup) stays ignored.
class StopSignals {
 public:
  /// `beforeExit` is called on the watching thread when the process ends at once; it must be quick. Throws
  /// std::system_error when the system gives no thread.
  explicit StopSignals(std::function<void()> beforeExit = [] {});
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Blocks until the first one.
  void wait();
  bool raised() const { return source_.stop_requested(); }
  std::stop_token token() const { return source_.get_token(); }

  /// From the first signal on the process has this long. Then it ends at once, with status 0, whatever the stop waits
  /// for (a look-up of the name of Redis, a disk): nothing is lost that a kill -9 would not lose either. Call it before
  /// a signal can come.
  void limit(std::chrono::milliseconds patience) { patience_ = patience; }

 private:
  void watch();
  void first();
  void second();
  [[noreturn]] void exitNow(int status) const;

  const std::function<void()> beforeExit_;
  const sigset_t set_;
  std::stop_source source_;
  runtime::Signal first_;
  std::atomic<bool> closing_{false};
  std::atomic<std::chrono::milliseconds> patience_{std::chrono::hours(24)};
  std::thread watcher_;
};

}  // namespace lull::app
