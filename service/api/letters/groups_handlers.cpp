#include "letters/groups_handlers.hpp"

#include "endpoints/representations.hpp"
#include "letters/endpoint_names.hpp"
#include "letters/letter_filters.hpp"

namespace lull::api {

namespace {

std::string_view sayingOf(FailureClass failure) {
  switch (failure) {
    case FailureClass::Name:
      return "no address for the name of ";
    case FailureClass::Connect:
      return "no connection to ";
    case FailureClass::Tls:
      return "no TLS with ";
    case FailureClass::Timeout:
      return "no answer in time from ";
    case FailureClass::Reset:
      return "connection closed by ";
    case FailureClass::Protocol:
      return "no readable answer from ";
    case FailureClass::CutOff:
      return "stopped while sending to ";
    case FailureClass::Local:
      return "cannot be sent to ";
    case FailureClass::None:
      break;
  }
  return "not attempted at ";
}

/// "503 from Search", "no connection to Search (expired)". That all attempts failed is the usual reason and is not
/// said.
std::string titleOf(const Cause& cause, const std::string& endpoint) {
  auto title = cause.code ? std::to_string(*cause.code) + " from " : std::string(sayingOf(cause.failure));
  title += endpoint;
  if (cause.reason != DeathReason::Exhausted) title += " (" + std::string(toString(cause.reason)) + ")";
  return title;
}

http::Json retryJson(const std::optional<LastRetry>& retry) {
  if (!retry) return {};
  return {{"at", formatRfc3339(retry->at)}, {"done", retry->done}, {"failedAgain", retry->failedAgain}};
}

http::Json groupJson(const LetterGroup& group, std::string title) {
  return {{"key", group.key},
          {"title", std::move(title)},
          {"endpointId", textOrNull(group.endpoint)},
          {"count", group.count},
          {"firstDeadAt", formatRfc3339(group.firstDeadAt)},
          {"lastDeadAt", formatRfc3339(group.lastDeadAt)},
          {"sampleId", group.sampleId},
          {"lastRetry", retryJson(group.lastRetry)}};
}

GroupBy groupByOf(const Query& query, InputErrors& errors) {
  const auto word = query.text("by");
  if (!word) return GroupBy::Cause;
  const auto by = parseGroupBy(*word);
  if (!by) errors.add("by", "It must be cause, endpoint or changeType.");
  return by.value_or(GroupBy::Cause);
}

}  // namespace

Result<http::Response> GroupsHandlers::list(Call& call) const {
  InputErrors errors;
  const Query query(call.head.query, call.allowedQuery, errors);
  const auto by = groupByOf(query, errors);
  ports::GroupFilter filter;
  filter.endpointId = query.filter("endpointId");
  filter.changeType = query.changeType();
  filter.reason = reasonOf(query, errors);
  filter.superseded = query.boolean("superseded");
  const auto request = query.page();
  if (!errors.empty()) return errors.toError();

  const auto page = groups.groups(by, filter, request);
  if (!page) return page.error();
  EndpointNames names(letters);
  auto items = http::Json::array();
  for (const auto& group : page->items) {
    if (by == GroupBy::ChangeType) {
      items.push_back(groupJson(group, catalogue.nameOf(group.changeType)));
      continue;
    }
    const auto known = names.nameOf(group.endpoint);
    if (!known) return known.error();
    const auto name = known->is_string() ? known->get<std::string>() : group.endpoint;
    items.push_back(groupJson(group, group.cause ? titleOf(*group.cause, name) : name));
  }
  return http::jsonResponse(200, {{"items", std::move(items)}, {"nextCursor", nextCursor(page->nextCursor)}});
}

}  // namespace lull::api
