#pragma once

#include <lull/brokers/broker.hpp>
#include <lull/brokers/protocol.hpp>
#include <lull/domain/change_type.hpp>
#include <lull/formats/formats.hpp>
#include <lull/ports/alerts.hpp>
#include <lull/ports/brokers.hpp>
#include <lull/ports/channel.hpp>
#include <lull/ports/registry.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lull::brokers {

class Answering;
class Link;

/// What a channel works with; all of it must outlive the channel.
struct ChannelParts {
  const ports::RegistryReader& registry;  ///< which brokers are needed, and what queues are to be declared
  const Catalogue& catalogue;
  const formats::Formats& formats;
  ports::Alerts& alerts;  ///< told once of each time that a broker is away or takes nothing
  /// This host's own clock: when a message was published.
  std::function<Instant()> hostTime = [] { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); };
};

struct ChannelSettings {
  std::vector<Broker> brokers;        ///< each name once
  Millis connectTimeout{5'000};       ///< of connection, handshake and login, each
  std::chrono::seconds heartbeat{5};  ///< a broker that is silent for twice as long is away
  Millis firstPause{250};             ///< between two attempts to connect; doubled by each
  Millis longestPause{5'000};
  /// Messages that are published and not confirmed, at most: of one exchange (RabbitMQ), of one queue (AMQP 1.0), of
  /// the broker (STOMP).
  std::size_t window = 1'024;
  Millis blockedPause{2'000};  ///< how long endpoints are parked while a broker takes nothing
};

/// How a broker is spoken to; nullptr: this build of Lull cannot.
using ProtocolOf = std::function<std::shared_ptr<const Protocol>(const Broker&)>;

/// Publishes messages to brokers. There is one connection for each broker that an endpoint names, on a thread of its
/// own. While a broker is away or takes nothing, results are Released and park the endpoint (AttemptResult::parks):
/// nothing is charged. Thread-safe.
class BrokerChannel : public ports::Channel {
 public:
  /// `kind`: RabbitMq or Amqp.
  BrokerChannel(ChannelKind kind, ChannelParts parts, ChannelSettings settings, const ProtocolOf& protocolOf);
  ~BrokerChannel() override;
  BrokerChannel(const BrokerChannel&) = delete;
  BrokerChannel& operator=(const BrokerChannel&) = delete;

  /// Begins to connect. Before that, what is delivered waits. Throws std::system_error when there is no thread.
  void start();

  void deliver(ports::DeliveryRequest request, Callback done) override;
  std::optional<std::string> render(const Endpoint* endpoint, const Message& message) const override;
  void stopStarting() override;
  void stop() override;

  /// Of its way to a broker; absent: it has none to a broker of that name.
  std::optional<ports::BrokerLink> status(const std::string& broker) const;

 private:
  void answer(const Callback& done, AttemptResult result) const;
  Result<Outgoing> outgoing(const ports::DeliveryRequest& request, const Link& link) const;

  const ChannelKind kind_;
  const ChannelParts parts_;
  const ChannelSettings settings_;
  std::atomic<bool> starting_{true};
  const std::unique_ptr<Answering> answering_;
  std::map<std::string, std::unique_ptr<Link>> links_;  // by the broker's name; nullptr: it cannot be spoken to
};

}  // namespace lull::brokers
