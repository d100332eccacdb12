#include "representations.hpp"

#include "encoding.hpp"
#include "message_head.hpp"
#include "registration_input.hpp"

#include <charconv>

namespace lull::api {

Json itemIdJson(const ItemId& id) {
  if (!id.isNumber()) return id.text();
  std::int64_t number = 0;
  std::from_chars(id.text().data(), id.text().data() + id.text().size(), number);
  return number;
}

Json instantJson(const std::optional<Instant>& at) {
  return at ? Json(formatRfc3339(*at)) : Json();
}

Json textOrNull(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json endpointJson(const Endpoint& endpoint, const EndpointState& state, const Catalogue& catalogue) {
  Json json{{"id", endpoint.id}};
  const auto registered = registrationJson(endpoint.registration);
  for (const auto& [name, value] : registered.items()) {
    json[name] = value;
    if (name == "changeTypes") json["changeTypeNames"] = catalogue.namesOf(endpoint.registration.changeTypes);
  }
  json["health"] = toString(state.health());
  json["pausedReason"] = textOrNull(std::string(toString(state.pausedReason)));
  json["queueDepth"] = state.queueDepth;
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
  auto& headers = canonical["headers"] = Json::array();
  for (const auto& [name, value] : endpoint.registration.headers) headers.push_back({name, value});
  const auto digest = hmacSha256(endpoint.registration.secrets.current, endpoint.id + dump(canonical));
  return "\"" + encodeBase64Url(std::string_view(digest).substr(0, 18)) + "\"";
}

bool matchesEtag(std::string_view ifMatch, std::string_view etag) {
  while (!ifMatch.empty()) {
    const auto comma = ifMatch.find(',');
    const auto one = trimBlanks(ifMatch.substr(0, comma));
    if (one == "*" || one == etag) return true;
    ifMatch = comma == std::string_view::npos ? std::string_view{} : ifMatch.substr(comma + 1);
  }
  return false;
}

Json attemptJson(const AttemptRecord& attempt) {
  return {{"at", formatRfc3339(attempt.at)},
          {"messageId", attempt.messageId},
          {"changeType", attempt.key.changeType},
          {"itemId", itemIdJson(attempt.key.itemId)},
          {"attempt", attempt.attempt},
          {"outcome", toString(attempt.outcome)},
          {"status", numberOrNull(attempt.status)},
          {"durationMs", attempt.duration.count()},
          {"error", textOrNull(attempt.error)},
          {"responseExcerpt", textOrNull(attempt.responseExcerpt)}};
}

}  // namespace lull::api
