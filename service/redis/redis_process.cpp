#include "redis_process.hpp"

#include "process_birth.hpp"

#include <lull/runtime/log.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <thread>
#include <vector>

namespace lull::redis {

namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr int kLockInChild = 3;
constexpr Millis kPoll{10};

bool installed(const std::string& program) {
  if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0;
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((fs::path(folder) / program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

// A shell sets the umask in the child, because ours holds for all threads of this process; exec keeps the process id.
std::vector<std::string> commandLine(const SpawnSettings& settings) {
  return {"/bin/sh",
          "-c",
          "umask 077; exec \"$0\" \"$@\"",
          settings.program,
          "--port",
          "0",
          "--unixsocket",
          "redis.sock",
          "--unixsocketperm",
          "700",
          "--dir",
          settings.directory.string(),
          "--logfile",
          "redis.log",
          "--pidfile",
          "redis.pid",
          "--daemonize",
          "no",
          "--supervised",
          "no",
          "--save",
          "",
          "--appendonly",
          "yes",
          "--appendfsync",
          settings.appendFsync,
          "--aof-load-truncated",
          "yes",
          "--maxmemory-policy",
          "noeviction",
          "--maxmemory",
          std::to_string(settings.maxMemory)};
}

// Holds what posix_spawn is told, and frees it.
class SpawnPlan {
 public:
  SpawnPlan(const std::string& log, int lock) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    // What redis-server says before it has read its settings goes to the same log.
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, lock, kLockInChild);
    posix_spawn_file_actions_addclosefrom_np(&actions_, kLockInChild + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  int run(pid_t& pid, std::vector<std::string> words) const {
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return posix_spawn(&pid, argv[0], &actions_, &attributes_, argv.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

RedisProcess::RedisProcess(pid_t pid, bool child) : pid_(pid), child_(child), born_(birthOf(pid)) {}

Result<RedisProcess> RedisProcess::spawn(const SpawnSettings& settings, const Descriptor& lock, ServerGuard& guard) {
  if (!installed(settings.program)) {
    return Error{ErrorCode::Unavailable,
                 "There is no " + settings.program +
                     " on this machine: install it (apt-get install redis-server), or set Redis:ConnectionString to "
                     "use one that runs elsewhere."};
  }
  const SpawnPlan plan(settings.directory / "redis.log", lock.get());
  int reason = ECANCELED;
  const pid_t pid = guard.start([&] {
    pid_t started = -1;
    reason = plan.run(started, commandLine(settings));
    return reason == 0 ? started : -1;
  });
  if (reason == ECANCELED) return Error{ErrorCode::Unavailable, "Lull is stopping."};
  if (reason != 0) {
    return Error{ErrorCode::Unavailable,
                 "Lull cannot start " + settings.program + ": " + std::generic_category().message(reason) +
                     ". Check /bin/sh and that redis.log in the data directory can be written."};
  }
  return RedisProcess(pid, true);
}

RedisProcess RedisProcess::adopt(pid_t pid) {
  return {pid, false};
}

bool RedisProcess::running() {
  if (ended_) return false;
  ended_ = child_ ? ::waitpid(pid_, &status_, WNOHANG) != 0 : born_.empty() || birthOf(pid_) != born_;
  return !ended_;
}

std::string RedisProcess::ending() const {
  if (!child_) return "unknown, it was not started by this process";
  if (WIFEXITED(status_)) return "exit code " + std::to_string(WEXITSTATUS(status_));
  return "signal " + std::to_string(WTERMSIG(status_)) + " (" + ::strsignal(WTERMSIG(status_)) + ")";
}

void RedisProcess::terminate(Millis grace) {
  if (!running()) return;
  ::kill(pid_, SIGTERM);
  if (awaitEnd(grace)) return;
  runtime::log(runtime::LogLevel::Warning, "Lull.Redis", "redis-server does not end; it is killed",
               {{"pid", static_cast<std::int64_t>(pid_)}});
  ::kill(pid_, SIGKILL);
  awaitEnd(grace);
}

bool RedisProcess::awaitEnd(Millis most) {
  const auto deadline = SteadyClock::now() + most;
  while (running()) {
    if (SteadyClock::now() > deadline) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

}  // namespace lull::redis
