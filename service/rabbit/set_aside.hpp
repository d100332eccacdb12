#pragma once

#include "connection.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lull::rabbit {

/// Publishes messages that are no events to a dead-letter exchange, on an AMQP channel of its own, with confirms. Used
/// by the thread of its consumption. After a round in which some could not be set aside, the next one publishes them
/// one at a time: what the broker says then is of one message, and the others are not published again for its sake.
class SetAside {
 public:
  SetAside(std::string broker, std::string exchange, std::uint16_t channel)
      : broker_(std::move(broker)), exchange_(std::move(exchange)), channel_(channel) {}

  void add(std::shared_ptr<Incoming> message, std::string reason) {
    waiting_.emplace_back(std::move(message), std::move(reason));
  }
  /// Publishes what was added, as soon as the channel is open.
  void publish(Connection& connection);
  /// A notice of this channel. Returns the tags of messages that the exchange has, and with it a queue.
  std::vector<std::uint64_t> take(const Notice& notice, Connection& connection);
  bool busy() const { return !waiting_.empty() || !open_.empty(); }
  /// Ends a round.
  std::optional<std::string> takeTrouble() {
    oneByOne_ = trouble_.has_value();
    return std::exchange(trouble_, std::nullopt);
  }
  /// `blocked`: why the broker takes no messages at present, in its words.
  void giveUp(Connection& connection, const std::optional<std::string>& blocked);

 private:
  enum class State : std::uint8_t { Closed, Opening, Selecting, Open, Closing };
  std::vector<std::uint64_t> confirm(const Notice& notice);
  void end(std::string trouble);

  const std::string broker_;
  const std::string exchange_;
  const std::uint16_t channel_;
  State state_ = State::Closed;
  std::deque<std::pair<std::shared_ptr<Incoming>, std::string>> waiting_;  // with their reasons
  std::map<std::uint64_t, std::shared_ptr<Incoming>> open_;  // published and not confirmed, by their number
  std::uint64_t last_ = 0;                                   // of those numbers, since the channel was opened
  // Routing keys that no queue is bound for. What comes back does not say which message it was; all of the same key
  // share its fate.
  std::set<std::string> unroutable_;
  std::optional<std::string> trouble_;
  bool oneByOne_ = false;
};

}  // namespace lull::rabbit
