#include <lull/runtime/log.hpp>
#include <lull/runtime/supervisor.hpp>

#include <pthread.h>

#include <cstdlib>
#include <exception>
#include <utility>

namespace lull::runtime {

namespace {

void runNamed(const std::string& name, const std::function<void()>& body) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  try {
    body();
  } catch (const std::exception& failure) {
    log(LogLevel::Critical, "Lull.Runtime", "a thread failed; the process ends so that it can be restarted",
        {{"thread", name}, {"error", failure.what()}});
    flushLogs();
    std::abort();
  }
}

}  // namespace

Supervisor::~Supervisor() {
  stopAll();
}

void Supervisor::start(Loop loop) {
  auto thread = std::thread([name = loop.name, body = loop.body] { runNamed(name, body); });
  running_.push_back({std::move(loop), std::move(thread)});
}

void Supervisor::stop(const std::string& name) {
  for (auto it = running_.begin(); it != running_.end(); ++it) {
    if (it->loop.name != name) continue;
    it->loop.stop();
    it->thread.join();
    running_.erase(it);
    return;
  }
}

void Supervisor::stopAll() {
  while (!running_.empty()) {
    running_.back().loop.stop();
    running_.back().thread.join();
    running_.pop_back();
  }
}

}  // namespace lull::runtime
