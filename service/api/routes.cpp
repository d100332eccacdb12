#include "routes.hpp"

#include "events/cloud_event_parser.hpp"

#include <lull/domain/item_id.hpp>
#include <lull/http/media_type.hpp>
#include <lull/http/message_head.hpp>
#include <lull/http/query_string.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/percent.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <array>

namespace lull::api {

namespace {

// The id of a dead letter holds its item's, which may have 200 characters of four bytes, in base64.
constexpr std::size_t kMostIdBytes = 1200;
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

/// The handler `Method` of the group of handlers that is the member `Group` of Handlers.
template <auto Group, auto Method>
Result<http::Response> to(Handlers& handlers, Call& call) {
  return ((handlers.*Group).*Method)(call);
}

using auth::Access;
constexpr auto kApi = Area::Api;
constexpr auto kPages = Area::Pages;
constexpr auto kManagement = Area::Management;

// The busiest routes come first, because the table is searched from its top. Who has ViewOwn or CrudOwn is kept to its
// own endpoints below /endpoints/{id} by the pipeline, and everywhere else by the handler (Call::owner).
constexpr auto kRoutes = std::to_array<Route>({
    {"POST", "/api/v1/events", kApi, Access::Publish, Takes::Events, to<&Handlers::events, &EventsHandlers::publish>,
     "events.publish"},
    {"POST", "/api/v1/events/explain", kApi, Access::ViewOwn, Takes::JsonText,
     to<&Handlers::explanation, &ExplainHandler::explain>, "", "limit cursor"},

    {"GET", "/api/v1/mailboxes/{id}/messages", kApi, Access::Receive, Takes::Nothing,
     to<&Handlers::mailboxes, &MailboxesHandlers::peek>, "", "wait"},
    {"POST", "/api/v1/mailboxes/{id}/messages/{messageId}/lock", kApi, Access::Receive, Takes::OptionalJson,
     to<&Handlers::mailboxes, &MailboxesHandlers::lock>, "message.lock"},
    {"DELETE", "/api/v1/mailboxes/{id}/messages/{messageId}", kApi, Access::Receive, Takes::Nothing,
     to<&Handlers::mailboxes, &MailboxesHandlers::confirm>, "message.confirm", "lockId"},
    {"POST", "/api/v1/mailboxes", kApi, Access::Receive, Takes::JsonText,
     to<&Handlers::mailboxes, &MailboxesHandlers::enrol>, "mailbox.register"},
    {"GET", "/api/v1/mailboxes/{id}", kApi, Access::Receive, Takes::Nothing,
     to<&Handlers::mailboxes, &MailboxesHandlers::get>},
    {"DELETE", "/api/v1/mailboxes/{id}", kApi, Access::Receive, Takes::Nothing,
     to<&Handlers::mailboxes, &MailboxesHandlers::remove>, "mailbox.delete"},
    {"PUT", "/api/v1/mailboxes/{id}/subscriptions/{topic}", kApi, Access::Receive, Takes::Nothing,
     to<&Handlers::mailboxes, &MailboxesHandlers::subscribe>, "mailbox.subscribe", "scope"},
    {"DELETE", "/api/v1/mailboxes/{id}/subscriptions/{topic}", kApi, Access::Receive, Takes::Nothing,
     to<&Handlers::mailboxes, &MailboxesHandlers::unsubscribe>, "mailbox.unsubscribe", "scope"},

    // The same in the form of older clients.
    {"GET", "/Events/Peek", kApi, Access::Receive, Takes::Nothing,
     to<&Handlers::classicMailboxes, &ClassicHandlers::peek>, "", "subscriberId timeout"},
    {"POST", "/Events/Receive", kApi, Access::Receive, Takes::OptionalForm,
     to<&Handlers::classicMailboxes, &ClassicHandlers::receive>, "message.lock", "subscriberId messageId lockTimeout"},
    {"POST", "/Events/Confirm", kApi, Access::Receive, Takes::OptionalForm,
     to<&Handlers::classicMailboxes, &ClassicHandlers::confirm>, "message.confirm", "subscriberId messageId lockId"},
    {"DELETE", "/Events/Confirm", kApi, Access::Receive, Takes::OptionalForm,
     to<&Handlers::classicMailboxes, &ClassicHandlers::confirm>, "message.confirm", "subscriberId messageId lockId"},
    {"POST", "/Events/Register", kApi, Access::Receive, Takes::OptionalForm,
     to<&Handlers::classicMailboxes, &ClassicHandlers::enrol>, "mailbox.register", "subscriberName"},
    {"POST", "/Events/Subscribe", kApi, Access::Receive, Takes::OptionalForm,
     to<&Handlers::classicMailboxes, &ClassicHandlers::subscribe>, "mailbox.subscribe",
     "subscriberId companyCode topic"},
    {"POST", "/Events/Unsubscribe", kApi, Access::Receive, Takes::OptionalForm,
     to<&Handlers::classicMailboxes, &ClassicHandlers::unsubscribe>, "mailbox.unsubscribe",
     "subscriberId companyCode topic"},
    {"DELETE", "/Events/Unsubscribe", kApi, Access::Receive, Takes::OptionalForm,
     to<&Handlers::classicMailboxes, &ClassicHandlers::unsubscribe>, "mailbox.unsubscribe",
     "subscriberId companyCode topic"},
    {"GET", "/Events/ViewSubscriptions", kApi, Access::Receive, Takes::Nothing,
     to<&Handlers::classicMailboxes, &ClassicHandlers::viewSubscriptions>, "", "subscriberId"},
    {"GET", "/Events/ViewTopics", kApi, Access::Receive, Takes::Nothing,
     to<&Handlers::classicMailboxes, &ClassicHandlers::viewTopics>},
    {"POST", "/Events/Publish", kApi, Access::Publish, Takes::Publication,
     to<&Handlers::mailboxPublish, &PublishHandler::publish>, "events.publish", "companyCode topic"},
    {"PUT", "/Events/Publish", kApi, Access::Publish, Takes::Publication,
     to<&Handlers::mailboxPublish, &PublishHandler::publish>, "events.publish", "companyCode topic"},

    {"POST", "/api/v1/endpoints", kApi, Access::CrudOwn, Takes::JsonText,
     to<&Handlers::endpoints, &EndpointsHandlers::create>, "endpoint.create"},
    {"GET", "/api/v1/endpoints", kApi, Access::ViewOwn, Takes::Nothing,
     to<&Handlers::endpoints, &EndpointsHandlers::list>, "", "name url changeType health limit cursor"},
    {"GET", "/api/v1/endpoints/{id}", kApi, Access::ViewOwn, Takes::Nothing,
     to<&Handlers::endpoints, &EndpointsHandlers::get>},
    {"PUT", "/api/v1/endpoints/{id}", kApi, Access::CrudOwn, Takes::JsonText,
     to<&Handlers::endpointChanges, &EndpointChangesHandlers::put>, "endpoint.replace"},
    {"PATCH", "/api/v1/endpoints/{id}", kApi, Access::CrudOwn, Takes::MergePatch,
     to<&Handlers::endpointChanges, &EndpointChangesHandlers::patch>, "endpoint.patch"},
    {"DELETE", "/api/v1/endpoints/{id}", kApi, Access::CrudOwn, Takes::Nothing,
     to<&Handlers::endpointChanges, &EndpointChangesHandlers::remove>, "endpoint.delete"},
    {"POST", "/api/v1/endpoints/{id}/test", kApi, Access::CrudOwn, Takes::Nothing,
     to<&Handlers::testSend, &TestSendHandler::send>, "endpoint.test"},
    {"GET", "/api/v1/endpoints/{id}/attempts", kApi, Access::ViewOwn, Takes::Nothing,
     to<&Handlers::queue, &QueueHandlers::listAttempts>, "", "outcome itemId limit cursor"},
    {"GET", "/api/v1/endpoints/{id}/queue", kApi, Access::ViewOwn, Takes::Nothing,
     to<&Handlers::queue, &QueueHandlers::list>, "", "changeType itemId status limit cursor"},
    {"POST", "/api/v1/endpoints/{id}/queue/retry", kApi, Access::CrudOwn, Takes::JsonText,
     to<&Handlers::queue, &QueueHandlers::retry>, "queue.retry"},
    {"POST", "/api/v1/endpoints/{id}/queue/purge", kApi, Access::CrudOwn, Takes::JsonText,
     to<&Handlers::queue, &QueueHandlers::purge>, "queue.purge"},
    {"POST", "/api/v1/endpoints/{id}/replay", kApi, Access::CrudOwn, Takes::JsonText,
     to<&Handlers::replay, &ReplayHandlers::start>, "endpoint.replay"},
    {"GET", "/api/v1/endpoints/{id}/secret", kApi, Access::CrudOwn, Takes::Nothing,
     to<&Handlers::endpointChanges, &EndpointChangesHandlers::getSecret>, "secret.read"},
    {"POST", "/api/v1/endpoints/{id}/secret/rotate", kApi, Access::CrudOwn, Takes::Nothing,
     to<&Handlers::endpointChanges, &EndpointChangesHandlers::rotateSecret>, "secret.rotate"},

    {"GET", "/api/v1/change-types", kApi, Access::Catalogue, Takes::Nothing,
     to<&Handlers::catalogue, &CatalogueHandlers::list>},
    {"GET", "/api/v1/formats", kApi, Access::ViewOwn, Takes::Nothing, to<&Handlers::formats, &FormatsHandlers::list>},
    {"GET", "/api/v1/me", kApi, Access::Any, Takes::Nothing, to<&Handlers::me, &MeHandlers::get>},
    {"GET", "/api/v1/windows", kApi, Access::ViewOwn, Takes::Nothing, to<&Handlers::windows, &WindowsHandlers::list>,
     "", "changeType itemId limit cursor"},
    {"POST", "/api/v1/windows/flush", kApi, Access::Crud, Takes::OptionalJson,
     to<&Handlers::windows, &WindowsHandlers::flush>, "windows.flush", "changeType itemId"},
    {"GET", "/api/v1/items/{changeType}/{itemId}", kApi, Access::ViewOwn, Takes::Nothing,
     to<&Handlers::items, &ItemsHandlers::get>},
    {"GET", "/api/v1/overview", kApi, Access::ViewOwn, Takes::Nothing, to<&Handlers::fleet, &FleetHandler::get>},
    {"GET", "/api/v1/live", kApi, Access::ViewOwn, Takes::Nothing, to<&Handlers::live, &LiveHandler::get>, "",
     "outcome endpointId"},
    {"GET", "/api/v1/settings", kApi, Access::View, Takes::Nothing,
     to<&Handlers::shownSettings, &SettingsHandlers::list>},
    {"GET", "/api/v1/stats", kApi, Access::ViewOwn, Takes::Nothing, to<&Handlers::stats, &StatsHandlers::get>},
    {"GET", "/api/v1/history", kApi, Access::ViewOwn, Takes::Nothing, to<&Handlers::history, &HistoryHandlers::get>, "",
     "since step endpointId"},
    {"GET", "/api/v1/alerts", kApi, Access::View, Takes::Nothing, to<&Handlers::alerts, &AlertsHandlers::list>, "",
     "limit cursor"},
    {"GET", "/api/v1/sources", kApi, Access::View, Takes::Nothing, to<&Handlers::sources, &SourcesHandlers::list>},
    {"GET", "/api/v1/brokers", kApi, Access::View, Takes::Nothing, to<&Handlers::brokers, &BrokersHandlers::list>},
    {"POST", "/api/v1/sources/{id}/run", kApi, Access::Crud, Takes::Nothing,
     to<&Handlers::sources, &SourcesHandlers::run>, "source.run"},

    {"GET", "/api/v1/dead-letters", kApi, Access::ViewOwn, Takes::Nothing,
     to<&Handlers::deadLetters, &DeadLettersHandlers::list>, "",
     "endpointId changeType itemId status reason superseded since until limit cursor"},
    {"GET", "/api/v1/dead-letters/groups", kApi, Access::ViewOwn, Takes::Nothing,
     to<&Handlers::letterGroups, &GroupsHandlers::list>, "", "by endpointId changeType reason superseded limit cursor"},
    {"POST", "/api/v1/dead-letters/retry", kApi, Access::CrudOwn, Takes::JsonText,
     to<&Handlers::deadLetters, &DeadLettersHandlers::retryMany>, "dead-letters.retry"},
    {"POST", "/api/v1/dead-letters/purge", kApi, Access::CrudOwn, Takes::JsonText,
     to<&Handlers::deadLetters, &DeadLettersHandlers::purgeMany>, "dead-letters.purge"},
    {"GET", "/api/v1/dead-letters/{id}", kApi, Access::ViewOwn, Takes::Nothing,
     to<&Handlers::deadLetters, &DeadLettersHandlers::get>},
    {"DELETE", "/api/v1/dead-letters/{id}", kApi, Access::CrudOwn, Takes::Nothing,
     to<&Handlers::deadLetters, &DeadLettersHandlers::removeOne>, "dead-letter.purge"},
    {"POST", "/api/v1/dead-letters/{id}/retry", kApi, Access::CrudOwn, Takes::Nothing,
     to<&Handlers::deadLetters, &DeadLettersHandlers::retryOne>, "dead-letter.retry"},

    {"POST", "/api/v1/jobs", kApi, Access::CrudOwn, Takes::JsonText, to<&Handlers::jobs, &JobsHandlers::create>,
     "job.create"},
    {"GET", "/api/v1/jobs", kApi, Access::ViewOwn, Takes::Nothing, to<&Handlers::jobs, &JobsHandlers::list>, "",
     "limit cursor"},
    {"GET", "/api/v1/jobs/{id}", kApi, Access::ViewOwn, Takes::Nothing, to<&Handlers::jobs, &JobsHandlers::get>},
    {"DELETE", "/api/v1/jobs/{id}", kApi, Access::CrudOwn, Takes::Nothing, to<&Handlers::jobs, &JobsHandlers::cancel>,
     "job.cancel"},

    {"GET", "/healthz/live", kManagement, Access::Open, Takes::Nothing, to<&Handlers::health, &HealthHandlers::live>},
    {"GET", "/healthz/ready", kManagement, Access::Open, Takes::Nothing, to<&Handlers::health, &HealthHandlers::ready>},
    {"GET", "/metrics", kManagement, Access::Open, Takes::Nothing, to<&Handlers::metrics, &MetricsHandlers::get>},

    {"GET", "/", kPages, Access::Open, Takes::Nothing, to<&Handlers::console, &ConsolePages::lead>},
    {"GET", "/console", kPages, Access::Open, Takes::Nothing, to<&Handlers::console, &ConsolePages::lead>},
    // A provider leads back here after a sign-in, with parameters of its own beside the code (RFC 6749 section 4.1.2).
    {"GET", "/console/", kPages, Access::Open, Takes::Nothing, to<&Handlers::console, &ConsolePages::getPage>, "",
     kAnyQuery},
    {"GET", "/console/config.json", kPages, Access::Open, Takes::Nothing,
     to<&Handlers::signIn, &SignInHandlers::getConfig>},
    {"POST", "/console/token", kPages, Access::Open, Takes::JsonText, to<&Handlers::signIn, &SignInHandlers::exchange>},
    {"GET", "/console/{id}", kPages, Access::Open, Takes::Nothing, to<&Handlers::console, &ConsolePages::getPart>},
    {"GET", "/api-docs", kPages, Access::Open, Takes::Nothing, to<&Handlers::pages, &PagesHandlers::getApiDocs>},
    {"GET", "/api-docs/{id}", kPages, Access::Open, Takes::Nothing,
     to<&Handlers::pages, &PagesHandlers::getApiDocsFile>},
    {"GET", "/swagger/v1/swagger.json", kPages, Access::Open, Takes::Nothing,
     to<&Handlers::pages, &PagesHandlers::getDescription>},
});

/// The parts of a path that stand for the names in braces of its pattern, as they were sent, in their order.
using Parts = std::array<std::string_view, 2>;

/// nullopt when the path does not fit. Each name in braces stands for one segment that is not empty.
std::optional<Parts> fit(std::string_view pattern, std::string_view path) {
  Parts parts;
  for (auto& part : parts) {
    const auto brace = pattern.find('{');
    if (brace == std::string_view::npos) break;
    if (path.substr(0, brace) != pattern.substr(0, brace)) return std::nullopt;
    path.remove_prefix(brace);
    pattern.remove_prefix(pattern.find('}') + 1);
    part = path.substr(0, path.find('/'));
    if (part.empty()) return std::nullopt;
    path.remove_prefix(part.size());
  }
  return pattern == path ? std::optional(parts) : std::nullopt;
}

std::string decodeId(std::string_view raw) {
  auto id = text::percentDecode(raw);
  return id && canBeId(*id) ? *id : std::string();
}

/// The id of an item is any text that an event may name it by; the names of topics are shorter.
std::string decodeItemId(std::string_view raw) {
  auto id = text::percentDecode(raw);
  const bool fits = id && text::isUtf8(*id) && text::countCharacters(*id) <= ItemId::kMaxCharacters;
  return fits ? *id : std::string();
}

bool accepts(const Route& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && route.method == "GET");
}

/// The form of a body of events.
std::optional<MediaType> eventsTypeOf(const http::MessageHead& head, std::string_view type) {
  const auto is = [&](std::string_view name) { return text::equalsIgnoringCase(type, name); };
  // A CloudEvent that is in the body may have its attributes in headers, too.
  if (is("application/cloudevents+json")) return MediaType::CloudEvent;
  if (is("application/cloudevents-batch+json")) return MediaType::CloudEventBatch;
  if (hasCloudEventHeaders(head)) {
    // Without data there need not be a type of it.
    return type.empty() || http::isJsonType(type) ? std::optional(MediaType::BinaryCloudEvent) : std::nullopt;
  }
  if (is("application/json")) return MediaType::JsonText;
  if (is("application/x-ndjson")) return MediaType::Ndjson;
  return std::nullopt;
}

}  // namespace

