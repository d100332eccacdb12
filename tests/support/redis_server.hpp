#pragma once

#include <lull/redis/connection.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lull::testing {

/// A redis-server of the test's own in a temporary directory; both end with the object. It is append-only (without
/// fsync), so restart() finds what was written. Failures to start throw std::runtime_error: a test cannot go on without
/// it. Not thread-safe. Construct it on a thread that lives as long: the server dies with the thread that started it,
/// so that a crashed test leaves none behind.
class RedisServer {
 public:
  enum class Listen { Unix, Tcp };

  /// Returns once the server answers PING. `extraArgs` come last, so they win: {"--maxmemory", "10mb"}.
  explicit RedisServer(std::vector<std::string> extraArgs = {}, Listen listen = Listen::Unix);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  redis::Address address() const;
  pid_t pid() const { return pid_; }
  const std::filesystem::path& directory() const { return directory_; }

  /// SIGKILL, and waits until the process is gone. Does nothing when it is not running.
  void kill9();
  /// Starts it again on the same address and data, after kill9() or by ending it first.
  void restart();
  /// SIGSTOP: connections stay open and nothing answers.
  void pause();
  void resume();

 private:
  void launch();
  void discard();
  void awaitPong();
  std::string log() const;

  std::vector<std::string> extraArgs_;  // constant after construction
  std::filesystem::path directory_;     // constant after construction
  std::uint16_t port_ = 0;              // constant after construction; 0: unix socket only
  pid_t pid_ = -1;                      // -1: not running
};

}  // namespace lull::testing
