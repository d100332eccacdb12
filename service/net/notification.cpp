#include <lull/formats/message_headers.hpp>
#include <lull/net/notification.hpp>
#include <lull/net/signer.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/http_field.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace lull::net {

Result<Notification> buildNotification(const NotificationRequest& request, const NotificationParts& parts) {
  const Registration& registration = request.endpoint.registration;
  const Message& message = request.message;
  Notification result;
  const auto& format = parts.format;
  format.body.appendTo(result.body, message, parts.catalogue);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(request.signedAt).time_since_epoch().count();
  auto signature = signatureHeader(registration.webhook().secrets, {message.id, seconds, result.body}, request.now);
  if (!signature)
    return Error{ErrorCode::InvalidInput, "The endpoint's secret is not valid: " + signature.error().message};

  auto& headers = result.headers;
  headers.reserve(registration.webhook().headers.size() + format.headers.size() + 12);
  headers.emplace_back("Content-Type", format.text.contentType);
  headers.emplace_back("User-Agent", "Lull/" + parts.version);
  headers.emplace_back("webhook-id", message.id);
  headers.emplace_back("webhook-timestamp", std::to_string(seconds));
  headers.emplace_back("webhook-signature", *std::move(signature));
  formats::appendMessageHeaders(headers, message, request.test, format, parts.catalogue);
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
