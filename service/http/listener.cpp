#include "acceptor.hpp"
#include "connection_watch.hpp"

#include <lull/http/listener.hpp>

#include <pthread.h>

#include <atomic>
#include <future>
#include <thread>
#include <utility>
#include <vector>

namespace lull::http {

struct Listener::Parts {
  Parts(RequestHandler& handler, ListenerLimits limits) : watch(handler, limits, stopping) {}

  std::atomic<bool> stopping{false};
  ConnectionWatch watch;
  std::vector<std::unique_ptr<Acceptor>> acceptors;  // constant while serving
  std::vector<std::thread> accepting;
  std::thread watching;
  std::future<void> ended;  // of the watching thread, which joins those of the pool first
};

Listener::Listener(RequestHandler& handler, ListenerLimits limits) : parts_(std::make_unique<Parts>(handler, limits)) {}

Listener::~Listener() {
  stop();
}

std::variant<std::uint16_t, BindFault> Listener::bind(const std::string& host, std::uint16_t port) {
  auto acceptor = std::make_unique<Acceptor>([this](int socket) { parts_->watch.accepted(socket); });
  const auto bound = acceptor->bind(host, port);
  if (std::holds_alternative<std::uint16_t>(bound)) parts_->acceptors.push_back(std::move(acceptor));
  return bound;
}

void Listener::serve() {
  std::promise<void> end;
  parts_->ended = end.get_future();
  parts_->watching = std::thread([this, end = std::move(end)]() mutable {
    pthread_setname_np(pthread_self(), "lull-watch");
    parts_->watch.run();
    end.set_value();
  });
  for (const auto& acceptor : parts_->acceptors) {
    parts_->accepting.emplace_back([&acceptor] {
      pthread_setname_np(pthread_self(), "lull-accept");
      acceptor->run();
    });
  }
}

void Listener::stopIntake() {
  if (parts_->stopping.exchange(true)) return;
  // No connection is admitted any more, and those in the backlog are reset.
  for (const auto& acceptor : parts_->acceptors) acceptor->stop();
  parts_->watch.stopIntake();
}

bool Listener::awaitReplies(const runtime::Deadline& until) {
  return !parts_->watching.joinable() || parts_->ended.wait_until(until.at()) == std::future_status::ready;
}

void Listener::stop() {
  stopIntake();
  for (auto& thread : parts_->accepting) thread.join();
  parts_->accepting.clear();
  if (!parts_->watching.joinable()) return;
  parts_->watch.endAll();
  parts_->watching.join();
}

}  // namespace lull::http
