#include "server_run.hpp"

#include "connect.hpp"

#include <lull/runtime/log.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace lull::redis {

namespace {

namespace fs = std::filesystem;
using runtime::LogLevel;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kRunCategory = "Lull.Redis";
constexpr Millis kPoll{10};            // while waiting for a server to answer
constexpr Millis kCancelGrace{2'000};  // after a start was cancelled: its caller wants to end soon
constexpr Millis kSettingsTimeout{1000};
constexpr Millis kLoadingNotice{5000};

Error silent(const fs::path& directory) {
  return {ErrorCode::Unavailable, "A redis-server left over in " + directory.string() + " (process " +
                                      std::to_string(readPid(directory / "redis.pid")) +
                                      ") runs but does not answer: end it (kill -9) and start Lull again; what it "
                                      "wrote is kept."};
}

Error stoppedWaiting() {
  return {ErrorCode::Unavailable, "Lull was stopped while it waited for redis-server."};
}

}  // namespace

Status ServerRun::start(const Cancelled& cancelled) {
  auto address = socketAddress(directory_, handle_);
  if (!address) return std::move(address).error();
  address_ = std::move(*address);
  auto found = findOrLock(cancelled);
  if (!found) return std::move(found).error();
  adopted_ = *found;
  if (!adopted_) return launch(Answer::Loading, cancelled);
  if (!loading_) alignSettings();
  return Done{};
}

Status ServerRun::awaitLoaded(const Cancelled& cancelled) {
  if (!loading_) return Done{};
  if (auto loaded = awaitAnswer(Answer::Ready, cancelled); !loaded) {
    end(cancelled() ? kCancelGrace : kStopGrace);
    return loaded;
  }
  if (adopted_) alignSettings();
  return Done{};
}

Result<bool> ServerRun::startAgain(const Cancelled& cancelled) {
  // An adopted server held the lock; a child that it forked to rewrite its file may do so a little longer.
  if (!serverLock_) {
    auto lock = tryLock(directory_ / "redis.lock");
    if (!lock) return std::move(lock).error();
    if (!*lock) return false;
    serverLock_ = std::move(**lock);
  }
  if (auto launched = launch(Answer::Ready, cancelled); !launched) return std::move(launched).error();
  return true;
}

// True when a server runs there and answers, if only that it is loading: it is now ours. False when none runs: then
// redis.lock is now held.
Result<bool> ServerRun::findOrLock(const Cancelled& cancelled) {
  const auto giveUp = SteadyClock::now() + settings_.answerTimeout;
  while (!cancelled()) {
    pid_t pid = 0;
    const Answer answer = ask(address_, pid);
    if (answer != Answer::None && pid > 0) {
      process_ = RedisProcess::adopt(pid);
      settings_.guard->note(pid);
      pid_ = pid;
      loading_ = answer == Answer::Loading;
      logFrom_ = sizeOf(directory_ / "redis.log");
      return true;
    }
    // A server that is just starting or ending holds the lock, too. Soon it answers, or the lock is free.
    auto lock = tryLock(directory_ / "redis.lock");
    if (!lock) return std::move(lock).error();
    if (*lock) {
      serverLock_ = std::move(**lock);
      return false;
    }
    if (SteadyClock::now() > giveUp) return silent(directory_);
    std::this_thread::sleep_for(kPoll);
  }
  return stoppedWaiting();
}

Status ServerRun::launch(Answer enough, const Cancelled& cancelled) {
  logFrom_ = sizeOf(directory_ / "redis.log");
  auto spawned = RedisProcess::spawn({settings_.program, directory_, settings_.appendFsync, settings_.maxMemory},
                                     *serverLock_, *settings_.guard);
  if (!spawned) return std::move(spawned).error();
  process_ = std::move(*spawned);
  pid_ = process_->pid();
  auto answered = awaitAnswer(enough, cancelled);
  if (!answered) end(cancelled() ? kCancelGrace : kStopGrace);
  return answered;
}

// `enough` is Loading or Ready.
Status ServerRun::awaitAnswer(Answer enough, const Cancelled& cancelled) {
  auto giveUp = SteadyClock::now() + settings_.answerTimeout;
  auto notice = SteadyClock::now() + kLoadingNotice;
  while (!cancelled()) {
    pid_t pid = 0;
    const Answer answer = ask(address_, pid);
    loading_ = answer == Answer::Loading;
    if (answer == Answer::Ready || (answer == Answer::Loading && enough == answer)) return Done{};
    if (!process_->running()) return ended();
    if (answer == Answer::Loading) giveUp = SteadyClock::now() + settings_.answerTimeout;
    if (answer == Answer::Loading && SteadyClock::now() > notice) {
      runtime::log(LogLevel::Information, kRunCategory, "redis-server is still loading its data");
      notice = SteadyClock::now() + kLoadingNotice;
    }
    if (SteadyClock::now() > giveUp) {
      return Error{ErrorCode::Unavailable, "redis-server was started but does not answer: look into " +
                                               (directory_ / "redis.log").string() + "."};
    }
    std::this_thread::sleep_for(kPoll);
  }
  return stoppedWaiting();
}

Error ServerRun::ended() const {
  const fs::path log = directory_ / "redis.log";
  const std::string disk = diskFull(directory_) ? "The disk of " + directory_.string() + " is full. " : "";
  return {ErrorCode::Unavailable, disk + "redis-server ended while it started (" + process_->ending() +
                                      "). Its last words: " + lastWords(log, logFrom_) + " (" + log.string() +
                                      " has more.)"};
}

// An adopted server still runs with the settings that it was started with.
void ServerRun::alignSettings() const {
  const auto connection = Connection::open(address_, kSettingsTimeout);
  const std::pair<std::string, std::string> settings[] = {{"appendfsync", settings_.appendFsync},
                                                          {"maxmemory-policy", "noeviction"},
                                                          {"maxmemory", std::to_string(settings_.maxMemory)}};
  for (const auto& [name, value] : settings) {
    if (connection) {
      const auto reply = (*connection)->call({"CONFIG", "SET", name, value});
      if (reply && !reply->isError()) continue;
    }
    runtime::log(LogLevel::Warning, kRunCategory, "the adopted redis-server keeps a setting it was started with",
                 {{"setting", name}});
  }
}

}  // namespace lull::redis
