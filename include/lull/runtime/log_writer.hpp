#pragma once

#include <memory>

namespace lull::runtime {

class LogQueue;

/// While a LogWriter exists, log() hands its lines to a thread of it, named "log", so that no caller waits for a
/// standard output that nobody reads. Lines wait in a queue of at most 4 MiB. A line that does not fit is dropped and
/// counted (droppedLogLines()); once lines can be written again, one says how many were lost. Without a LogWriter,
/// log() writes on the caller's thread. There is one at a time; the composition root makes it before, and destroys it
/// after, everything that logs.
class LogWriter {
 public:
  /// `descriptor` is not owned. Throws std::system_error when the system gives no thread.
  explicit LogWriter(int descriptor = 1);
  /// Writes the waiting lines, for at most a quarter of a second.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

 private:
  std::shared_ptr<LogQueue> queue_;
};

}  // namespace lull::runtime
