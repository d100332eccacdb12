#include "set_aside.hpp"

#include <lull/brokers/results.hpp>
#include <lull/text/printable.hpp>

namespace lull::rabbit {

void SetAside::publish(Connection& connection) {
  if (waiting_.empty()) return;
  if (state_ == State::Closed) {
    state_ = State::Opening;
    connection.openChannel(channel_);
  }
  if (state_ != State::Open || (oneByOne_ && !open_.empty())) return;
  unroutable_.clear();
  for (bool more = true; more && !waiting_.empty(); waiting_.pop_front(), more = !oneByOne_) {
    const auto& [message, reason] = waiting_.front();
    connection.republish(channel_, *message, exchange_, reason);
    open_.emplace(++last_, message);
  }
}

std::vector<std::uint64_t> SetAside::take(const Notice& notice, Connection& connection) {
  constexpr int kMissing = 404;
  const auto exchange = "The dead-letter exchange " + text::printable(exchange_) + " of the broker " + broker_;
  const auto said = " (" + std::to_string(notice.code) + " " + brokers::quoted(notice.text) + ")";
  switch (notice.kind) {
    case Notice::Kind::ChannelOpened:
      state_ = State::Selecting;
      last_ = 0;
      connection.selectConfirms(channel_);
      return {};
    case Notice::Kind::ConfirmsSelected:
      state_ = State::Open;
      publish(connection);
      return {};
    case Notice::Kind::Returned:
      unroutable_.insert(notice.routingKey);
      trouble_ = exchange + " has no queue bound for the routing key " + text::printable(notice.routingKey) + said +
                 ". Messages that are no events stay where they are until it has: bind one.";
      return {};
    case Notice::Kind::Nacked:
      trouble_ = exchange +
                 " has a queue that refuses messages (basic.nack), as one does that is full. Messages that "
                 "are no events stay where they are until it takes them.";
      [[fallthrough]];
    case Notice::Kind::Acked: {
      auto there = confirm(notice);
      publish(connection);
      return there;
    }
    case Notice::Kind::ChannelClosed:
      connection.acknowledgeClose(channel_);
      state_ = State::Closed;
      trouble_ =
          exchange + " takes no messages" + said +
          ". Messages that are no events stay where they are until it does: declare it, and let the user write to it.";
      open_.clear();
      // The broker may refuse that one only, as one whose routing key the user may not use.
      if (!oneByOne_ || notice.code == kMissing) waiting_.clear();
      publish(connection);
      return {};
    case Notice::Kind::ChannelGone:
      state_ = State::Closed;
      publish(connection);  // what was added since
      return {};
    default:
      return {};
  }
}

std::vector<std::uint64_t> SetAside::confirm(const Notice& notice) {
  std::vector<std::uint64_t> there;
  const bool all = notice.multiple && notice.tag == 0;
  const auto end = all ? open_.end() : open_.upper_bound(notice.tag);
  auto at = notice.multiple ? open_.begin() : open_.find(notice.tag);
  if (!notice.multiple && at == open_.end()) return there;
  while (at != end) {
    const bool has = notice.kind == Notice::Kind::Acked && !unroutable_.contains(at->second->routingKey);
    if (has) there.push_back(at->second->tag);
    at = open_.erase(at);
  }
  return there;
}

void SetAside::end(std::string trouble) {
  trouble_ = std::move(trouble);
  waiting_.clear();
  open_.clear();
}

void SetAside::giveUp(Connection& connection, const std::optional<std::string>& blocked) {
  const auto why = blocked ? " takes no messages at present (" + text::printable(*blocked) + "), and" : std::string();
  end("The broker " + broker_ + why + " has not confirmed in time that the dead-letter exchange " +
      text::printable(exchange_) + " has the messages that are no events. They stay where they are.");
  if (state_ != State::Open) return;
  state_ = State::Closing;
  connection.closeChannel(channel_);
}

}  // namespace lull::rabbit
