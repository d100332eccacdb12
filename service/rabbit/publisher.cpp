#include "publisher.hpp"

#include "results.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lull::rabbit {

std::size_t Publisher::window() const {
  constexpr std::size_t kMostUnconfirmed = 1024;
  return suspects_ > 0 ? 1 : kMostUnconfirmed;
}

bool Publisher::publish(Connection& connection) {
  while (!waiting_.empty() && waiting_.front()->ended()) waiting_.pop_front();
  if (waiting_.empty()) return true;
  if (state_ == State::Closed) {
    state_ = State::Opening;
    connection.openChannel(channel_);
  }
  if (state_ != State::Open) return true;
  while (!waiting_.empty() && confirms_.size() < window() && !connection.lost()) {
    const auto delivery = waiting_.front();
    if (!delivery->ended()) {
      if (!connection.room(delivery->message().body.size())) return false;
      connection.publish(channel_, delivery->message());
      delivery->publishedAt = Delivery::SteadyClock::now();
      confirms_.add(delivery);
    }
    waiting_.pop_front();
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
    case Notice::Kind::QueueDeclared:
    case Notice::Kind::Blocked:
    case Notice::Kind::Unblocked:
      return;
  }
}

// One message is to blame, and the broker does not say which. Where the exchange is the fault, it is that of all of
// them. Where the content is, they are published again one by one, until the broker refuses the one that is alone.
void Publisher::closed(const Notice& notice) {
  state_ = State::Closed;
  auto lost = confirms_.takeAll();
  const bool content = isContentFault(notice.code);
  if (content && lost.size() > 1) {
    suspects_ = lost.size();
    waiting_.insert(waiting_.begin(), std::make_move_iterator(lost.begin()), std::make_move_iterator(lost.end()));
    return;
  }
  if (suspects_ > 0) --suspects_;
  for (const auto& delivery : lost) ending_(delivery, channelClosed(broker_, notice.code, notice.text, content));
}

std::vector<DeliveryPtr> Publisher::takeWaiting() {
  std::vector<DeliveryPtr> all(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  return all;
}

}  // namespace lull::rabbit
