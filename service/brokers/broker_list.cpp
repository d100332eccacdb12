#include <lull/brokers/broker_list.hpp>
#include <lull/brokers/protocol.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace lull::brokers {

namespace {

using ports::BrokerState;
using ports::BrokerStatus;

constexpr std::array kWays{ChannelKind::RabbitMq, ChannelKind::Amqp};

/// Who names a broker, and by which channel.
using Naming = std::map<std::pair<std::string, ChannelKind>, std::vector<EndpointId>>;

Naming namingIn(const ports::RegistrySnapshot& registry) {
  Naming naming;
  for (const auto& [id, endpoint] : registry.endpoints) {
    for (const auto way : kWays) {
      if (const auto to = destinationOf(endpoint->registration, way)) naming[{to->broker, way}].push_back(id);
    }
  }
  return naming;
}

std::string protocolOf(const ListedBroker& broker, ChannelKind way) {
  return broker.stomp && way == ChannelKind::Amqp ? "stomp" : std::string(toString(way));
}

/// A link looks at the registry only now and then, and keeps a connection that nobody needs any more.
void agree(BrokerStatus& one) {
  auto& link = one.link;
  if (one.endpoints.empty()) {
    link = {BrokerState::Idle, {}, {}, link.inFlight, link.confirmed};
  } else if (link.state == BrokerState::Idle) {
    link.state = BrokerState::Connecting;
  }
}

ports::BrokerLink noWay(const std::string& name, bool stomp) {
  return {BrokerState::Unavailable,
          {},
          stomp ? "The broker " + name +
                      " is spoken to by STOMP (Brokers:Protocol), so only endpoints of channel amqp reach it."
                : "The settings have no broker " + name + " (Brokers)."};
}

}  // namespace

BrokerList::BrokerList(const ports::RegistryReader& registry, std::vector<ListedBroker> brokers, LinkOf rabbit,
                       LinkOf amqp)
    : registry_(registry), brokers_(std::move(brokers)), rabbit_(std::move(rabbit)), amqp_(std::move(amqp)) {}

std::vector<BrokerStatus> BrokerList::list() const {
  auto naming = namingIn(*registry_.cached());
  std::vector<BrokerStatus> all;
  for (const auto& broker : brokers_) {
    const auto before = all.size();
    for (const auto way : kWays) {
      auto named = naming.extract({broker.name, way});
      auto link = (way == ChannelKind::RabbitMq ? rabbit_ : amqp_)(broker.name);
      if (!link && named.empty()) continue;
      BrokerStatus one{broker.name, protocolOf(broker, way), link ? *link : noWay(broker.name, broker.stomp)};
      if (!named.empty()) one.endpoints = std::move(named.mapped());
      agree(one);
      const bool used = !one.endpoints.empty() || one.link.inFlight > 0 || one.link.confirmed > 0;
      if (used) all.push_back(std::move(one));
    }
    if (all.size() == before) all.push_back({broker.name, broker.stomp ? "stomp" : ""});
  }
  for (auto& [key, ids] : naming)
    all.push_back({key.first, std::string(toString(key.second)), noWay(key.first, false), std::move(ids), false});
  return all;
}

}  // namespace lull::brokers
