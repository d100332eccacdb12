#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/formats/formats.hpp>
#include <lull/ports/alerts.hpp>
#include <lull/ports/channel.hpp>
#include <lull/ports/registry.hpp>
#include <lull/rabbit/broker.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lull::rabbit {

class Answering;
class Link;

/// What the channel works with; all of it must outlive the channel.
struct RabbitChannelParts {
  const ports::RegistryReader& registry;  ///< whose endpoints have queues that are to be declared
  const Catalogue& catalogue;
  const formats::Formats& formats;
  ports::Alerts& alerts;  ///< told once of each time that a broker is away or takes nothing
  /// This host's own clock: the property `timestamp`.
  std::function<Instant()> hostTime = [] { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); };
};

struct RabbitChannelSettings {
  std::vector<Broker> brokers;        ///< each name once
  Millis connectTimeout{5'000};       ///< of connection, handshake and login, each
  std::chrono::seconds heartbeat{5};  ///< a broker that is silent for twice as long is away
  Millis firstPause{250};             ///< between two attempts to connect; doubled by each
  Millis longestPause{5'000};
  std::size_t window = 1'024;  ///< messages of one exchange that are published and not confirmed, at most
  Millis blockedPause{2'000};  ///< how long endpoints are parked while a broker takes nothing (connection.blocked)
};

/// Publishes messages to RabbitMQ (AMQP 0-9-1), with one connection for each broker, on a thread of its own. A message
/// is persistent and mandatory, and delivered once the broker has confirmed it and has not returned it. While a broker
/// is away or takes nothing, results are Released and park the endpoint (AttemptResult::parks): nothing is charged.
/// Thread-safe.
class RabbitChannel final : public ports::Channel {
 public:
  RabbitChannel(RabbitChannelParts parts, RabbitChannelSettings settings);
  ~RabbitChannel() override;
  RabbitChannel(const RabbitChannel&) = delete;
  RabbitChannel& operator=(const RabbitChannel&) = delete;

  /// Begins to connect. Before that, what is delivered waits. Throws std::system_error when there is no thread.
  void start();

  void deliver(ports::DeliveryRequest request, Callback done) override;
  std::optional<std::string> render(const Endpoint* endpoint, const Message& message) const override;
  void stopStarting() override;
  void stop() override;

 private:
  void answer(const Callback& done, AttemptResult result) const;

  const RabbitChannelParts parts_;
  const RabbitChannelSettings settings_;
  std::atomic<bool> starting_{true};
  const std::unique_ptr<Answering> answering_;
  std::map<std::string, std::unique_ptr<Link>> links_;  // by the broker's name; constant after construction
};

}  // namespace lull::rabbit
