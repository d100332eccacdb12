#pragma once

#include <lull/ports/clock.hpp>
#include <lull/ports/dead_letters.hpp>
#include <lull/runtime/signal.hpp>

#include <stop_token>

namespace lull::deadletters {

/// Removes dead letters that are older than the retention, every minute. run() has a thread of its own; stop() is
/// thread-safe.
class RetentionLoop {
 public:
  RetentionLoop(ports::DeadLetterRetention& letters, ports::Clock& clock, Millis retention)
      : letters_(letters), clock_(clock), retention_(retention) {}

  void run();
  void stop();

 private:
  ports::DeadLetterRetention& letters_;
  ports::Clock& clock_;
  const Millis retention_;
  std::stop_source stop_;
  runtime::Signal wake_;
};

}  // namespace lull::deadletters
