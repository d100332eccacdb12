#pragma once

#include "data_directory.hpp"

#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>
#include <lull/redis/server_guard.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace lull::redis {

struct SpawnSettings {
  std::string program;
  std::filesystem::path directory;
  std::string appendFsync;
  std::uint64_t maxMemory;  ///< bytes, 0: no limit
};

/// A redis-server process: our child, or one that an earlier Lull started. Not thread-safe. The destructor does not end
/// the process.
class RedisProcess {
 public:
  /// Starts one in a session of its own, so that Ctrl-C in our terminal does not reach it. It inherits `lock` and no
  /// other descriptor of ours. `guard` takes note of it.
  static Result<RedisProcess> spawn(const SpawnSettings& settings, const Descriptor& lock, ServerGuard& guard);
  /// One that runs already and is not our child.
  static RedisProcess adopt(pid_t pid);

  pid_t pid() const { return pid_; }
  bool running();
  /// How our child ended: "exit code 1", "signal 9 (Killed)". Call it once running() was false.
  std::string ending() const;
  /// Sends SIGTERM, and SIGKILL after `grace`; returns when the process has ended.
  void terminate(Millis grace);

 private:
  RedisProcess(pid_t pid, bool child);
  bool awaitEnd(Millis most);

  pid_t pid_;
  bool child_;
  std::string born_;  // start time in /proc, which tells a process from a later one with the same id
  bool ended_ = false;
  int status_ = 0;  // of waitpid, once our child ended
};

}  // namespace lull::redis
