#include "filters.hpp"
#include "handlers.hpp"
#include "json_body.hpp"
#include "representations.hpp"

#include <map>

namespace lull::api {

namespace {

/// Names of the endpoints of dead letters, each looked up once. A deleted endpoint has none any more.
class EndpointNames {
 public:
  explicit EndpointNames(ports::DeadLetters& letters) : letters_(letters) {}

  Result<Json> nameOf(const EndpointId& id) {
    const auto known = names_.find(id);
    if (known != names_.end()) return known->second;
    const auto name = letters_.endpointName(id);
    if (!name) return name.error();
    return names_[id] = textOrNull(*name);
  }

 private:
  ports::DeadLetters& letters_;
  std::map<EndpointId, Json> names_;
};

Json letterJson(const DeadLetter& letter, const Json& endpointName, const Catalogue& catalogue) {
  const auto& message = letter.message;
  return {{"id", letter.id},
          {"endpointId", letter.endpointId},
          {"endpointName", endpointName},
          {"changeType", message.key.changeType},
          {"changeTypeName", catalogue.nameOf(message.key.changeType)},
          {"itemId", itemIdJson(message.key.itemId)},
          {"baseId", itemIdJson(message.payload.baseId)},
          {"sequence", message.upto},
          {"eventCount", message.eventCount},
          {"attempts", message.attempts},
          {"reason", toString(letter.reason)},
          {"lastStatus", numberOrNull(letter.lastCode)},
          {"lastError", textOrNull(letter.lastError)},
          {"firstFailedAt", instantJson(letter.firstFailedAt)},
          {"deadAt", formatRfc3339(letter.deadAt)},
          {"supersededAt", instantJson(letter.supersededAt)}};
}

constexpr std::string_view kReasons = "It must be exhausted, permanent, expired or poisoned.";

DeadLetterFilter filterOf(const Query& query, InputErrors& errors) {
  DeadLetterFilter filter;
  filter.endpointId = textFilter(query, "endpointId", errors);
  filter.changeType = changeTypeFilter(query, errors);
  filter.itemId = textFilter(query, "itemId", errors);
  if (const auto status = query.number("status", kLeastStatus, kMostStatus)) filter.code = static_cast<int>(*status);
  if (const auto reason = query.text("reason")) {
    filter.reason = parseDeathReason(*reason);
    if (!filter.reason) errors.add("reason", std::string(kReasons));
  }
  filter.superseded = query.boolean("superseded");
  filter.since = query.instant("since");
  filter.until = query.instant("until");
  return filter;
}

DeadLetterFilter filterOf(const ObjectReader& body) {
  DeadLetterFilter filter;
  filter.endpointId = body.text("endpointId");
  filter.changeType = changeTypeFilter(body);
  filter.itemId = body.itemId("itemId");
  if (const auto status = body.number("status", kLeastStatus, kMostStatus)) filter.code = static_cast<int>(*status);
  if (const auto reason = body.text("reason")) {
    filter.reason = parseDeathReason(*reason);
    if (!filter.reason) body.note("reason", std::string(kReasons));
  }
  filter.superseded = body.boolean("superseded");
  filter.since = body.instant("since");
  filter.until = body.instant("until");
  filter.ids = body.texts("ids", kMostIds).value_or(std::vector<std::string>{});
  return filter;
}

Result<ports::BulkRequest> bulkRequest(const Call& call) {
  InputErrors errors;
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  ObjectReader reader(*body, "", errors);
  reader.allowOnly({"endpointId", "changeType", "itemId", "status", "reason", "superseded", "since", "until", "ids",
                    "includeSuperseded", "dryRun", "all"});
  reader.refuseNulls();
  ports::BulkRequest request;
  request.filter = filterOf(reader);
  request.includeSuperseded = reader.boolean("includeSuperseded").value_or(false);
  request.dryRun = reader.boolean("dryRun").value_or(false);
  if (errors.empty()) requireAllOrFilter(reader, request.filter.empty(), errors);
  if (!errors.empty()) return errors.toError();
  return request;
}

Reply retriedReply(int status, const ports::BulkOutcome& outcome) {
  return jsonReply(status, {{"retried", outcome.done}, {"skipped", outcome.skipped}, {"remaining", outcome.remaining}});
}

}  // namespace

Result<Reply> listDeadLetters(const Call& call) {
  const auto& ports = call.services.ports;
  InputErrors errors;
  Query query(call.head.query, call.allowedQuery, errors);
  const auto filter = filterOf(query, errors);
  const auto request = query.page();
  if (!errors.empty()) return errors.toError();

  const auto page = ports.deadLetters.list(filter, request);
  if (!page) return page.error();
  EndpointNames names(ports.deadLetters);
  ArrayText items;
  for (const auto& letter : page->items) {
    const auto name = names.nameOf(letter.endpointId);
    if (!name) return name.error();
    items.add(letterJson(letter, *name, ports.catalogue));
  }
  return pageReply(
      std::move(items),
      {{"nextCursor", nextCursor(page->nextCursor)}, {"total", page->total}, {"totalIsExact", page->totalIsExact}});
}

Result<Reply> getDeadLetter(const Call& call) {
  const auto& ports = call.services.ports;
  const auto detail = ports.deadLetters.find(call.id);
  if (!detail) return detail.error();
  const auto& letter = detail->letter;
  const auto endpoint = ports.endpoints.find(letter.endpointId);
  if (!endpoint && endpoint.error().code != ErrorCode::NotFound) return endpoint.error();
  const auto name = EndpointNames(ports.deadLetters).nameOf(letter.endpointId);
  if (!name) return name.error();
  auto json = letterJson(letter, *name, ports.catalogue);
  json["body"] = ports.channel.render(endpoint ? &*endpoint : nullptr, letter.message);
  auto& log = json["attemptLog"] = Json::array();
  for (const auto& attempt : detail->attempts) log.push_back(attemptJson(attempt));
  return jsonReply(200, json);
}

Result<Reply> retryDeadLetter(const Call& call) {
  if (auto retried = call.services.ports.deadLetters.retryOne(call.id); !retried) return std::move(retried).error();
  return retriedReply(202, {.done = 1});
}

Result<Reply> deleteDeadLetter(const Call& call) {
  if (auto purged = call.services.ports.deadLetters.purgeOne(call.id); !purged) return std::move(purged).error();
  return emptyReply(204);
}

Result<Reply> retryDeadLetters(const Call& call) {
  const auto request = bulkRequest(call);
  if (!request) return request.error();
  const auto outcome = call.services.ports.deadLetters.retryMany(*request);
  if (!outcome) return outcome.error();
  return retriedReply(request->dryRun ? 200 : 202, *outcome);
}

Result<Reply> purgeDeadLetters(const Call& call) {
  const auto request = bulkRequest(call);
  if (!request) return request.error();
  const auto outcome = call.services.ports.deadLetters.purgeMany(*request);
  if (!outcome) return outcome.error();
  return jsonReply(200, {{"purged", outcome->done}, {"remaining", outcome->remaining}});
}

}  // namespace lull::api
