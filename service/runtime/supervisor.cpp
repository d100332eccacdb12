#include <lull/runtime/log.hpp>
#include <lull/runtime/supervisor.hpp>

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace lull::runtime {

namespace {

// Between an exception and the next run of the body: long enough that what fails at once does not fill the log.
constexpr std::chrono::seconds kRest{1};

/// True when the body ended by itself.
bool ranToItsEnd(const std::string& name, const std::function<void()>& body) {
  try {
    body();
    return true;
  } catch (const std::exception& failure) {
    log(LogLevel::Critical, "Lull.Runtime", "a loop failed; it is run again",
        {{"thread", name}, {"error", failure.what()}});
  }
  return false;
}

}  // namespace

Supervisor::~Supervisor() {
  stopAll();
}

void Supervisor::start(Loop loop) {
  // Reserves the place first: once the thread runs nothing may fail any more.
  auto& place = running_.emplace_back();
  try {
    place.stopping = std::make_shared<Stopping>();
    std::promise<void> end;
    place.ended = end.get_future();
    place.thread =
        std::thread([name = loop.name, body = loop.body, stopping = place.stopping, end = std::move(end)]() mutable {
          pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
          while (!ranToItsEnd(name, body) && !stopping->flag) stopping->wake.wait(kRest);
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

void Supervisor::tellToStop(Running& running) {
  running.stopping->flag = true;
  running.stopping->wake.notify();
  running.loop.stop();
}

void Supervisor::stop(const std::string& name) {
  const auto found = find(name);
  if (found == running_.end()) return;
  tellToStop(*found);
  found->thread.join();
  running_.erase(found);
}

void Supervisor::stopBy(const std::string& name, const Deadline& deadline) {
  const auto found = find(name);
  if (found == running_.end()) return;
  tellToStop(*found);
  if (found->ended.wait_until(deadline.at()) == std::future_status::ready) stop(name);
}

void Supervisor::stopAll() {
  while (!running_.empty()) {
    tellToStop(running_.back());
    running_.back().thread.join();
    running_.pop_back();
  }
}

}  // namespace lull::runtime
