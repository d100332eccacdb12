#pragma once

#include <lull/runtime/signal.hpp>

#include <atomic>
#include <stop_token>
#include <thread>

namespace lull::app {

/// SIGTERM and SIGINT as an event. They are blocked in every thread made after this object, and one thread of its own
/// waits for them: no work is done in a signal handler. The second one ends the process at once with status 130.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Blocks until the first one.
  void wait();
  bool raised() const { return source_.stop_requested(); }
  std::stop_token token() const { return source_.get_token(); }

 private:
  void watch();

  std::stop_source source_;
  runtime::Signal first_;
  std::atomic<bool> closing_{false};
  std::thread watcher_;
};

}  // namespace lull::app
