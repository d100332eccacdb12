#pragma once

#include "confirms.hpp"
#include "connection.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace lull::rabbit {

using brokers::Ending;

/// The messages for one exchange, on an AMQP channel of their own: a broker closes the channel when the exchange is
/// missing or forbidden, and with it goes all that it has not confirmed there. The channel is opened when the first
/// message needs it, and again after it was closed. Used by the thread of its link.
class Publisher {
 public:
  /// At most `window` messages that somebody waits for are under way at once. Those that were given up take no place,
  /// because a queue that never confirms (a quorum queue without its majority) would stop all others; when there are
  /// four times as many of them, the channel is opened anew, and the broker forgets them.
  Publisher(std::string broker, std::uint16_t channel, std::size_t window, Ending ending)
      : broker_(std::move(broker)), channel_(channel), window_(window), ending_(std::move(ending)) {}

  void add(DeliveryPtr delivery) { waiting_.push_back(std::move(delivery)); }
  /// Publishes what may be published now. False: there is more, and the system has no room for it yet.
  bool publish(Connection& connection);
  /// A notice of this channel.
  void take(const Notice& notice, Connection& connection);
  /// Takes out what was not published yet.
  std::vector<DeliveryPtr> takeWaiting();
  /// Takes out what was published and not confirmed.
  std::vector<DeliveryPtr> takeUnconfirmed() { return confirms_.takeAll(); }

 private:
  enum class State : std::uint8_t { Closed, Opening, Selecting, Open, Closing };

  void closed(const Notice& notice);
  void gone();
  std::size_t requeue(std::vector<DeliveryPtr> lost);
  bool hasTooManyGivenUp() const;
  std::size_t freePlaces() const;
  void dropEnded();

  const std::string broker_;
  const std::uint16_t channel_;
  const std::size_t window_;
  const Ending ending_;
  State state_ = State::Closed;
  std::deque<DeliveryPtr> waiting_;
  Confirms confirms_;
  std::size_t suspects_ = 0;  // one of so many messages at the front was refused: one at a time
};

}  // namespace lull::rabbit
