#include "stop_signals.hpp"

#include <lull/runtime/log.hpp>

#include <pthread.h>
#include <unistd.h>

#include <ctime>
#include <utility>

namespace lull::app {

namespace {

bool ignored(int number) {
  struct sigaction action {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t stopSet() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGQUIT}) sigaddset(&set, number);
  if (!ignored(SIGHUP)) sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

StopSignals::StopSignals(std::function<void()> beforeExit) : beforeExit_(std::move(beforeExit)), set_(stopSet()) {
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  watcher_ = std::thread([this] { watch(); });
}

StopSignals::~StopSignals() {
  closing_ = true;
  pthread_kill(watcher_.native_handle(), SIGTERM);
  watcher_.join();
}

void StopSignals::watch() {
  pthread_setname_np(pthread_self(), "signals");
  first();
  if (!closing_) second();
}

void StopSignals::first() {
  int received = 0;
  while (sigwait(&set_, &received) != 0) {
  }
  if (closing_) return;
  source_.request_stop();
  first_.notify();
}

void StopSignals::second() {
  const auto end = runtime::Deadline::in(patience_);
  while (true) {
    const auto left = end.left().count();
    const timespec most{left / 1000, left % 1000 * 1'000'000};
    const int received = sigtimedwait(&set_, nullptr, &most);
    if (closing_) return;
    if (received > 0 && received != SIGHUP) exitNow(130);
    if (end.passed()) {
      runtime::log(runtime::LogLevel::Warning, "Lull.Hosting",
                   "the stop hangs: the process ends now; what was in flight is sent again after its lease");
      exitNow(0);
    }
  }
}

void StopSignals::exitNow(int status) const {
  beforeExit_();
  runtime::flushLogs(std::chrono::milliseconds(100));
  _exit(status);
}

void StopSignals::wait() {
  while (!raised()) first_.wait(std::chrono::hours(1));
}

}  // namespace lull::app
