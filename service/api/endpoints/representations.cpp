#include "endpoints/representations.hpp"

#include "brokers/target_input.hpp"
#include "endpoints/filter_input.hpp"
#include "endpoints/webhook_rules.hpp"

#include <lull/http/message_head.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/base64.hpp>
#include <lull/text/digest.hpp>

#include <algorithm>
#include <charconv>

namespace lull::api {

namespace {

/// Whether the lines of that name, as one list, hold `etag` or "*"; nullopt when there are none. Our tags are strong,
/// so only If-None-Match accepts the form with W/.
std::optional<bool> namesEtag(const http::MessageHead& head, std::string_view name, std::string_view etag) {
  std::optional<bool> found;
  for (const auto& [field, value] : head.headers) {
    if (!text::equalsIgnoringCase(field, name)) continue;
    found = found.value_or(false);
    for (auto rest = value; !rest.empty();) {
      const auto comma = std::min(rest.find(','), rest.size());
      auto one = text::trimmed(rest.substr(0, comma));
      if (name == "If-None-Match" && one.starts_with("W/")) one.remove_prefix(2);
      if (one == "*" || one == etag) found = true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return found;
}

}  // namespace

http::Json itemIdJson(const ItemId& id) {
  if (!id.isNumber()) return id.text();
  std::int64_t number = 0;
  std::from_chars(id.text().data(), id.text().data() + id.text().size(), number);
  return number;
}

http::Json instantJson(const std::optional<Instant>& at) {
  return at ? http::Json(formatRfc3339(*at)) : http::Json();
}

http::Json textOrNull(const std::string& text) {
  return text.empty() ? http::Json() : http::Json(text);
}

namespace {

http::Json maskedHeaders(const Webhook& webhook) {
  auto headers = http::Json::object();
  for (const auto& [name, value] : webhook.headers) headers[name] = kMaskedValue;
  return headers;
}

/// Of a kind to which messages are sent: a webhook or a broker.
http::Json sentJson(const Registration& registration) {
  const bool isWebhook = registration.isWebhook();
  const auto orNull = [](const auto& value, auto&& convert) {
    return value ? http::Json(convert(*value)) : http::Json();
  };
  http::Json json{{"name", registration.name}, {"channel", toString(registration.channel())}};
  if (isWebhook) json["url"] = registration.webhook().url;
  if (const auto* target = registration.rabbit()) json["target"] = rabbitTargetJson(*target);
  json["changeTypes"] = registration.changeTypes;
  if (isWebhook) json["headers"] = maskedHeaders(registration.webhook());
  json["enabled"] = registration.enabled;
  json["timeout"] = orNull(registration.timeout, [](Millis span) { return formatTimeSpan(span); });
  json["maxConcurrency"] = orNull(registration.maxConcurrency, [](std::uint32_t most) { return most; });
  json["rateLimitPerSecond"] = orNull(registration.rateLimit, [](std::uint32_t most) { return most; });
  json["idField"] = orNull(registration.idField, [](IdField field) { return std::string(toString(field)); });
  json["format"] = orNull(registration.format, [](const std::string& name) { return name; });
  json["filter"] = filterJson(registration.filter);
  const auto& telling = registration.telling;
  json["delivery"] = toString(telling.delivery);
  json["order"] = toString(telling.order);
  json["onFailure"] = toString(telling.onFailure);
  if (!isWebhook) return json;
  json["results"] = toString(telling.results);
  json["position"] = telling.delivery == Delivery::Sync ? http::Json(telling.position) : http::Json();
  return json;
}

/// Without what only a message that is sent has.
http::Json mailboxRegistrationJson(const Registration& registration) {
  return {{"name", registration.name},
          {"channel", toString(ChannelKind::Mailbox)},
          {"changeTypes", registration.changeTypes},
          {"enabled", registration.enabled},
          {"delivery", toString(registration.telling.delivery)},
          {"order", toString(registration.telling.order)}};
}

}  // namespace

http::Json registrationJson(const Registration& registration) {
  return registration.isMailbox() ? mailboxRegistrationJson(registration) : sentJson(registration);
}

http::Json mailboxJson(const EndpointState& state, std::size_t waiting) {
  return {{"locked", state.inFlight},
          {"oldestAgeMs", state.oldestMessageAge ? http::Json(state.oldestMessageAge->count()) : http::Json()},
          {"waiting", waiting}};
}

http::Json endpointJson(const Endpoint& endpoint, const EndpointState& state, const Vocabulary& vocabulary,
                        std::size_t waiting) {
  const bool isMailbox = endpoint.registration.isMailbox();
  http::Json json{{"id", endpoint.id}};
  const auto registered = registrationJson(endpoint.registration);
  for (const auto& [name, value] : registered.items()) {
    json[name] = value;
    if (name == "changeTypes")
      json["changeTypeNames"] = vocabulary.catalogue.namesOf(endpoint.registration.changeTypes);
  }
  if (!isMailbox) json["format"] = vocabulary.formats.nameOf(endpoint.registration);
  // The registration was read a moment before the state, and a pause may have come between them.
  json["enabled"] = state.pausedReason == PausedReason::None;
  json["health"] = toString(state.health());
  json["pausedReason"] = textOrNull(std::string(toString(state.pausedReason)));
  json["queueDepth"] = state.queueDepth;
  json["missed"] = state.missed ? http::Json{{"count", state.missed->count},
                                             {"firstSequence", state.missed->firstSequence},
                                             {"lastSequence", state.missed->lastSequence}}
                                : http::Json();
  if (isMailbox) json["mailbox"] = mailboxJson(state, waiting);
  json["consecutiveFailures"] = state.consecutiveFailures;
  json["lastSuccessAt"] = instantJson(state.lastSuccessAt);
  json["lastError"] = textOrNull(state.lastError);
  json["nextAttemptAt"] = instantJson(state.nextAttemptAt);
  json["createdAt"] = formatRfc3339(endpoint.createdAt);
  json["updatedAt"] = formatRfc3339(endpoint.updatedAt);
  return json;
}

std::string etagOf(const Endpoint& endpoint) {
  auto canonical = registrationJson(endpoint.registration);
  // Other kinds have no secret, and nothing that a key would have to protect.
  std::string key(toString(endpoint.registration.channel()));
  if (endpoint.registration.isWebhook()) {
    const auto& webhook = endpoint.registration.webhook();
    // Tags stay as they were before endpoints had kinds.
    canonical.erase("channel");
    auto& headers = canonical["headers"] = http::Json::array();
    for (const auto& [name, value] : webhook.headers) headers.push_back({name, value});
    key = webhook.secrets.current;
  }
  const auto digest = text::hmacSha256(key, endpoint.id + http::dump(canonical));
  return "\"" + text::toBase64Url(std::string_view(digest).substr(0, 18)) + "\"";
}

Precondition judgePreconditions(const http::MessageHead& head, std::string_view etag) {
  if (namesEtag(head, "If-Match", etag) == false) return Precondition::Failed;
  if (!namesEtag(head, "If-None-Match", etag).value_or(false)) return Precondition::Holds;
  return head.method == "GET" || head.method == "HEAD" ? Precondition::NotModified : Precondition::Failed;
}

http::Json errorJson(const std::optional<int>& code, const std::optional<ReceiverResult>& result,
                     const std::string& sentence) {
  return code && !result ? http::Json() : textOrNull(sentence);
}

http::Json resultJson(const std::optional<ReceiverResult>& result) {
  return result ? http::Json(toString(*result)) : http::Json();
}

http::Json attemptJson(const AttemptRecord& attempt) {
  return {{"at", formatRfc3339(attempt.at)},
          {"messageId", attempt.messageId},
          {"changeType", attempt.key.changeType},
          {"itemId", itemIdJson(attempt.key.itemId)},
          {"attempt", attempt.attempt},
          {"outcome", outcomeWord(attempt)},
          {"status", numberOrNull(attempt.code)},
          {"result", resultJson(attempt.result)},
          {"durationMs", attempt.duration.count()},
          {"error", errorJson(attempt.code, attempt.result, attempt.sentence)},
          {"responseExcerpt", textOrNull(attempt.responseExcerpt)}};
}

}  // namespace lull::api
