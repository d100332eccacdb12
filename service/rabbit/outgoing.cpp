#include "outgoing.hpp"

#include <lull/formats/message_headers.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>

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
  const Message& message = request.message;
  Outgoing out;
  if (auto addressed = address(out, request, parts); !addressed) return std::move(addressed).error();
  out.messageId = message.id;
  out.contentType = parts.format.text.contentType;
  out.timestamp = static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::floor<std::chrono::seconds>(parts.now).time_since_epoch().count(), 0));
  parts.format.body.appendTo(out.body, message, parts.catalogue);

  formats::appendMessageHeaders(out.headers, message, request.test, parts.format, parts.catalogue);
  return out;
}

}  // namespace lull::rabbit
