#include "publisher.hpp"

#include "results.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lull::rabbit {

bool Publisher::hasTooManyGivenUp() const {
  constexpr std::size_t kWindows = 4;
  const auto most = suspects_ > 0 ? 1 : kWindows * window_;
  return confirms_.size() >= most && confirms_.size() - confirms_.awaited() >= most;
}

/// How many messages may be published now at least; none only when there is no place at all.
std::size_t Publisher::freePlaces() const {
  if (suspects_ > 0) return confirms_.size() == 0 ? 1 : 0;
  if (confirms_.size() < window_) return window_ - confirms_.size();
  return window_ - std::min(window_, confirms_.awaited());
}

void Publisher::dropEnded() {
  while (!waiting_.empty() && waiting_.front()->ended()) {
    waiting_.pop_front();
    if (suspects_ > confirms_.size()) --suspects_;
  }
}

bool Publisher::publish(Connection& connection) {
  dropEnded();
  if (waiting_.empty()) return true;
  if (state_ == State::Closed) {
    state_ = State::Opening;
    connection.openChannel(channel_);
  }
  if (state_ == State::Open && hasTooManyGivenUp()) {
    state_ = State::Closing;
    connection.closeChannel(channel_);
  }
  if (state_ != State::Open) return true;
  for (std::size_t free = 0; !waiting_.empty() && !connection.lost(); dropEnded()) {
    if (free == 0) free = freePlaces();
    if (free == 0) return true;
    const auto delivery = waiting_.front();
    if (!connection.room(delivery->message().body.size())) return false;
    connection.publish(channel_, delivery->message());
    delivery->publishedAt = Delivery::SteadyClock::now();
    confirms_.add(delivery);
    waiting_.pop_front();
    --free;
  }
  return true;
}

void Publisher::take(const Notice& notice, Connection& connection) {
  switch (notice.kind) {
    case Notice::Kind::ChannelOpened:
      state_ = State::Selecting;
      connection.selectConfirms(channel_);
      return;
    case Notice::Kind::ConfirmsSelected:
      state_ = State::Open;
      return;
    case Notice::Kind::Returned:
      confirms_.noteReturn(notice.messageId, {notice.code, notice.text});
      return;
    case Notice::Kind::Acked:
    case Notice::Kind::Nacked:
      for (auto& [delivery, returned] : confirms_.confirm(notice.tag, notice.multiple)) {
        if (suspects_ > 0) --suspects_;
        if (notice.kind == Notice::Kind::Nacked) {
          ending_(delivery, refused(broker_));
        } else {
          ending_(delivery, returned ? unroutable(delivery->message(), *returned) : confirmed());
        }
      }
      return;
    case Notice::Kind::ChannelClosed:
      connection.acknowledgeClose(channel_);
      closed(notice);
      return;
    case Notice::Kind::ChannelGone:
      if (state_ == State::Closing) gone();
      return;
    case Notice::Kind::QueueDeclared:
    case Notice::Kind::PrefetchLimited:
    case Notice::Kind::Consuming:
    case Notice::Kind::Delivered:
    case Notice::Kind::Cancelled:
    case Notice::Kind::Blocked:
    case Notice::Kind::Unblocked:
      return;
  }
}

/// They are published again, first of all and in their order; gives their number. Nobody waits for those that have
/// ended.
std::size_t Publisher::requeue(std::vector<DeliveryPtr> lost) {
  std::erase_if(lost, [](const auto& delivery) { return delivery->ended(); });
  waiting_.insert(waiting_.begin(), std::make_move_iterator(lost.begin()), std::make_move_iterator(lost.end()));
  return lost.size();
}

// The broker may have some of what is published again: a receiver has to expect that anyway.
void Publisher::gone() {
  state_ = State::Closed;
  auto lost = confirms_.takeAll();
  const auto count = lost.size();
  const auto ended = count - requeue(std::move(lost));
  suspects_ -= std::min(suspects_, ended);
}

// One message is to blame, and the broker does not say which. Where the exchange is missing, that is the fault of all
// of them. Where it may be that of one (isOfOneMessage), they are published again one by one, until the broker refuses
// the one that is alone.
void Publisher::closed(const Notice& notice) {
  state_ = State::Closed;
  auto lost = confirms_.takeAll();
  const bool ofOne = isOfOneMessage(notice.code);
  if (ofOne && lost.size() > 1) {
    suspects_ = requeue(std::move(lost));
    return;
  }
  if (suspects_ > 0) --suspects_;
  for (const auto& delivery : lost) ending_(delivery, channelClosed(broker_, notice.code, notice.text, ofOne));
}

std::vector<DeliveryPtr> Publisher::takeWaiting() {
  std::vector<DeliveryPtr> all(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  suspects_ = std::min(suspects_, confirms_.size());
  return all;
}

}  // namespace lull::rabbit
