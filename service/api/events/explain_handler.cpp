#include "events/explain_handler.hpp"

#include "endpoints/representations.hpp"
#include "events/event_parser.hpp"
#include "query.hpp"

#include <lull/domain/filter.hpp>

#include <optional>
#include <string>
#include <vector>

namespace lull::api {

namespace {

/// Why an endpoint would not be told.
struct Refusal {
  std::string_view reason;
  std::string detail;
};

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

std::string namesOf(const std::vector<Operation>& operations) {
  std::vector<std::string> names;
  for (const auto operation : operations) names.emplace_back(toString(operation));
  return listed(names);
}

std::string filterDetail(FilterPart part, const Filter& filter, const Event& event) {
  switch (part) {
    case FilterPart::Events:
      return "Its filter wants the events " + listed(filter.events) + ".";
    case FilterPart::Operations:
      return "Its filter wants the operations " + namesOf(filter.operations) + "; this is one of " +
             std::string(toString(event.operation)) + ".";
    case FilterPart::Fields:
      return "Its filter wants updates of the fields " + listed(filter.fields) + "; this one changed " +
             (event.changedFields->empty() ? "none" : listed(*event.changedFields)) + ".";
    case FilterPart::Scopes:
      return "Its filter wants the scopes " + listed(filter.scopes) + "; this event has " +
             (event.scope.empty() ? "none" : event.scope) + ".";
    case FilterPart::None:
      break;
  }
  return {};
}

std::string pausedDetail(PausedReason reason, const Registration& registration) {
  const auto why = "It is paused (" + std::string(toString(reason)) + "); ";
  if (registration.isMailbox() && reason == PausedReason::Operator)
    return why + "what comes waits in it, and its client gets nothing until it is enabled.";
  if (registration.telling.delivery == Delivery::Sync) return why + "it is not called until it is enabled.";
  if (reason == PausedReason::QueueFull) return why + "it misses what comes until it is enabled.";
  return why + "what it is told of waits until it is enabled.";
}

std::optional<Refusal> refusalOf(const Endpoint& endpoint, const EndpointState& state, const Event& event,
                                 const Catalogue& catalogue) {
  const auto& registration = endpoint.registration;
  if ((registration.changeTypes & event.changeType) == 0) {
    return Refusal{"mask", "It does not subscribe to " + catalogue.nameOf(event.changeType) + "."};
  }
  if (const auto part = refusedBy(registration.filter, event); part != FilterPart::None) {
    return Refusal{"filter", filterDetail(part, registration.filter, event)};
  }
  if (state.pausedReason != PausedReason::None) {
    return Refusal{"paused", pausedDetail(state.pausedReason, registration)};
  }
  return std::nullopt;
}

/// What of a mailbox is not known here.
constexpr std::string_view kIfScope =
    "It is a mailbox: it is told if one of its subscriptions to this change type has the event's scope, or none; GET "
    "/mailboxes/{id} lists them.";

http::Json detailOf(const Endpoint& endpoint, const std::optional<Refusal>& refusal) {
  if (refusal) return refusal->detail;
  return endpoint.registration.isMailbox() ? http::Json(kIfScope) : http::Json();
}

http::Json explanation(const Endpoint& endpoint, const std::optional<Refusal>& refusal) {
  return {{"endpointId", endpoint.id},
          {"name", endpoint.registration.name},
          {"delivery", toString(endpoint.registration.telling.delivery)},
          {"told", !refusal},
          {"reason", refusal ? http::Json(refusal->reason) : http::Json()},
          {"detail", detailOf(endpoint, refusal)}};
}

}  // namespace

Result<http::Response> ExplainHandler::explain(Call& call) const {
  InputErrors errors;
  const auto page = Query(call.head.query, call.allowedQuery, errors).page();
  const auto events = parseEvents(call.body, catalogue, errors);
  if (events && events->size() > 1) errors.add("", "One event is explained at a time.");
  if (!errors.empty()) return errors.toError();
  const auto& event = events->front();

  const auto snapshot = endpoints.all();
  if (!snapshot) return snapshot.error();
  std::vector<EndpointId> ids;
  const auto& known = (*snapshot)->endpoints;
  auto next = known.upper_bound(page.cursor);
  for (; next != known.end() && ids.size() < page.limit; ++next) {
    if (!call.owner || next->second->owner == *call.owner) ids.push_back(next->first);
  }
  const auto states = endpoints.states(ids);
  if (!states) return states.error();
  auto items = http::Json::array();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto& endpoint = *known.at(ids[i]);
    items.push_back(explanation(endpoint, refusalOf(endpoint, states->at(i), event, catalogue)));
  }
  return http::jsonResponse(200, {{"changeType", event.changeType},
                                  {"changeTypeName", catalogue.nameOf(event.changeType)},
                                  {"operation", toString(event.operation)},
                                  {"items", std::move(items)},
                                  {"nextCursor", nextCursor(next == known.end() ? "" : ids.back())}});
}

}  // namespace lull::api
