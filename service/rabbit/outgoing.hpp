#pragma once

#include <lull/brokers/outgoing.hpp>

namespace lull::rabbit {

using brokers::Broker;
using brokers::Outgoing;
using brokers::OutgoingParts;

/// What is published for one attempt. An error says in a sentence why there is nothing: with Unavailable other settings
/// may help, with InvalidInput nothing will. Pure.
Result<Outgoing> buildOutgoing(const ports::DeliveryRequest& request, const OutgoingParts& parts);

}  // namespace lull::rabbit
