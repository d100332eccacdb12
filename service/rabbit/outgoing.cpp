#include "outgoing.hpp"

#include <string_view>
#include <utility>

namespace lull::rabbit {

namespace {

constexpr std::size_t kMostNameBytes = 255;  // AMQP 0-9-1 section 4.2.5.3: a short string

Error cannotBeSent(std::string sentence) {
  return {ErrorCode::InvalidInput, std::move(sentence)};
}

/// Where the message goes. What the settings lack now they may have again later.
Status address(Outgoing& out, const ports::DeliveryRequest& request, const OutgoingParts& parts) {
  const auto& target = std::get<RabbitTarget>(request.endpoint->registration.target);
  if (!target.queue.empty()) {
    out.routingKey = target.queue;
    if (target.declare) out.declare = target.queue;
    return Done{};
  }
  out.exchange = target.exchange.empty() ? parts.broker.exchange : target.exchange;
  if (out.exchange.empty()) {
    return Error{ErrorCode::Unavailable,
                 "The endpoint names no exchange, and the Url of the broker " + parts.broker.name + " has none."};
  }
  const auto key = formats::readTextTemplate(target.routingKey, parts.values);
  if (!key)
    return Error{ErrorCode::Unavailable, "The routing key cannot be made: " + key.error().fields.front().detail};
  key->appendTo(out.routingKey, request.message, parts.catalogue);
  if (out.routingKey.size() > kMostNameBytes)
    return cannotBeSent("The routing key of this message is longer than 255 bytes.");
  return Done{};
}

}  // namespace

Result<Outgoing> buildOutgoing(const ports::DeliveryRequest& request, const OutgoingParts& parts) {
  Outgoing out;
  if (auto addressed = address(out, request, parts); !addressed) return std::move(addressed).error();
  return brokers::completed(std::move(out), request, parts);
}

}  // namespace lull::rabbit
