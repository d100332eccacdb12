#include "routes.hpp"

#include <lull/http/media_type.hpp>
#include <lull/http/message_head.hpp>
#include <lull/http/query_string.hpp>

#include <algorithm>
#include <array>

namespace lull::api {

namespace {

// The id of a dead letter holds its item's, which may have 200 characters of four bytes, in base64.
constexpr std::size_t kMostIdBytes = 1200;

constexpr auto kApi = Area::Api;
constexpr auto kPages = Area::Pages;
constexpr auto kManagement = Area::Management;

// The busiest first: the table is searched from its top.
constexpr auto kRoutes = std::to_array<Route>({
    {"POST", "/api/v1/events", kApi, auth::Access::Publish, Takes::Events, publishEvents, "events.publish"},

    {"POST", "/api/v1/endpoints", kApi, auth::Access::Crud, Takes::JsonText, createEndpoint, "endpoint.create"},
    {"GET", "/api/v1/endpoints", kApi, auth::Access::View, Takes::Nothing, listEndpoints, "",
     "name url changeType health limit cursor"},
    {"GET", "/api/v1/endpoints/{id}", kApi, auth::Access::View, Takes::Nothing, getEndpoint},
    {"PUT", "/api/v1/endpoints/{id}", kApi, auth::Access::Crud, Takes::JsonText, putEndpoint, "endpoint.replace"},
    {"PATCH", "/api/v1/endpoints/{id}", kApi, auth::Access::Crud, Takes::MergePatch, patchEndpoint, "endpoint.patch"},
    {"DELETE", "/api/v1/endpoints/{id}", kApi, auth::Access::Crud, Takes::Nothing, deleteEndpoint, "endpoint.delete"},
    {"POST", "/api/v1/endpoints/{id}/test", kApi, auth::Access::Crud, Takes::Nothing, testEndpoint, "endpoint.test"},
    {"GET", "/api/v1/endpoints/{id}/attempts", kApi, auth::Access::View, Takes::Nothing, listAttempts, "",
     "outcome itemId limit cursor"},
    {"GET", "/api/v1/endpoints/{id}/queue", kApi, auth::Access::View, Takes::Nothing, listQueue, "",
     "changeType itemId status limit cursor"},
    {"POST", "/api/v1/endpoints/{id}/queue/retry", kApi, auth::Access::Crud, Takes::JsonText, retryQueue,
     "queue.retry"},
    {"POST", "/api/v1/endpoints/{id}/queue/purge", kApi, auth::Access::Crud, Takes::JsonText, purgeQueue,
     "queue.purge"},
    {"GET", "/api/v1/endpoints/{id}/secret", kApi, auth::Access::Crud, Takes::Nothing, getSecret, "secret.read"},
    {"POST", "/api/v1/endpoints/{id}/secret/rotate", kApi, auth::Access::Crud, Takes::Nothing, rotateSecret,
     "secret.rotate"},

    {"GET", "/api/v1/change-types", kApi, auth::Access::View, Takes::Nothing, listChangeTypes},
    {"GET", "/api/v1/windows", kApi, auth::Access::View, Takes::Nothing, listWindows, "",
     "changeType itemId limit cursor"},
    {"POST", "/api/v1/windows/flush", kApi, auth::Access::Crud, Takes::OptionalJson, flushWindows, "windows.flush",
     "changeType itemId"},
    {"GET", "/api/v1/stats", kApi, auth::Access::View, Takes::Nothing, getStats},
    {"GET", "/api/v1/alerts", kApi, auth::Access::View, Takes::Nothing, listAlerts, "", "limit cursor"},

    {"GET", "/api/v1/dead-letters", kApi, auth::Access::View, Takes::Nothing, listDeadLetters, "",
     "endpointId changeType itemId status reason superseded since until limit cursor"},
    {"POST", "/api/v1/dead-letters/retry", kApi, auth::Access::Crud, Takes::JsonText, retryDeadLetters,
     "dead-letters.retry"},
    {"POST", "/api/v1/dead-letters/purge", kApi, auth::Access::Crud, Takes::JsonText, purgeDeadLetters,
     "dead-letters.purge"},
    {"GET", "/api/v1/dead-letters/{id}", kApi, auth::Access::View, Takes::Nothing, getDeadLetter},
    {"DELETE", "/api/v1/dead-letters/{id}", kApi, auth::Access::Crud, Takes::Nothing, deleteDeadLetter,
     "dead-letter.purge"},
    {"POST", "/api/v1/dead-letters/{id}/retry", kApi, auth::Access::Crud, Takes::Nothing, retryDeadLetter,
     "dead-letter.retry"},

    {"GET", "/healthz/live", kManagement, auth::Access::Open, Takes::Nothing, getLive},
    {"GET", "/healthz/ready", kManagement, auth::Access::Open, Takes::Nothing, getReady},
    {"GET", "/metrics", kManagement, auth::Access::Open, Takes::Nothing, getMetrics},

    {"GET", "/", kPages, auth::Access::Open, Takes::Nothing, leadToApiDocs},
    {"GET", "/api-docs", kPages, auth::Access::Open, Takes::Nothing, getApiDocs},
    {"GET", "/api-docs/{id}", kPages, auth::Access::Open, Takes::Nothing, getApiDocsFile},
    {"GET", "/swagger/v1/swagger.json", kPages, auth::Access::Open, Takes::Nothing, getDescription},
});

/// The part of `path` that stands for {id}; nullopt when the path does not fit. A pattern without {id} yields "".
std::optional<std::string_view> fit(std::string_view pattern, std::string_view path) {
  const auto brace = pattern.find("{id}");
  if (brace == std::string_view::npos) return pattern == path ? std::optional(std::string_view{}) : std::nullopt;
  const auto tail = pattern.substr(brace + 4);
  if (path.size() <= brace + tail.size() || !path.starts_with(pattern.substr(0, brace)) || !path.ends_with(tail)) {
    return std::nullopt;
  }
  const auto id = path.substr(brace, path.size() - brace - tail.size());
  return id.find('/') == std::string_view::npos ? std::optional(id) : std::nullopt;
}

/// Ids are made of visible ASCII; whatever is not is the id of nothing.
std::string decodeId(std::string_view raw) {
  auto id = http::percentDecode(raw, false);
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  return id && id->size() <= kMostIdBytes && std::ranges::all_of(*id, visible) ? *id : std::string();
}

bool accepts(const Route& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && route.method == "GET");
}

}  // namespace

