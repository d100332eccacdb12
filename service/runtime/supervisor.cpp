#include <lull/runtime/log.hpp>
#include <lull/runtime/supervisor.hpp>

#include <pthread.h>

#include <algorithm>
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
  // The place first: once the thread runs nothing may fail any more.
  auto& place = running_.emplace_back();
  try {
    std::promise<void> end;
    place.ended = end.get_future();
    place.thread = std::thread([name = loop.name, body = loop.body, end = std::move(end)]() mutable {
      runNamed(name, body);
      end.set_value();
    });
  } catch (...) {
    running_.pop_back();
    throw;
  }
  place.loop = std::move(loop);
}

Supervisor::Threads::iterator Supervisor::find(const std::string& name) {
  return std::find_if(running_.begin(), running_.end(), [&](const auto& running) { return running.loop.name == name; });
}

void Supervisor::stop(const std::string& name) {
  const auto found = find(name);
  if (found == running_.end()) return;
  found->loop.stop();
  found->thread.join();
  running_.erase(found);
}

void Supervisor::stopBy(const std::string& name, const Deadline& deadline) {
  const auto found = find(name);
  if (found == running_.end()) return;
  found->loop.stop();
  if (found->ended.wait_until(deadline.at()) == std::future_status::ready) stop(name);
}

void Supervisor::stopAll() {
  while (!running_.empty()) {
    running_.back().loop.stop();
    running_.back().thread.join();
    running_.pop_back();
  }
}

}  // namespace lull::runtime
