#include "commands.hpp"
#include "load_settings.hpp"
#include "settings_mapping.hpp"
#include "stop_signals.hpp"

#include <lull/app/application.hpp>
#include <lull/runtime/log.hpp>

#include <sys/resource.h>

#include <csignal>
#include <cstdio>

namespace lull::app {

namespace {

// Each attempt in flight and each API connection is a file: take what the system allows.
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

}  // namespace

int serve(const std::vector<std::string>& arguments) {
  const auto loaded = loadSettings(arguments);
  if (!loaded) {
    std::fprintf(stderr, "lull: %s\n", loaded.error().message.c_str());
    return 2;
  }
  runtime::configureLogging(logSettings(loaded->settings));
  for (const auto& warning : loaded->warnings) runtime::log(runtime::LogLevel::Warning, "Lull.Configuration", warning);
  std::signal(SIGPIPE, SIG_IGN);
  raiseFileLimit();
  // Before any thread: all of them inherit the blocked signals, and only the watcher takes them.
  StopSignals signals;
  auto application = Application::start(loaded->settings, {nullptr, signals.token(), {}});
  if (!application) return signals.raised() ? 0 : startFailed(application.error());
  for (const auto& address : (*application)->addresses()) {
    runtime::log(runtime::LogLevel::Information, "Lull.Hosting",
                 address.management ? "Now listening for management" : "Now listening",
                 {{"url", address.url()}, {"version", version()}, {"environment", loaded->settings.environment}});
  }
  signals.wait();
  runtime::log(runtime::LogLevel::Information, "Lull.Hosting",
               "stopping: no more intake and claims; what is in flight finishes");
  const auto cutOff = (*application)->stop();
  if (cutOff > 0) {
    runtime::log(runtime::LogLevel::Warning, "Lull.Hosting",
                 "Shutdown:Deadline passed; attempts cut off are sent again after their lease", {{"attempts", cutOff}});
  }
  runtime::log(runtime::LogLevel::Information, "Lull.Hosting", "stopped");
  return 0;
}

}  // namespace lull::app
