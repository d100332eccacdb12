#include "endpoints/endpoints_handlers.hpp"

#include "endpoints/registration_input.hpp"
#include "endpoints/representations.hpp"
#include "query.hpp"

#include <lull/http/json.hpp>
#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>
#include <array>

namespace lull::api {

namespace {

constexpr std::size_t kMostKeyBytes = 255;

struct EndpointFilter {
  std::optional<std::string> name;  // folded
  std::optional<std::string> url;
  std::optional<std::uint32_t> changeType;
  std::optional<Health> health;
  std::optional<std::string> owner{};
};

std::optional<Health> healthFilter(const Query& query, InputErrors& errors) {
  const auto given = query.text("health");
  if (!given) return std::nullopt;
  for (const auto health : {Health::Healthy, Health::Failing, Health::Open, Health::Paused}) {
    if (*given == toString(health)) return health;
  }
  errors.add("health", "It must be healthy, failing, open or paused.");
  return std::nullopt;
}

bool matches(const EndpointFilter& filter, const Endpoint& endpoint) {
  const auto& registration = endpoint.registration;
  if (filter.owner && endpoint.owner != *filter.owner) return false;
  if (filter.name && text::foldCase(registration.name).find(*filter.name) == std::string::npos) return false;
  const auto isCalledAt = [&](const std::string& url) {
    return registration.isWebhook() && registration.webhook().url.find(url) != std::string::npos;
  };
  if (filter.url && !isCalledAt(*filter.url)) return false;
  return !filter.changeType || (registration.changeTypes & *filter.changeType) != 0;
}

/// An endpoint of a snapshot that the page holds, and its state.
struct ListedEndpoint {
  std::shared_ptr<const Endpoint> endpoint;
  EndpointState state;
};

// A filter by health reads the states of this many endpoints at a time.
constexpr std::size_t kMostAtOnce = 500;

/// The endpoints behind the cursor that match, in order of their ids. Nothing is copied from the snapshot, and no more
/// states are read than the page needs.
Result<Page<ListedEndpoint>> pageOf(ports::EndpointStore& store, const EndpointFilter& filter,
                                    const PageRequest& request) {
  const auto snapshot = store.all();
  if (!snapshot) return snapshot.error();
  const auto& endpoints = (*snapshot)->endpoints;
  const std::size_t atOnce = filter.health ? kMostAtOnce : request.limit + 1;
  Page<ListedEndpoint> page;
  for (auto next = endpoints.upper_bound(request.cursor); next != endpoints.end();) {
    std::vector<EndpointId> ids;
    for (; next != endpoints.end() && ids.size() < atOnce; ++next) {
      if (matches(filter, *next->second)) ids.push_back(next->first);
    }
    auto states = store.states(ids);
    if (!states) return std::move(states).error();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      auto& state = states->at(i);
      if (filter.health && state.health() != *filter.health) continue;
      if (page.items.size() == request.limit) {
        page.nextCursor = page.items.back().endpoint->id;
        return page;
      }
      page.items.push_back({endpoints.at(ids[i]), std::move(state)});
    }
  }
  return page;
}

/// The client's Idempotency-Key in the scope of its principal.
ports::CreateIdempotency idempotencyOf(const Call& call, InputErrors& errors) {
  const auto key = call.head.header("Idempotency-Key");
  if (!key) return {};
  const bool visible = std::ranges::all_of(*key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (key->empty() || key->size() > kMostKeyBytes || !visible) {
    errors.add("Idempotency-Key", "The header must have 1 to 255 visible ASCII characters.");
    return {};
  }
  return {call.principal.scope + "\n" + std::string(*key), text::toHex(text::sha256(call.body))};
}

}  // namespace

Result<http::Response> EndpointsHandlers::create(Call& call) const {
  InputErrors errors;
  const auto idempotency = idempotencyOf(call, errors);
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  auto input = readRegistration(*body, nullptr, vocabulary, errors);
  if (!input) return errors.toError();
  if (input->registration.isWebhook()) input->registration.webhook().secrets.current = input->secret;
  const auto created = writer.create(std::move(input->registration), idempotency, call.principal.scope);
  if (!created) return created.error();
  const auto& endpoint = created.value().endpoint;
  // A replay shows what the first response showed, when the endpoint had no history yet.
  EndpointState fresh;
  if (!endpoint.registration.enabled) fresh.pausedReason = PausedReason::Operator;
  auto response = http::jsonResponse(201, endpointJson(endpoint, fresh, vocabulary));
  call.createdId = endpoint.id;
  response.headers.emplace_back("Location", pathBase + "/api/v1/endpoints/" + endpoint.id);
  response.headers.emplace_back("ETag", etagOf(endpoint));
  return response;
}

Result<http::Response> EndpointsHandlers::list(Call& call) const {
  InputErrors errors;
  Query query(call.head.query, call.allowedQuery, errors);
  EndpointFilter filter{query.filter("name"), query.filter("url"), query.changeType(), healthFilter(query, errors),
                        call.owner};
  if (filter.name) filter.name = text::foldCase(*filter.name);
  const auto request = query.page();
  if (!request.cursor.empty() && !request.cursor.starts_with("ep_")) {
    errors.add("cursor", "It must be a nextCursor that was given out.");
  }
  if (!errors.empty()) return errors.toError();

  const auto page = pageOf(endpoints, filter, request);
  if (!page) return page.error();
  http::ArrayText items;
  for (const auto& [endpoint, state] : page->items)
    items.add(endpointJson(*endpoint, state, vocabulary, polls.waitingFor(endpoint->id)));
  return http::pageResponse(std::move(items), {{"nextCursor", nextCursor(page->nextCursor)}});
}

Result<http::Response> EndpointsHandlers::get(Call& call) const {
  const auto endpoint = endpoints.find(call.id);
  if (!endpoint) return endpoint.error();
  const auto etag = etagOf(*endpoint);
  const auto verdict = judgePreconditions(call.head, etag);
  if (verdict == Precondition::Failed) {
    return Error{ErrorCode::PreconditionFailed, "The endpoint is not as If-Match says."};
  }
  auto response = http::emptyResponse(304);
  if (verdict == Precondition::Holds) {
    const auto states = endpoints.states({call.id});
    if (!states) return states.error();
    response = http::jsonResponse(200, endpointJson(*endpoint, states->at(0), vocabulary, polls.waitingFor(call.id)));
  }
  response.headers.emplace_back("ETag", etag);
  return response;
}

}  // namespace lull::api
