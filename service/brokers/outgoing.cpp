#include <lull/brokers/outgoing.hpp>
#include <lull/text/traceparent.hpp>

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

  auto& headers = out.headers;
  headers.emplace_back("Lull-Sequence", std::to_string(message.upto));
  headers.emplace_back("Lull-Event-Count", std::to_string(message.eventCount));
  headers.emplace_back("Lull-Attempt", std::to_string(std::max<std::uint32_t>(message.attempts, 1)));
  if (text::isTraceparent(message.traceparent)) headers.emplace_back("traceparent", message.traceparent);
  if (message.replay) headers.emplace_back("Lull-Replay", "true");
  if (request.test) headers.emplace_back("Lull-Test", "true");
  for (const auto& [name, value] : parts.format.headers) {
    value.appendTo(headers.emplace_back(name, "").second, message, parts.catalogue);
  }
  return out;
}

}  // namespace lull::brokers
