#include "stop_signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace lull::app {

namespace {

sigset_t stopSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const auto set = stopSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  watcher_ = std::thread([this] { watch(); });
}

StopSignals::~StopSignals() {
  closing_ = true;
  pthread_kill(watcher_.native_handle(), SIGTERM);
  watcher_.join();
}

void StopSignals::watch() {
  pthread_setname_np(pthread_self(), "signals");
  const auto set = stopSet();
  while (true) {
    int received = 0;
    if (sigwait(&set, &received) != 0) continue;
    if (closing_) return;
    if (source_.stop_requested()) _exit(130);
    source_.request_stop();
    first_.notify();
  }
}

void StopSignals::wait() {
  while (!raised()) first_.wait(std::chrono::hours(1));
}

}  // namespace lull::app
