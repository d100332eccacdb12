#include "connect.hpp"
#include "data_directory.hpp"
#include "redis_process.hpp"

#include <lull/redis/managed_server.hpp>
#include <lull/runtime/log.hpp>
#include <lull/runtime/signal.hpp>
#include <lull/runtime/supervisor.hpp>

#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace lull::redis {

namespace {

namespace fs = std::filesystem;
using runtime::LogLevel;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kCategory = "Lull.Redis";
constexpr Millis kPoll{10};           // while waiting for a server to answer
constexpr Millis kWatch{100};         // how soon a death is seen
constexpr Millis kFirstBackOff{100};  // before a restart; doubles
constexpr Millis kLongestBackOff{5000};
constexpr Millis kStable{30'000};  // having lived so long, a server is restarted without back-off
constexpr Millis kStopGrace{10'000};
constexpr Millis kCancelGrace{2'000};  // who cancels a start wants to be gone
constexpr Millis kProbeTimeout{1000};
constexpr Millis kLoadingNotice{5000};

enum class Answer { None, Loading, Ready };

// `pid` gets what the server says of itself when it is ready.
Answer ask(const Address& address, pid_t& pid) {
  const auto connection = connectOnly(address, kProbeTimeout);
  if (!connection) return Answer::None;
  const auto info = (*connection)->call({"INFO", "server"});
  const auto pong = (*connection)->call({"PING"});
  if (!info || !pong) return Answer::None;
  constexpr std::string_view kField = "process_id:";
  if (const auto at = info->text.find(kField); at != std::string::npos) {
    const char* const begin = info->text.data() + at + kField.size();
    std::from_chars(begin, info->text.data() + info->text.size(), pid);
  }
  return pong->text.starts_with("LOADING") ? Answer::Loading : Answer::Ready;
}

std::uintmax_t sizeOf(const fs::path& file) {
  std::error_code none;
  const auto size = fs::file_size(file, none);
  return none ? 0 : size;
}

constexpr std::uintmax_t kTail = 4096;

// The last lines that redis-server wrote since `from`, in one line.
std::string lastWords(const fs::path& log, std::uintmax_t from) {
  std::ifstream file(log);
  const auto size = sizeOf(log);
  file.seekg(static_cast<std::streamoff>(std::max(from, size - std::min(size, kTail))));
  std::string last;
  std::string before;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    before = std::exchange(last, line);
  }
  const std::string words = before.empty() ? last : before + " / " + last;
  return words.substr(0, 600);
}

bool diskFull(const fs::path& directory) {
  struct statvfs facts {};
  return ::statvfs(directory.c_str(), &facts) == 0 && facts.f_bavail == 0;
}

Error inUse(const fs::path& directory, pid_t owner) {
  return {ErrorCode::Conflict, "The data directory " + directory.string() + " is in use by another Lull (process " +
                                   std::to_string(owner) +
                                   "): stop that one, or give this one its own in Redis:DataDirectory."};
}

Error silent(const fs::path& directory) {
  return {ErrorCode::Unavailable, "A redis-server left over in " + directory.string() + " (process " +
                                      std::to_string(readPid(directory / "redis.pid")) +
                                      ") runs but does not answer: end it (kill -9) and start Lull again; what it "
                                      "wrote is kept."};
}

}  // namespace

class ManagedServer::Impl {
 public:
  Impl(ManagedServerSettings settings, fs::path directory, Descriptor lullLock)
      : settings_(std::move(settings)), directory_(std::move(directory)), lullLock_(std::move(lullLock)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { stop(kStopGrace); }

  Status start(const std::stop_token& cancel);
  Status awaitLoaded(const std::stop_token& cancel);
  void stop(Millis grace);

  bool loading() const { return loading_; }

  const Address& address() const { return address_; }
  bool adopted() const { return adopted_; }
  pid_t pid() const { return pid_; }

 private:
  using Cancelled = std::function<bool()>;

  Result<bool> findOrLock(const Cancelled& cancelled);
  Status launch(Answer enough, const Cancelled& cancelled);
  Status awaitAnswer(Answer enough, const Cancelled& cancelled);
  void supervise();
  Error ended() const;
  void alignSettings() const;
  void watch();
  bool restart();

  const ManagedServerSettings settings_;
  const fs::path directory_;
  const Descriptor lullLock_;
  // Constant once start() has returned.
  Address address_;
  Descriptor handle_;  // what address_ goes through when the path is too long
  bool adopted_ = false;
  // Used by start() and awaitLoaded(), then by the watching thread.
  bool loading_ = false;
  std::uintmax_t logFrom_ = 0;  // where in redis.log the words of the server that is just being started begin
  // Used by start(), then by the watching thread, then by stop() once that has been joined.
  std::optional<Descriptor> serverLock_;  // shared with our child; empty while an adopted server runs
  std::optional<RedisProcess> process_;
  // Shared.
  std::atomic<pid_t> pid_ = -1;
  std::atomic<bool> stopping_ = false;
  runtime::Signal wake_;
  runtime::Supervisor threads_;
};

Status ManagedServer::Impl::start(const std::stop_token& cancel) {
  auto address = socketAddress(directory_, handle_);
  if (!address) return std::move(address).error();
  address_ = std::move(*address);
  const Cancelled cancelled = [&cancel] { return cancel.stop_requested(); };
  auto found = findOrLock(cancelled);
  if (!found) return std::move(found).error();
  adopted_ = *found;
  if (!adopted_) {
    if (auto launched = launch(Answer::Loading, cancelled); !launched) return launched;
  }
  if (!loading_) supervise();
  return Done{};
}

Status ManagedServer::Impl::awaitLoaded(const std::stop_token& cancel) {
  if (!loading_) return Done{};
  const Cancelled cancelled = [&cancel] { return cancel.stop_requested(); };
  if (auto loaded = awaitAnswer(Answer::Ready, cancelled); !loaded) {
    process_->terminate(cancelled() ? kCancelGrace : kStopGrace);
    return loaded;
  }
  supervise();
  return Done{};
}

// Its data is loaded.
void ManagedServer::Impl::supervise() {
  const auto* const what = adopted_ ? "adopted the redis-server that an earlier Lull left over" : "redis-server runs";
  runtime::log(LogLevel::Information, kCategory, what,
               {{"pid", static_cast<std::int64_t>(pid_)}, {"directory", directory_.string()}});
  if (adopted_) alignSettings();
  threads_.start({"redis-server", [this] { watch(); },
                  [this] {
                    stopping_ = true;
                    wake_.notify();
                  }});
}

// True: a server runs there and answers, if only that it is loading, and is now ours. False: none runs, and redis.lock
// is taken.
Result<bool> ManagedServer::Impl::findOrLock(const Cancelled& cancelled) {
  const auto giveUp = Clock::now() + settings_.answerTimeout;
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
    // Held while a server is just starting or just ending, too: one of the two shows soon.
    auto lock = tryLock(directory_ / "redis.lock");
    if (!lock) return std::move(lock).error();
    if (*lock) {
      serverLock_ = std::move(**lock);
      return false;
    }
    if (Clock::now() > giveUp) return silent(directory_);
    std::this_thread::sleep_for(kPoll);
  }
  return Error{ErrorCode::Unavailable, "Lull was stopped while it waited for redis-server."};
}

Status ManagedServer::Impl::launch(Answer enough, const Cancelled& cancelled) {
  logFrom_ = sizeOf(directory_ / "redis.log");
  auto spawned = RedisProcess::spawn({settings_.program, directory_, settings_.appendFsync, settings_.maxMemory},
                                     *serverLock_, *settings_.guard);
  if (!spawned) return std::move(spawned).error();
  process_ = std::move(*spawned);
  pid_ = process_->pid();
  auto answered = awaitAnswer(enough, cancelled);
  if (!answered) process_->terminate(cancelled() ? kCancelGrace : kStopGrace);
  return answered;
}

// `enough` is Loading or Ready.
Status ManagedServer::Impl::awaitAnswer(Answer enough, const Cancelled& cancelled) {
  auto giveUp = Clock::now() + settings_.answerTimeout;
  auto notice = Clock::now() + kLoadingNotice;
  while (!cancelled()) {
    pid_t pid = 0;
    const Answer answer = ask(address_, pid);
    loading_ = answer == Answer::Loading;
    if (answer == Answer::Ready || (answer == Answer::Loading && enough == answer)) return Done{};
    if (!process_->running()) return ended();
    if (answer == Answer::Loading) giveUp = Clock::now() + settings_.answerTimeout;
    if (answer == Answer::Loading && Clock::now() > notice) {
      runtime::log(LogLevel::Information, kCategory, "redis-server is still loading its data");
      notice = Clock::now() + kLoadingNotice;
    }
    if (Clock::now() > giveUp) {
      return Error{ErrorCode::Unavailable, "redis-server was started but does not answer: look into " +
                                               (directory_ / "redis.log").string() + "."};
    }
    std::this_thread::sleep_for(kPoll);
  }
  return Error{ErrorCode::Unavailable, "Lull was stopped while it waited for redis-server."};
}

Error ManagedServer::Impl::ended() const {
  const fs::path log = directory_ / "redis.log";
  const std::string disk = diskFull(directory_) ? "The disk of " + directory_.string() + " is full. " : "";
  return {ErrorCode::Unavailable, disk + "redis-server ended while it started (" + process_->ending() +
                                      "). Its last words: " + lastWords(log, logFrom_) + " (" + log.string() +
                                      " has more.)"};
}

// An adopted server runs with the settings of its time.
void ManagedServer::Impl::alignSettings() const {
  const auto connection = Connection::open(address_, kProbeTimeout);
  const std::pair<std::string, std::string> settings[] = {{"appendfsync", settings_.appendFsync},
                                                          {"maxmemory-policy", "noeviction"},
                                                          {"maxmemory", std::to_string(settings_.maxMemory)}};
  for (const auto& [name, value] : settings) {
    if (connection) {
      const auto reply = (*connection)->call({"CONFIG", "SET", name, value});
      if (reply && !reply->isError()) continue;
    }
    runtime::log(LogLevel::Warning, kCategory, "the adopted redis-server keeps a setting it was started with",
                 {{"setting", name}});
  }
}

void ManagedServer::Impl::watch() {
  Millis backOff{0};
  auto since = Clock::now();
  while (!stopping_) {
    if (process_->running()) {
      wake_.wait(kWatch);
      continue;
    }
    runtime::log(LogLevel::Error, kCategory, "redis-server died; it is started again",
                 {{"pid", static_cast<std::int64_t>(pid_)},
                  {"ending", process_->ending()},
                  {"diskFull", diskFull(directory_)},
                  {"lastWords", lastWords(directory_ / "redis.log", 0)}});
    if (Clock::now() - since > kStable) backOff = Millis{0};
    while (!stopping_) {
      wake_.wait(backOff);
      backOff = std::clamp(backOff * 2, kFirstBackOff, kLongestBackOff);
      if (!stopping_ && restart()) break;
    }
    since = Clock::now();
  }
}

bool ManagedServer::Impl::restart() {
  if (!serverLock_) {  // An adopted server held it; a child that it forked to rewrite its file may do so a little
                       // longer.
    auto lock = tryLock(directory_ / "redis.lock");
    if (!lock || !*lock) return false;
    serverLock_ = std::move(**lock);
  }
  const auto launched = launch(Answer::Ready, [this] { return stopping_.load(); });
  if (launched) {
    runtime::log(LogLevel::Information, kCategory, "redis-server runs again",
                 {{"pid", static_cast<std::int64_t>(pid_)}, {"directory", directory_.string()}});
  } else if (!stopping_) {
    runtime::log(LogLevel::Error, kCategory, "redis-server could not be started again; Lull keeps trying",
                 {{"error", launched.error().message}});
  }
  return launched.ok();
}

void ManagedServer::Impl::stop(Millis grace) {
  threads_.stopAll();
  if (!process_ || !process_->running()) return;
  process_->terminate(grace);
  runtime::log(LogLevel::Information, kCategory, "redis-server has stopped",
               {{"pid", static_cast<std::int64_t>(pid_)}});
}

ManagedServer::ManagedServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ManagedServer::~ManagedServer() = default;

Result<std::unique_ptr<ManagedServer>> ManagedServer::start(ManagedServerSettings settings, std::stop_token cancel) {
  auto directory = prepareDataDirectory(settings.dataDirectory);
  if (!directory) return std::move(directory).error();
  const fs::path lockFile = *directory / "lull.lock";
  auto lock = tryLock(lockFile);
  if (!lock) return std::move(lock).error();
  if (!*lock) return inUse(*directory, readPid(lockFile));
  if (auto written = writeOwner(**lock, lockFile); !written) return std::move(written).error();
  auto impl = std::make_unique<Impl>(std::move(settings), std::move(*directory), std::move(**lock));
  if (auto started = impl->start(cancel); !started) return std::move(started).error();
  return std::unique_ptr<ManagedServer>(new ManagedServer(std::move(impl)));
}

bool ManagedServer::loading() const {
  return impl_->loading();
}

Status ManagedServer::awaitLoaded(const std::stop_token& cancel) {
  return impl_->awaitLoaded(cancel);
}

Address ManagedServer::address() const {
  return impl_->address();
}

bool ManagedServer::adopted() const {
  return impl_->adopted();
}

pid_t ManagedServer::pid() const {
  return impl_->pid();
}

void ManagedServer::stop(Millis grace) {
  impl_->stop(grace);
}

}  // namespace lull::redis
