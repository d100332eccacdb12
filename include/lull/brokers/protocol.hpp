#pragma once

#include <lull/brokers/broker.hpp>
#include <lull/brokers/outgoing.hpp>
#include <lull/brokers/session.hpp>
#include <lull/domain/endpoint.hpp>

#include <optional>
#include <string>

namespace lull::brokers {

/// What a registration says of its broker, whatever the channel.
struct Destination {
  std::string broker;
  std::string declare{};  ///< the queue that is to be declared; empty: none
};
/// Nothing when the endpoint is of another channel than `kind`, or of none to a broker.
std::optional<Destination> destinationOf(const Registration& registration, ChannelKind kind);

/// How messages reach one broker. Each broker of a channel has one; it is shared by all connections to that broker.
/// Thread-safe.
class Protocol {
 public:
  virtual ~Protocol() = default;
  /// The thread of a link: at most 7 characters.
  virtual std::string threadName() const = 0;
  /// What is published for one attempt. An error says in a sentence why there is nothing: with Unavailable other
  /// settings may help, with InvalidInput nothing will.
  virtual Result<Outgoing> build(const ports::DeliveryRequest& request, const OutgoingParts& parts) const = 0;
  /// Resolves the name, connects and logs in. Blocks, for as long as the system's resolver does and a few time-outs
  /// more.
  virtual Opened open(const Broker& broker, const ConnectionTimes& times) const = 0;
};

}  // namespace lull::brokers
