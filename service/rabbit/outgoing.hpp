#pragma once

#include <lull/domain/change_type.hpp>
#include <lull/domain/result.hpp>
#include <lull/formats/formats.hpp>
#include <lull/ports/channel.hpp>
#include <lull/rabbit/broker.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lull::rabbit {

/// A message as it is published: where to, its properties, and its body.
struct Outgoing {
  std::string exchange;  ///< empty: the default exchange, which routes to the queue of the routing key
  std::string routingKey;
  std::string declare{};  ///< the queue that must have been declared before; empty: none
  std::string messageId;
  std::string contentType;
  std::uint64_t timestamp = 0;  ///< seconds since 1970
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct OutgoingParts {
  const formats::Format& format;
  const formats::Values& values;
  const Catalogue& catalogue;
  const Broker& broker;
  Instant now;  ///< of this host's clock
};

/// What is published for one attempt. An error says in a sentence why there is nothing: with Unavailable other settings
/// may help, with InvalidInput nothing will. Pure.
Result<Outgoing> buildOutgoing(const ports::DeliveryRequest& request, const OutgoingParts& parts);

}  // namespace lull::rabbit