bool canBeId(std::string_view id) {
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  return !id.empty() && id.size() <= kMostIdBytes && std::ranges::all_of(id, visible);
}

std::optional<MediaType> mediaTypeOf(const http::MessageHead& head, Takes takes) {
  const auto type = http::plainMediaType(head);
  if (!type) return std::nullopt;
  if (takes == Takes::Events) return eventsTypeOf(head, *type);
  const auto is = [&](std::string_view name) { return text::equalsIgnoringCase(*type, name); };
  if (takes == Takes::OptionalForm) return is(kFormType) ? std::optional(MediaType::Form) : std::nullopt;
  if (is("application/json")) return MediaType::JsonText;
  if (takes == Takes::MergePatch && is("application/merge-patch+json")) return MediaType::JsonText;
  return std::nullopt;
}

std::string mediaTypesOf(Takes takes) {
  std::string types = "application/json";
  if (takes == Takes::MergePatch) types = "application/merge-patch+json or application/json";
  if (takes == Takes::OptionalForm) types = kFormType;
  if (takes == Takes::Events) {
    types =
        "application/json, application/x-ndjson, application/cloudevents+json, application/cloudevents-batch+json or, "
        "where headers ce-* make a CloudEvent of the request, any other type of JSON";
  }
  return "Content-Type must be " + types + ", in UTF-8 and not compressed.";
}

bool isRoutine(const Route& route) {
  return route.action == "events.publish" || route.action.starts_with("message.");
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
  const bool below = text::equalsIgnoringCase(path.substr(0, pathBase_.size()), pathBase_);
  if (!below || !(rest.empty() || rest.starts_with('/'))) return matchWithin(method, path);
  auto match = matchWithin(method, rest.empty() ? std::string_view("/") : rest);
  const bool nothing = match.route == nullptr && match.allowed.empty();
  // The path may only seem to have the base, such as "/api", although the proxy removed that.
  return nothing ? matchWithin(method, path) : match;
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
    const auto parts = fit(route->pattern, path);
    if (!parts) continue;
    if (accepts(*route, method)) return {route, decodeId(parts->at(0)), decodeItemId(parts->at(1)), {}};
    pattern = route->pattern;
    allow(route->method);
    if (route->method == "GET") allow("HEAD");
  }
  return match;
}

}  // namespace lull::api
