#pragma once

#include "connection.hpp"
#include "look.hpp"
#include "set_aside.hpp"
#include "unacknowledged.hpp"

#include <lull/rabbit/rabbit_queue.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lull::rabbit {

/// What happens on one connection that consumes a queue, from the login to its loss. Used by one thread.
class Consumption {
 public:
  /// The settings outlive this object.
  Consumption(const RabbitQueueSettings& settings, std::unique_ptr<Connection> connection);

  /// Reads what the broker says, and answers.
  void step();
  /// Why there is nothing any more, as a sentence.
  const std::optional<std::string>& failure() const { return failure_; }
  int socket() const { return connection_->socket(); }
  bool hasBuffered() const { return connection_->hasBuffered(); }

  /// Takes out what has arrived, the first messages first. Looks into the queue when nothing has.
  std::vector<ports::QueueMessage> take(std::size_t most);
  bool empty() const { return waiting_.empty() && open_.empty() && look_.isEmpty(); }

  /// Nothing is unacknowledged of these afterwards.
  void acknowledge(const std::vector<std::uint64_t>& tags);
  /// Begins to set them aside.
  void setAside(const std::vector<ports::RefusedMessage>& refused);
  /// Nothing is under way that setAside() has begun.
  bool settled() const { return !aside_.busy(); }
  /// Takes out what became of them.
  ports::SetAside takeSetAside() { return {std::exchange(there_, {}), aside_.takeTrouble().value_or("")}; }
  /// The broker does not answer; what it says of them later is passed over.
  void giveUpAside() { aside_.giveUp(*connection_, blocked_); }

  void close() { connection_->close(); }
  /// Reads and forgets.
  void passOver() {
    while (connection_->next()) {
    }
  }
  bool closed() const { return connection_->lost().has_value(); }

 private:
  enum class State : std::uint8_t { Opening, Limiting, Looking, Starting, Consuming };

  void take(const Notice& notice);
  /// When it is set aside; otherwise it is rejected.
  bool isPublished(const Incoming& message) const;
  void closedByBroker(const Notice& notice);
  std::string queueName() const;

  const RabbitQueueSettings& settings_;
  const std::unique_ptr<Connection> connection_;
  State state_ = State::Opening;
  Look look_;
  std::deque<std::shared_ptr<Incoming>> waiting_;  // arrived, and not taken
  Unacknowledged open_;                            // without bodies that nobody needs
  SetAside aside_;
  std::vector<std::uint64_t> there_;    // where refused ones belong, since that was taken out
  std::optional<std::string> blocked_;  // why the broker takes no messages at present, in its words
  std::optional<std::string> failure_;
};

}  // namespace lull::rabbit
