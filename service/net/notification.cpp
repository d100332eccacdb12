#include <lull/net/notification.hpp>
#include <lull/net/signer.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/http_field.hpp>
#include <lull/text/traceparent.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>

namespace lull::net {

namespace {

std::string jsonString(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string jsonId(const ItemId& id) {
  return id.isNumber() ? id.text() : jsonString(id.text());
}

}  // namespace

std::string notificationBody(const Message& message, IdField idField, const Catalogue& catalogue) {
  std::string idName = "BaseId";
  if (idField == IdField::Specific) {
    if (const ChangeType* type = catalogue.ofValue(message.key.changeType)) idName = type->idName;
  }
  return "{\"ChangeType\":" + std::to_string(message.key.changeType) +
         ",\"Data\":{\"ItemId\":" + jsonId(message.key.itemId) + "," + jsonString(idName) + ":" +
         jsonId(message.payload.baseId) + "}}";
}

Result<Notification> buildNotification(const NotificationRequest& request, const NotificationDefaults& defaults,
                                       const Catalogue& catalogue) {
  const Registration& registration = request.endpoint.registration;
  const Message& message = request.message;
  Notification result;
  result.body = notificationBody(message, registration.idField.value_or(defaults.idField), catalogue);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(request.signedAt).time_since_epoch().count();
  auto signature = signatureHeader(registration.webhook().secrets, {message.id, seconds, result.body}, request.now);
  if (!signature)
    return Error{ErrorCode::InvalidInput, "The endpoint's secret is not valid: " + signature.error().message};

  auto& headers = result.headers;
  headers.reserve(registration.webhook().headers.size() + 10);
  headers.emplace_back("Content-Type", "application/json");
  headers.emplace_back("User-Agent", "Lull/" + defaults.version);
  headers.emplace_back("webhook-id", message.id);
  headers.emplace_back("webhook-timestamp", std::to_string(seconds));
  headers.emplace_back("webhook-signature", *std::move(signature));
  headers.emplace_back("Lull-Sequence", std::to_string(message.upto));
  headers.emplace_back("Lull-Event-Count", std::to_string(message.eventCount));
  headers.emplace_back("Lull-Attempt", std::to_string(std::max<std::uint32_t>(message.attempts, 1)));
  if (text::isTraceparent(message.traceparent)) headers.emplace_back("traceparent", message.traceparent);
  if (message.replay) headers.emplace_back("Lull-Replay", "true");
  if (request.test) headers.emplace_back("Lull-Test", "true");
  for (const auto& [name, value] : registration.webhook().headers) {
    if (!text::isToken(name) || !text::isFieldValue(value)) {
      return Error{ErrorCode::InvalidInput, "A header stored with the endpoint is not a valid HTTP header."};
    }
    // A client may bring its own User-Agent or traceparent; it then stands once, as the client wrote it.
    std::erase_if(headers, [&custom = name](const auto& ours) { return text::equalsIgnoringCase(ours.first, custom); });
    headers.emplace_back(name, value);
  }
  return result;
}

}  // namespace lull::net
