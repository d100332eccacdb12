#pragma once

#include "declarations.hpp"
#include "publisher.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lull::rabbit {

/// What happens on one connection, from the login to its loss. Used by the thread of its link.
class Session final : public brokers::Session {
 public:
  Session(const Broker& broker, std::unique_ptr<Connection> connection);

  void add(DeliveryPtr delivery) override { declarations_.pass(std::move(delivery)); }
  void declare(const std::string& queue) override { declarations_.want(queue); }
  void step() override;

  int socket() const override { return connection_->socket(); }
  bool hasBuffered() const override { return connection_->hasBuffered(); }
  bool awaitsRoom() const override { return awaitsRoom_; }
  const std::optional<Loss>& lost() const override { return connection_->lost(); }
  /// connection.blocked
  const std::optional<std::string>& blocked() const override { return blocked_; }

  std::vector<DeliveryPtr> takeWaiting() override;
  std::vector<DeliveryPtr> takeUnconfirmed() override;
  void close() override { connection_->close(); }

 private:
  void take(const Notice& notice);
  void publishLater(DeliveryPtr delivery);
  void ended(const DeliveryPtr& delivery, AttemptResult result);

  const std::string broker_;
  const std::unique_ptr<Connection> connection_;
  Declarations declarations_;
  std::map<std::string, std::uint16_t> channels_;  // by exchange
  std::map<std::uint16_t, Publisher> publishers_;  // by channel
  std::optional<std::string> blocked_;
  bool awaitsRoom_ = false;
};

}  // namespace lull::rabbit
