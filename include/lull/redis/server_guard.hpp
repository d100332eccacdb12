#pragma once

#include <sys/types.h>

#include <functional>
#include <mutex>
#include <string>

namespace lull::redis {

/// Knows which redis-server belongs to this process, so that the server is ended, too, when the process has to end at
/// once and the ManagedServer cannot do it. Thread-safe.
class ServerGuard {
 public:
  /// Runs `spawn`, which starts a server and returns its process id (-1: it did not), and notes that. After endNow() it
  /// does nothing and returns -1, so that no server is started behind it.
  pid_t start(const std::function<pid_t()>& spawn);
  /// Notes a server that runs already.
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
