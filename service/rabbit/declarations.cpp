#include "declarations.hpp"

#include <lull/runtime/log.hpp>
#include <lull/text/printable.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace lull::rabbit {

void Declarations::want(const std::string& queue) {
  if (settled_.contains(queue) || std::ranges::find(wanted_, queue) != wanted_.end()) return;
  wanted_.push_back(queue);
}

void Declarations::pass(DeliveryPtr delivery) {
  const auto& queue = delivery->message().declare;
  if (queue.empty() || settled_.contains(queue)) return go_(std::move(delivery));
  want(queue);
  held_[queue].push_back(std::move(delivery));
}

void Declarations::step(Connection& connection) {
  if (wanted_.empty()) return;
  if (state_ == State::Closed) {
    state_ = State::Opening;
    connection.openChannel(channel_);
  } else if (state_ == State::Open) {
    state_ = State::Declaring;
    connection.declareQueue(channel_, wanted_.front());
  }
}

void Declarations::settle() {
  const auto queue = std::move(wanted_.front());
  wanted_.pop_front();
  settled_.insert(queue);
  auto held = held_.extract(queue);
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
               {{"broker", broker_}, {"queue", wanted_.front()}, {"error", text::printable(notice.text)}});
  settle();
}

std::vector<DeliveryPtr> Declarations::takeWaiting() {
  std::vector<DeliveryPtr> all;
  for (auto& [queue, held] : held_) std::ranges::move(held, std::back_inserter(all));
  held_.clear();
  return all;
}

}  // namespace lull::rabbit
