#include <lull/brokers/protocol.hpp>

namespace lull::brokers {

namespace {

template <class Target>
std::optional<Destination> of(const Target* target) {
  if (target == nullptr) return std::nullopt;
  return Destination{target->broker, target->declare ? target->queue : std::string()};
}

}  // namespace

std::optional<Destination> destinationOf(const Registration& registration, ChannelKind kind) {
  if (kind == ChannelKind::RabbitMq) return of(registration.rabbit());
  if (kind == ChannelKind::Amqp) return of(registration.amqp());
  return std::nullopt;
}

}  // namespace lull::brokers
