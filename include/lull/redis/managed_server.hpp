#pragma once

#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>
#include <lull/redis/connection.hpp>
#include <lull/redis/server_guard.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

namespace lull::redis {

struct ManagedServerSettings {
  std::filesystem::path dataDirectory;   ///< made, mode 0700, when it is missing
  std::string appendFsync = "always";    ///< "always", "everysec" or "no"
  std::uint64_t maxMemory = 0;           ///< bytes, 0: no limit; nothing is evicted at it
  std::string program = "redis-server";  ///< looked up in PATH
  /// For a started or found server to answer; the time that it loads its data does not count.
  Millis answerTimeout{30'000};
  /// Told of every server that is started or adopted; outlives the ManagedServer. Never null.
  std::shared_ptr<ServerGuard> guard = std::make_shared<ServerGuard>();
};

/// The private redis-server of Managed mode: a supervised process of its own session on a unix socket in the data
/// directory, without a TCP port.
///
/// What is kept in the data directory:
///   lull.lock   flock held by the live Lull (released by the kernel when it dies); a second Lull is refused by it
///   redis.lock  flock held by the redis-server itself, through an inherited descriptor: tells a live one from its
///   remains redis.sock, redis.log, redis.pid, and the append-only files
/// The server does not die with a Lull that is killed: the next start adopts it. It is restarted, with a back-off, when
/// it dies, and stopped by stop() or the destructor, which belong behind everything that uses it.
///
/// A socket path may have 107 bytes only. Where the data directory's is longer, it is reached through
/// /proc/self/fd/<descriptor of the directory>/redis.sock, so address() is meant for this process only.
///
/// Thread-safe, except that start, stop and destruction are the composition root's. Owns one thread, "redis-server".
class ManagedServer {
 public:
  /// Starts or adopts the server and returns once it answers, if only that it is loading its data: awaitLoaded() waits
  /// for the rest. Every failure is a sentence that says what to do: Conflict when another Lull lives on the directory,
  /// else Unavailable. `cancel` makes it return early.
  static Result<std::unique_ptr<ManagedServer>> start(ManagedServerSettings settings, std::stop_token cancel = {});
  ~ManagedServer();
  ManagedServer(const ManagedServer&) = delete;
  ManagedServer& operator=(const ManagedServer&) = delete;

  /// True when the server was still loading its data when start() returned. Loading takes longer the larger the data
  /// is, and until then nothing that needs Redis works.
  bool loading() const;
  /// Returns once the server has loaded its data; from then on it is supervised. Returns at once when start() found it
  /// ready. An error when the server ended while it loaded (its file is damaged, or memory is short) or stopped
  /// answering: another try would end the same way. Called by the composition root, as start().
  Status awaitLoaded(const std::stop_token& cancel = {});

  /// The same for the whole life of this object, over restarts of the server.
  Address address() const;
  /// True when a server left over by a killed Lull was found and taken on.
  bool adopted() const;
  /// Process id of the server as it was last seen.
  pid_t pid() const;

  /// Ends the supervision and the server: SIGTERM, and SIGKILL after `grace`. No data is lost by that, because
  /// everything that the server acknowledged is in its file. Safe to call more than once.
  void stop(Millis grace = Millis{10'000});

 private:
  class Impl;
  explicit ManagedServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lull::redis
