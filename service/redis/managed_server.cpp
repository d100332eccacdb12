#include "data_directory.hpp"
#include "server_run.hpp"
#include "server_signs.hpp"

#include <lull/redis/managed_server.hpp>
#include <lull/runtime/log.hpp>
#include <lull/runtime/signal.hpp>
#include <lull/runtime/supervisor.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

namespace lull::redis {

namespace {

namespace fs = std::filesystem;
using runtime::LogLevel;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kCategory = "Lull.Redis";
constexpr Millis kWatch{100};         // how soon a death is seen
constexpr Millis kFirstBackOff{100};  // before a restart; doubles
constexpr Millis kLongestBackOff{5000};
constexpr Millis kStable{30'000};  // a server that lived so long is restarted without back-off

Error inUse(const fs::path& directory, pid_t owner) {
  return {ErrorCode::Conflict, "The data directory " + directory.string() + " is in use by another Lull (process " +
                                   std::to_string(owner) +
                                   "): stop that one, or give this one its own in Redis:DataDirectory."};
}

}  // namespace

/// Watches over the server and starts it again when it dies.
class ManagedServer::Impl {
 public:
  Impl(ManagedServerSettings settings, fs::path directory, Descriptor lullLock)
      : lullLock_(std::move(lullLock)), run_(std::move(settings), std::move(directory)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { stop(kStopGrace); }

  Status start(const std::stop_token& cancel);
  Status awaitLoaded(const std::stop_token& cancel);
  void stop(Millis grace);

  const ServerRun& run() const { return run_; }

 private:
  void supervise();
  void watch();
  bool restart();

  const Descriptor lullLock_;
  ServerRun run_;  // used by start() and awaitLoaded(), then by the watching thread, then by stop() once that is joined
  std::atomic<bool> stopping_ = false;
  runtime::Signal wake_;
  runtime::Supervisor threads_;
};

Status ManagedServer::Impl::start(const std::stop_token& cancel) {
  if (auto started = run_.start([&cancel] { return cancel.stop_requested(); }); !started) return started;
  if (!run_.loading()) supervise();
  return Done{};
}

Status ManagedServer::Impl::awaitLoaded(const std::stop_token& cancel) {
  if (!run_.loading()) return Done{};
  if (auto loaded = run_.awaitLoaded([&cancel] { return cancel.stop_requested(); }); !loaded) return loaded;
  supervise();
  return Done{};
}

// From here on the data of the server is loaded.
void ManagedServer::Impl::supervise() {
  const auto* const what =
      run_.adopted() ? "adopted the redis-server that an earlier Lull left over" : "redis-server runs";
  runtime::log(LogLevel::Information, kCategory, what,
               {{"pid", static_cast<std::int64_t>(run_.pid())}, {"directory", run_.directory().string()}});
  threads_.start({"redis-server", [this] { watch(); },
                  [this] {
                    stopping_ = true;
                    wake_.notify();
                  }});
}

void ManagedServer::Impl::watch() {
  Millis backOff{0};
  auto since = SteadyClock::now();
  while (!stopping_) {
    if (run_.running()) {
      wake_.wait(kWatch);
      continue;
    }
    runtime::log(LogLevel::Error, kCategory, "redis-server died; it is started again",
                 {{"pid", static_cast<std::int64_t>(run_.pid())},
                  {"ending", run_.ending()},
                  {"diskFull", diskFull(run_.directory())},
                  {"lastWords", lastWords(run_.directory() / "redis.log", 0)}});
    if (SteadyClock::now() - since > kStable) backOff = Millis{0};
    while (!stopping_) {
      wake_.wait(backOff);
      backOff = std::clamp(backOff * 2, kFirstBackOff, kLongestBackOff);
      if (!stopping_ && restart()) break;
    }
    since = SteadyClock::now();
  }
}

bool ManagedServer::Impl::restart() {
  const auto started = run_.startAgain([this] { return stopping_.load(); });
  if (started && *started) {
    runtime::log(LogLevel::Information, kCategory, "redis-server runs again",
                 {{"pid", static_cast<std::int64_t>(run_.pid())}, {"directory", run_.directory().string()}});
  } else if (!started && !stopping_) {
    runtime::log(LogLevel::Error, kCategory, "redis-server could not be started again; Lull keeps trying",
                 {{"error", started.error().message}});
  }
  return started && *started;
}

void ManagedServer::Impl::stop(Millis grace) {
  threads_.stopAll();
  if (!run_.running()) return;
  run_.end(grace);
  runtime::log(LogLevel::Information, kCategory, "redis-server has stopped",
               {{"pid", static_cast<std::int64_t>(run_.pid())}});
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
  return impl_->run().loading();
}

Status ManagedServer::awaitLoaded(const std::stop_token& cancel) {
  return impl_->awaitLoaded(cancel);
}

Address ManagedServer::address() const {
  return impl_->run().address();
}

bool ManagedServer::adopted() const {
  return impl_->run().adopted();
}

pid_t ManagedServer::pid() const {
  return impl_->run().pid();
}

void ManagedServer::stop(Millis grace) {
  impl_->stop(grace);
}

}  // namespace lull::redis
