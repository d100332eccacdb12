#pragma once

#include <sys/types.h>

#include <functional>
#include <mutex>
#include <string>

namespace lull::redis {

/// Knows which redis-server belongs to this process, so that none is left behind when the process has to end at once
/// and the server's owner gets no turn. Thread-safe.
class ServerGuard {
 public:
  /// Runs `spawn`, which starts a server and returns its process id (-1: it did not), and takes note of it. Does nothing
  /// and returns -1 after endNow(): no server slips through that is just being started.
  pid_t start(const std::function<pid_t()>& spawn);
  /// One that runs already.
  void note(pid_t pid);
  /// SIGTERM to the server that was noted last, if it lives.
  void endNow();

 private:
  std::mutex mutex_;
  pid_t pid_ = -1;  // protected by mutex_, as all below
  std::string born_;
  bool ended_ = false;
};

}  // namespace lull::redis
