#pragma once

#include <lull/brokers/broker.hpp>
#include <lull/domain/change_type.hpp>
#include <lull/domain/result.hpp>
#include <lull/formats/formats.hpp>
#include <lull/ports/channel.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lull::brokers {

/// A message as it is published: where to, its properties, and its body.
struct Outgoing {
  std::string exchange{};    ///< RabbitMQ; empty: the default exchange, which routes to the queue of the routing key
  std::string routingKey{};  ///< without an exchange: the name of the queue
  std::string declare{};     ///< the queue that must have been declared before; empty: none
  std::string messageId{};
  std::string contentType{};
  std::uint64_t timestamp = 0;  ///< seconds since 1970
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
};

struct OutgoingParts {
  const formats::Format& format;
  const formats::Values& values;
  const Catalogue& catalogue;
  const Broker& broker;
  Instant now;  ///< of this host's clock
};

/// Adds to a message that says where it goes all that is the same for every broker: its properties and its body. Pure.
Outgoing completed(Outgoing addressed, const ports::DeliveryRequest& request, const OutgoingParts& parts);

}  // namespace lull::brokers