std::optional<MediaType> mediaTypeOf(const http::MessageHead& head, Takes takes) {
  const auto type = http::plainMediaType(head);
  if (!type) return std::nullopt;
  const auto is = [&](std::string_view name) { return http::equalsIgnoreCase(*type, name); };
  if (is("application/json")) return MediaType::JsonText;
  if (takes == Takes::MergePatch && is("application/merge-patch+json")) return MediaType::JsonText;
  if (takes == Takes::Events && is("application/x-ndjson")) return MediaType::Ndjson;
  return std::nullopt;
}

std::string mediaTypesOf(Takes takes) {
  std::string types = "application/json";
  if (takes == Takes::MergePatch) types = "application/merge-patch+json or application/json";
  if (takes == Takes::Events) types = "application/json or application/x-ndjson";
  return "Content-Type must be " + types + ", in UTF-8 and not compressed.";
}

std::span<const Route> routeTable() {
  return kRoutes;
}

Router::Router(std::string pathBase, std::vector<Area> areas) : pathBase_(std::move(pathBase)) {
  for (const auto& route : kRoutes) {
    if (std::ranges::find(areas, route.area) != areas.end()) routes_.push_back(&route);
  }
}

RouteMatch Router::match(std::string_view method, std::string_view path) const {
  const auto rest = path.substr(std::min(pathBase_.size(), path.size()));
  const bool below = http::equalsIgnoreCase(path.substr(0, pathBase_.size()), pathBase_);
  if (!below || !(rest.empty() || rest.starts_with('/'))) return matchWithin(method, path);
  auto match = matchWithin(method, rest.empty() ? std::string_view("/") : rest);
  const bool nothing = match.route == nullptr && match.allowed.empty();
  return nothing ? matchWithin(method, path) : match;  // a base such as "/api" looks like one although it was stripped
}

RouteMatch Router::matchWithin(std::string_view method, std::string_view path) const {
  RouteMatch match;
  const auto allow = [&](std::string_view one) {
    if (match.allowed.find(one) == std::string::npos)
      match.allowed.append(match.allowed.empty() ? "" : ", ").append(one);
  };
  std::string_view pattern;
  for (const auto* route : routes_) {
    // A literal path such as /dead-letters/retry stands before the pattern that would take it for an id.
    if (!pattern.empty() && route->pattern != pattern) continue;
    const auto id = fit(route->pattern, path);
    if (!id) continue;
    if (accepts(*route, method)) return {route, decodeId(*id), {}};
    pattern = route->pattern;
    allow(route->method);
    if (route->method == "GET") allow("HEAD");
  }
  return match;
}

}  // namespace lull::api
