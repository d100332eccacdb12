#include "process_birth.hpp"

#include <lull/redis/server_guard.hpp>

#include <csignal>

namespace lull::redis {

pid_t ServerGuard::start(const std::function<pid_t()>& spawn) {
  const std::lock_guard guard(mutex_);
  if (ended_) return -1;
  pid_ = spawn();
  born_ = pid_ > 0 ? birthOf(pid_) : "";
  return pid_;
}

void ServerGuard::note(pid_t pid) {
  const std::lock_guard guard(mutex_);
  pid_ = pid;
  born_ = birthOf(pid);
}

void ServerGuard::endNow() {
  const std::lock_guard guard(mutex_);
  ended_ = true;
  // The process id may belong to another process by now.
  if (pid_ > 0 && !born_.empty() && birthOf(pid_) == born_) ::kill(pid_, SIGTERM);
}

}  // namespace lull::redis
