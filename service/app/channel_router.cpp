#include "channel_router.hpp"

#include <utility>

namespace lull::app {

void ChannelRouter::deliver(ports::DeliveryRequest request, Callback done) {
  auto& channel = of(request.endpoint->registration.channel());
  channel.deliver(std::move(request), std::move(done));
}

std::optional<std::string> ChannelRouter::render(const Endpoint* endpoint, const Message& message) const {
  const auto kind = endpoint != nullptr ? endpoint->registration.channel() : ChannelKind::Webhook;
  return of(kind).render(endpoint, message);
}

void ChannelRouter::stopStarting() {
  for (auto& channel : rows_) channel.get().stopStarting();
}

void ChannelRouter::stop() {
  stopStarting();
  for (auto& channel : rows_) channel.get().stop();
}

}  // namespace lull::app
