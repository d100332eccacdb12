#pragma once

#include <lull/brokers/outgoing.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace lull::brokers {

/// One message on its way to the broker. Only the thread of its link touches it, once it has been handed over.
class Delivery {
 public:
  using SteadyClock = std::chrono::steady_clock;

  Delivery(Outgoing message, Millis timeout, ports::Channel::Callback done)
      : message_(std::move(message)), done_(std::move(done)), since_(SteadyClock::now()), deadline_(since_ + timeout) {}

  const Outgoing& message() const { return message_; }
  SteadyClock::time_point since() const { return since_; }
  SteadyClock::time_point deadline() const { return deadline_; }
  bool ended() const { return !done_; }

  /// When it was published last; absent: not yet.
  std::optional<SteadyClock::time_point> publishedAt{};

  /// Tells the caller, and drops the body. A message that was given up may still be confirmed later, which changes
  /// nothing any more.
  void end(AttemptResult result) {
    if (ended()) return;
    std::string().swap(message_.body);
    result.duration = std::chrono::duration_cast<Millis>(SteadyClock::now() - since_);
    std::exchange(done_, nullptr)(std::move(result));
  }

 private:
  Outgoing message_;
  ports::Channel::Callback done_;
  SteadyClock::time_point since_;
  SteadyClock::time_point deadline_;
};
using DeliveryPtr = std::shared_ptr<Delivery>;

}  // namespace lull::brokers
