#pragma once

#include "data_directory.hpp"
#include "redis_process.hpp"
#include "server_signs.hpp"

#include <lull/redis/managed_server.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace lull::redis {

inline constexpr Millis kStopGrace{10'000};

/// The redis-server of a data directory: finds the one that an earlier Lull left over or starts one, and ends it. Used
/// by one thread at a time, but for pid().
class ServerRun {
 public:
  using Cancelled = std::function<bool()>;

  ServerRun(ManagedServerSettings settings, std::filesystem::path directory)
      : settings_(std::move(settings)), directory_(std::move(directory)) {}

  /// Takes the server that runs on the directory, or starts one, and returns once it answers, if only that it is
  /// loading.
  Status start(const Cancelled& cancelled);
  /// Returns once the server has loaded its data; ends it when it does not.
  Status awaitLoaded(const Cancelled& cancelled);
  /// Starts a server in place of the one that has ended, and returns true once its data is loaded; false while the
  /// other has not wholly ended.
  Result<bool> startAgain(const Cancelled& cancelled);
  void end(Millis grace) { process_->terminate(grace); }

  bool running() { return process_ && process_->running(); }
  bool loading() const { return loading_; }
  bool adopted() const { return adopted_; }
  std::string ending() const { return process_->ending(); }
  pid_t pid() const { return pid_; }
  const Address& address() const { return address_; }
  const std::filesystem::path& directory() const { return directory_; }

 private:
  Result<bool> findOrLock(const Cancelled& cancelled);
  Status launch(Answer enough, const Cancelled& cancelled);
  Status awaitAnswer(Answer enough, const Cancelled& cancelled);
  Error ended() const;
  void alignSettings() const;

  const ManagedServerSettings settings_;
  const std::filesystem::path directory_;
  Address address_;
  Descriptor handle_;  // what address_ goes through when the path is too long
  bool adopted_ = false;
  bool loading_ = false;
  std::uintmax_t logFrom_ = 0;            // where in redis.log the words of the server that was started last begin
  std::optional<Descriptor> serverLock_;  // shared with our child; empty while an adopted server runs
  std::optional<RedisProcess> process_;
  std::atomic<pid_t> pid_ = -1;
};

}  // namespace lull::redis
