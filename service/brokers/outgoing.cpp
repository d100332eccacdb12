#include <lull/brokers/outgoing.hpp>
#include <lull/formats/message_headers.hpp>

#include <algorithm>
#include <chrono>

namespace lull::brokers {

Outgoing completed(Outgoing addressed, const ports::DeliveryRequest& request, const OutgoingParts& parts) {
  const Message& message = request.message;
  Outgoing out = std::move(addressed);
  out.messageId = message.id;
  out.contentType = parts.format.text.contentType;
  out.timestamp = static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::floor<std::chrono::seconds>(parts.now).time_since_epoch().count(), 0));
  parts.format.body.appendTo(out.body, message, parts.catalogue);

  formats::appendMessageHeaders(out.headers, message, request.test, parts.format, parts.catalogue);
  return out;
}

}  // namespace lull::brokers
