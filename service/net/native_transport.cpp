#include "native_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <pthread.h>

#include <csignal>
#include <utility>

namespace lull::net {

namespace {

void cancel(const WirePost& post) {
  ports::HttpAnswer stopped;
  stopped.failure = ports::TransportFailure::Cancelled;
  stopped.error = "Lull stopped before the request began.";
  post.done(std::move(stopped));
}

}  // namespace

NativeTransport::NativeTransport(TransportSettings settings, const AddressGuard& guard)
    : loop_(std::make_unique<Loop>(settings, guard)) {}

NativeTransport::~NativeTransport() = default;

void NativeTransport::post(ports::HttpPost request, Callback done) {
  loop_->post({std::move(request), std::move(done), std::chrono::steady_clock::now()});
}

void NativeTransport::stop() {
  loop_->stop();
}

NativeTransport::Loop::Loop(const TransportSettings& settings, const AddressGuard& guard) : parts_(settings, guard) {
  threads_.start({"wire", [this] { run(); }, [this] { boost::asio::post(parts_.context, [this] { shutDown(); }); }});
}

NativeTransport::Loop::~Loop() {
  stop();
}

void NativeTransport::Loop::stop() {
  threads_.stopAll();
}

void NativeTransport::Loop::post(WirePost post) {
  bool wake = false;
  {
    auto inbox = inbox_.lock();
    if (!inbox->stopped) {
      inbox->posts.push_back(std::move(post));
      wake = !std::exchange(inbox->awake, true);
      post.done = nullptr;
    }
  }
  if (wake) boost::asio::post(parts_.context, [this] { takeIn(); });
  if (post.done) cancel(post);
}

void NativeTransport::Loop::run() {
  // OpenSSL writes without MSG_NOSIGNAL.
  sigset_t pipeOnly;
  sigemptyset(&pipeOnly);
  sigaddset(&pipeOnly, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipeOnly, nullptr);
  const auto work = boost::asio::make_work_guard(parts_.context);
  parts_.context.run();
}

void NativeTransport::Loop::takeIn() {
  {
    auto inbox = inbox_.lock();
    inbox->awake = false;
    taken_.swap(inbox->posts);
  }
  for (auto& post : taken_) {
    auto exchange =
        std::make_shared<WireExchange>(parts_, std::move(post), [this](WireExchange& ended) { active_.erase(&ended); });
    active_.emplace(exchange.get(), exchange);
    exchange->begin();
  }
  taken_.clear();
}

void NativeTransport::Loop::shutDown() {
  {
    auto inbox = inbox_.lock();
    inbox->stopped = true;
    taken_.swap(inbox->posts);
  }
  for (const auto& post : taken_) cancel(post);
  taken_.clear();
  while (!active_.empty()) {
    const auto exchange = active_.begin()->second;
    exchange->abandon();
  }
  parts_.context.stop();
}

}  // namespace lull::net
