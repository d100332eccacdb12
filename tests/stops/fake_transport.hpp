#pragma once

#include <lull/ports/transport.hpp>
#include <lull/runtime/guarded.hpp>

#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace lull::stops {

/// Answers 200 to what goes to `healthyPort`, and never to anything else, until it is stopped.
class FakeTransport final : public ports::Transport {
 public:
  explicit FakeTransport(std::uint16_t healthyPort) : healthyPort_(healthyPort) {}
  ~FakeTransport() override { stop(); }

  void post(ports::HttpRequest request, Callback done) override {
    const bool answers = request.target.port == healthyPort_;
    {
      auto held = held_.lock();
      if (!held->stopped && answers) {
        held->threads.emplace_back([done = std::move(done)] { done(answerOf(200, ports::TransportFailure::None)); });
        return;
      }
      if (!held->stopped) {
        held->waiting.push_back(std::move(done));
        return;
      }
    }
    done(answerOf({}, ports::TransportFailure::Cancelled));
  }

  void stop() override {
    std::vector<std::thread> threads;
    std::vector<Callback> waiting;
    {
      auto held = held_.lock();
      held->stopped = true;
      threads.swap(held->threads);
      waiting.swap(held->waiting);
    }
    for (auto& thread : threads) thread.join();
    for (const auto& done : waiting) done(answerOf({}, ports::TransportFailure::CutOff));
  }

  std::size_t waiting() { return held_.lock()->waiting.size(); }

 private:
  struct Held {
    std::vector<std::thread> threads;
    std::vector<Callback> waiting;
    bool stopped = false;
  };

  static ports::HttpAnswer answerOf(std::optional<int> status, ports::TransportFailure failure) {
    ports::HttpAnswer answer;
    answer.status = status;
    answer.failure = failure;
    return answer;
  }

  const std::uint16_t healthyPort_;
  runtime::Guarded<Held> held_;
};

}  // namespace lull::stops
