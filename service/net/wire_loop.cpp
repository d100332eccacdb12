#include "wire_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <pthread.h>

#include <csignal>
#include <utility>

namespace lull::net {

namespace {

void cancel(const WireRequest& asked) {
  ports::HttpAnswer stopped;
  stopped.failure = ports::TransportFailure::Cancelled;
  stopped.error = "Lull stopped before the request began.";
  asked.done(std::move(stopped));
}

}  // namespace

WireLoop::WireLoop(const std::string& threadName, const TransportSettings& settings, const AddressGuard& guard)
    : parts_(settings, guard) {
  threads_.start(
      {threadName, [this] { run(); }, [this] { boost::asio::post(parts_.context, [this] { shutDown(); }); }});
}

WireLoop::~WireLoop() {
  stop();
}

void WireLoop::stop() {
  threads_.stopAll();
}

void WireLoop::start(WireRequest asked) {
  bool wake = false;
  {
    auto inbox = inbox_.lock();
    if (!inbox->stopped) {
      inbox->requests.push_back(std::move(asked));
      wake = !std::exchange(inbox->awake, true);
      asked.done = nullptr;
    }
  }
  if (wake) boost::asio::post(parts_.context, [this] { takeIn(); });
  if (asked.done) cancel(asked);
}

void WireLoop::run() {
  // OpenSSL writes without MSG_NOSIGNAL.
  sigset_t pipeOnly;
  sigemptyset(&pipeOnly);
  sigaddset(&pipeOnly, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipeOnly, nullptr);
  const auto work = boost::asio::make_work_guard(parts_.context);
  parts_.context.run();
}

void WireLoop::takeIn() {
  {
    auto inbox = inbox_.lock();
    inbox->awake = false;
    taken_.swap(inbox->requests);
  }
  for (auto& asked : taken_) {
    auto exchange = std::make_shared<WireExchange>(parts_, std::move(asked),
                                                   [this](WireExchange& ended) { active_.erase(&ended); });
    active_.emplace(exchange.get(), exchange);
    exchange->begin();
  }
  taken_.clear();
}

void WireLoop::shutDown() {
  {
    auto inbox = inbox_.lock();
    inbox->stopped = true;
    taken_.swap(inbox->requests);
  }
  for (const auto& asked : taken_) cancel(asked);
  taken_.clear();
  while (!active_.empty()) {
    const auto exchange = active_.begin()->second;
    exchange->abandon();
  }
  parts_.context.stop();
}

}  // namespace lull::net
