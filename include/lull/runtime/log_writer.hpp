#pragma once

#include <memory>

namespace lull::runtime {

class LogQueue;

/// While one lives, log() hands its lines to a thread of this object, named "log", so that a standard output that nobody
/// reads holds up nobody: lines wait in a queue of at most 4 MiB; what does not fit is dropped and counted
/// (droppedLogLines()), and a line says how many were lost as soon as it flows again. Without one, log() writes on the
/// caller's thread. One at a time; made and destroyed by the composition root, before and after all who log.
class LogWriter {
 public:
  /// `descriptor` is not owned. Throws std::system_error when the system gives no thread.
  explicit LogWriter(int descriptor = 1);
  /// Writes what waits, for at most a quarter of a second.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

 private:
  std::shared_ptr<LogQueue> queue_;
};

}  // namespace lull::runtime
