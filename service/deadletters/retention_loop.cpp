#include <lull/deadletters/retention_loop.hpp>
#include <lull/runtime/log.hpp>

namespace lull::deadletters {

void RetentionLoop::run() {
  const auto stop = stop_.get_token();
  while (!stop.stop_requested()) {
    const auto removed = letters_.expire(clock_.now() - retention_, stop);
    if (removed && *removed > 0) {
      runtime::log(runtime::LogLevel::Warning, "Lull.DeadLetters",
                   "dead letters removed: older than DeadLetters:Retention", {{"removed", *removed}});
    }
    // When the store is away the next turn removes the letters; a delay of a minute does not matter here.
    wake_.wait(std::chrono::minutes(1));
  }
}

void RetentionLoop::stop() {
  stop_.request_stop();
  wake_.notify();
}

}  // namespace lull::deadletters
