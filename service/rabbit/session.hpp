#pragma once

#include "declarations.hpp"
#include "publisher.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lull::rabbit {

/// What happens on one connection, from the login to its loss. Used by the thread of its link.
class Session {
 public:
  using SteadyClock = std::chrono::steady_clock;
  Session(const Broker& broker, std::unique_ptr<Connection> connection, std::size_t window, Ending ending);

  /// Publishes it as soon as it can be.
  void add(DeliveryPtr delivery) { declarations_.pass(std::move(delivery)); }
  void declare(const std::string& queue) { declarations_.want(queue); }
  /// Reads what the broker says, and publishes what may be published now.
  void step();
  void heardNow() { heardAt_ = SteadyClock::now(); }

  int socket() const { return connection_->socket(); }
  /// There is something to read that the socket does not tell of.
  bool hasBuffered() const { return connection_->hasBuffered(); }
  /// There is something to publish, as soon as the system has room.
  bool awaitsRoom() const { return awaitsRoom_; }
  const std::optional<Loss>& lost() const { return connection_->lost(); }
  /// The broker takes no messages (connection.blocked): why, in its words. Nothing is published meanwhile.
  const std::optional<std::string>& blocked() const { return blocked_; }
  /// Whether the broker has said nothing for so long.
  bool silentFor(SteadyClock::duration time) const { return SteadyClock::now() - heardAt_ >= time; }

  std::vector<DeliveryPtr> takeWaiting();
  std::vector<DeliveryPtr> takeUnconfirmed();
  void close() { connection_->close(); }

 private:
  void take(const Notice& notice);
  void publishLater(DeliveryPtr delivery);
  void end(const DeliveryPtr& delivery, AttemptResult result);

  const std::string broker_;
  const std::unique_ptr<Connection> connection_;
  const std::size_t window_;  // of each exchange
  const Ending ending_;
  Declarations declarations_;
  std::map<std::string, std::uint16_t> channels_;  // by exchange
  std::map<std::uint16_t, Publisher> publishers_;  // by channel
  std::optional<std::string> blocked_;
  bool awaitsRoom_ = false;
  SteadyClock::time_point heardAt_ = SteadyClock::now();
};

}  // namespace lull::rabbit
