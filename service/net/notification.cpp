#include <lull/net/notification.hpp>
#include <lull/net/signer.hpp>

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

/// RFC 9110 section 5.6.2.
bool isToken(std::string_view text) {
  static constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kSymbols.find(c) != std::string_view::npos;
  });
}

/// RFC 9110 section 5.5, without obs-fold: a tab is allowed, every other control byte splits or hides something.
bool isHeaderValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

/// W3C Trace Context: hex digits and dashes. Anything else is left out rather than failing the delivery for it.
bool isTraceparent(std::string_view text) {
  constexpr std::size_t kMaxLength = 128;
  return !text.empty() && text.size() <= kMaxLength &&
         text.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

bool sameName(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
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
  if (isTraceparent(message.traceparent)) headers.emplace_back("traceparent", message.traceparent);
  if (request.test) headers.emplace_back("Lull-Test", "true");
  for (const auto& [name, value] : registration.webhook().headers) {
    if (!isToken(name) || !isHeaderValue(value)) {
      return Error{ErrorCode::InvalidInput, "A header stored with the endpoint is not a valid HTTP header."};
    }
    // A client may bring its own User-Agent or traceparent; it then stands once, as the client wrote it.
    std::erase_if(headers, [&custom = name](const auto& ours) { return sameName(ours.first, custom); });
    headers.emplace_back(name, value);
  }
  return result;
}

}  // namespace lull::net
