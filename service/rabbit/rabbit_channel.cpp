#include "outgoing.hpp"
#include "session.hpp"

#include <lull/rabbit/rabbit_channel.hpp>

#include <utility>

namespace lull::rabbit {

namespace {

class RabbitProtocol final : public brokers::Protocol {
 public:
  std::string threadName() const override { return "rabbit"; }
  Result<Outgoing> build(const ports::DeliveryRequest& request, const OutgoingParts& parts) const override {
    return buildOutgoing(request, parts);
  }
  brokers::Opened open(const Broker& broker, const ConnectionTimes& times) const override {
    auto opened = Connection::open(broker, times);
    if (auto* loss = std::get_if<Loss>(&opened)) return std::move(*loss);
    return std::make_unique<Session>(broker, std::get<std::unique_ptr<Connection>>(std::move(opened)));
  }
};

}  // namespace

RabbitChannel::RabbitChannel(RabbitChannelParts parts, RabbitChannelSettings settings)
    : BrokerChannel(ChannelKind::RabbitMq, std::move(parts), std::move(settings),
                    [](const Broker&) { return std::make_shared<RabbitProtocol>(); }) {}

}  // namespace lull::rabbit
