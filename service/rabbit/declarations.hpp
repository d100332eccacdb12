#pragma once

#include "confirms.hpp"
#include "connection.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lull::rabbit {

/// Declares durable queues on an AMQP channel of their own, one after another, and each once in a connection. Messages
/// for a queue wait until the broker has answered; what they wait for comes first. A queue that cannot be declared
/// (another one of that name is there, or the user may not) is logged, and published to all the same. Used by the
/// thread of its link.
class Declarations {
 public:
  /// `go` gets the messages that may go on.
  using Go = std::function<void(DeliveryPtr)>;
  Declarations(std::string broker, std::uint16_t channel, Go go)
      : broker_(std::move(broker)), channel_(channel), go_(std::move(go)) {}

  void want(const std::string& queue);
  /// Passes the message on, at once or once its queue has been declared.
  void pass(DeliveryPtr delivery);
  /// Declares what is wanted next, unless an answer is still to come.
  void step(Connection& connection);
  void take(const Notice& notice, Connection& connection);
  /// The queue is not there (any more): it is declared again when the next message needs it.
  void forget(const std::string& queue) { settled_.erase(queue); }
  std::vector<DeliveryPtr> takeWaiting();

 private:
  enum class State : std::uint8_t { Closed, Opening, Open, Declaring };
  std::string takeNext();
  void settle();

  const std::string broker_;
  const std::uint16_t channel_;
  const Go go_;
  State state_ = State::Closed;
  std::string declaring_;           // in State::Declaring
  std::deque<std::string> urgent_;  // a message waits for each; they may be in wanted_ as well
  std::deque<std::string> wanted_;
  std::set<std::string> settled_;                         // has been answered
  std::map<std::string, std::vector<DeliveryPtr>> held_;  // by the queue that they wait for
};

}  // namespace lull::rabbit
