#include "commands.hpp"
#include "load_settings.hpp"
#include "no_thread.hpp"
#include "settings_mapping.hpp"
#include "stop_signals.hpp"

#include <lull/app/application.hpp>
#include <lull/redis/server_guard.hpp>
#include <lull/runtime/log.hpp>
#include <lull/runtime/log_writer.hpp>

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <system_error>

namespace lull::app {

namespace {

// Every attempt in flight, every API connection and every call that waits for a message needs a descriptor, so the
// limit is raised as far as the system allows.
void raiseFileLimit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &files);
}

int startFailed(const Error& error) {
  runtime::flushLogs();
  std::fprintf(stderr, "lull: %s\n", error.message.c_str());
  return 1;
}

// From here on no thread may block on standard output, and only one thread gets signals.
int run(const config::LoadedSettings& loaded, StopSignals& signals, const std::shared_ptr<redis::ServerGuard>& guard) {
  for (const auto& warning : loaded.warnings) runtime::log(runtime::LogLevel::Warning, "Lull.Configuration", warning);
  if (const auto warning = shortOfFiles(loaded.settings)) {
    runtime::log(runtime::LogLevel::Warning, "Lull.Configuration", *warning);
  }
  ApplicationEdges edges;
  edges.cancel = signals.token();
  edges.serverGuard = guard;
  edges.shown = loaded.lines;
  edges.listening = [&](const auto& addresses) {
    for (const auto& address : addresses) {
      runtime::log(runtime::LogLevel::Information, "Lull.Hosting",
                   address.management ? "Now listening for management" : "Now listening",
                   {{"url", address.url()}, {"version", version()}, {"environment", loaded.settings.environment}});
    }
  };
  // Looking up the name of an absent Redis may hang; at that time no work is in flight that a stop would have to
  // finish.
  constexpr std::chrono::milliseconds kWhileWaiting{500};
  if (loaded.settings.redis.mode == config::RedisMode::External) signals.limit(kWhileWaiting);
  auto application = Application::start(loaded.settings, edges);
  constexpr std::chrono::milliseconds kAfterDeadline{800};
  signals.limit(std::chrono::milliseconds(loaded.settings.shutdown.deadline) + kAfterDeadline);
  if (!application) return signals.raised() ? 0 : startFailed(application.error());
  signals.wait();
  runtime::log(runtime::LogLevel::Information, "Lull.Hosting",
               "stopping: no more intake and claims; what is in flight finishes");
  const auto cutOff = (*application)->stop();
  if (cutOff > 0) {
    runtime::log(runtime::LogLevel::Warning, "Lull.Hosting",
                 "Shutdown:Deadline passed; attempts were cut off and are made again", {{"attempts", cutOff}});
  }
  runtime::log(runtime::LogLevel::Information, "Lull.Hosting", "stopped");
  return 0;
}

}  // namespace

int serve(const std::vector<std::string>& arguments) {
  const auto loaded = loadSettings(arguments);
  if (!loaded) {
    std::fprintf(stderr, "lull: %s\n", loaded.error().message.c_str());
    return 2;
  }
  runtime::configureLogging(logSettings(loaded->settings));
  std::signal(SIGPIPE, SIG_IGN);
  raiseFileLimit();
  const auto guard = std::make_shared<redis::ServerGuard>();
  try {
    // Before any other thread: all of them inherit the blocked signals, and only the watcher takes them.
    StopSignals signals([guard] { guard->endNow(); });
    const runtime::LogWriter writer;
    return run(*loaded, signals, guard);
  } catch (const std::system_error& failure) {
    return startFailed(noThread(failure));
  }
}

}  // namespace lull::app
