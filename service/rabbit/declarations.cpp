#include "declarations.hpp"

#include <lull/runtime/log.hpp>
#include <lull/text/printable.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace lull::rabbit {

void Declarations::want(const std::string& queue) {
  const bool isAsked = state_ == State::Declaring && declaring_ == queue;
  if (isAsked || settled_.contains(queue) || std::ranges::find(wanted_, queue) != wanted_.end()) return;
  wanted_.push_back(queue);
}

void Declarations::pass(DeliveryPtr delivery) {
  const auto& queue = delivery->message().declare;
  if (queue.empty() || settled_.contains(queue)) return go_(std::move(delivery));
  auto& held = held_[queue];
  if (held.empty()) urgent_.push_back(queue);
  held.push_back(std::move(delivery));
}

/// Takes out the queue that is to be declared next; empty when there is none.
std::string Declarations::takeNext() {
  for (auto* from : {&urgent_, &wanted_}) {
    while (!from->empty()) {
      auto queue = std::move(from->front());
      from->pop_front();
      if (!settled_.contains(queue)) return queue;
    }
  }
  return {};
}

void Declarations::step(Connection& connection) {
  if (urgent_.empty() && wanted_.empty()) return;
  if (state_ == State::Closed) {
    state_ = State::Opening;
    connection.openChannel(channel_);
  } else if (state_ == State::Open) {
    declaring_ = takeNext();
    if (declaring_.empty()) return;
    state_ = State::Declaring;
    connection.declareQueue(channel_, declaring_);
  }
}

void Declarations::settle() {
  settled_.insert(declaring_);
  auto held = held_.extract(declaring_);
  if (held.empty()) return;
  for (auto& delivery : held.mapped()) go_(std::move(delivery));
}

void Declarations::take(const Notice& notice, Connection& connection) {
  if (notice.kind == Notice::Kind::ChannelOpened) state_ = State::Open;
  if (notice.kind == Notice::Kind::QueueDeclared) {
    state_ = State::Open;
    settle();
  }
  if (notice.kind != Notice::Kind::ChannelClosed) return;
  connection.acknowledgeClose(channel_);
  const bool declared = std::exchange(state_, State::Closed) == State::Declaring;
  if (!declared) return;
  runtime::log(runtime::LogLevel::Warning, "Lull.Rabbit", "a queue cannot be declared",
               {{"broker", broker_}, {"queue", declaring_}, {"error", text::printable(notice.text)}});
  settle();
}

std::vector<DeliveryPtr> Declarations::takeWaiting() {
  std::vector<DeliveryPtr> all;
  for (auto& [queue, held] : held_) std::ranges::move(held, std::back_inserter(all));
  held_.clear();
  return all;
}

}  // namespace lull::rabbit
