#include "letters/dead_letters_handlers.hpp"

#include "endpoints/representations.hpp"
#include "letters/endpoint_names.hpp"
#include "letters/letter_filters.hpp"
#include "letters/letter_json.hpp"

#include <lull/http/json.hpp>
#include <lull/ports/absent.hpp>

#include <span>

namespace lull::api {

namespace {

http::Response retriedReply(int status, const ports::BulkOutcome& outcome) {
  http::Json json{{"retried", outcome.done}, {"skipped", outcome.skipped}, {"remaining", outcome.remaining}};
  if (outcome.appended) json["order"] = "appended";
  return http::jsonResponse(status, json);
}

}  // namespace

/// Refuses a letter of somebody else's endpoint as one that does not exist.
Status DeadLettersHandlers::judge(const Call& call) const {
  if (!call.owner) return Done{};
  const auto detail = letters.find(call.id);
  if (!detail) return detail.error();
  const auto among = ownership.endpointsOf(call.owner);
  if (!among) return among.error();
  if ((*among)->contains(detail->letter.endpointId)) return Done{};
  return ports::noSuchLetter();
}

Result<ports::BulkRequest> DeadLettersHandlers::bulkRequest(const Call& call) const {
  InputErrors errors;
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  ObjectReader reader(*body, "", errors);
  reader.allowOnly({"endpointId", "changeType", "itemId", "status", "reason", "superseded", "since", "until", "ids",
                    "includeSuperseded", "dryRun", "all"});
  reader.refuseNulls();
  ports::BulkRequest request;
  request.filter = letterFilterOf(reader);
  request.includeSuperseded = reader.boolean("includeSuperseded").value_or(false);
  request.dryRun = reader.boolean("dryRun").value_or(false);
  if (errors.empty()) reader.requireAllOrFilter(request.filter.empty());
  if (!errors.empty()) return errors.toError();
  auto among = ownership.endpointsOf(call.owner);
  if (!among) return among.error();
  request.filter.among = *std::move(among);
  return request;
}

Result<http::Response> DeadLettersHandlers::list(Call& call) const {
  InputErrors errors;
  Query query(call.head.query, call.allowedQuery, errors);
  auto filter = letterFilterOf(query, errors);
  const auto request = query.page();
  if (!errors.empty()) return errors.toError();
  auto among = ownership.endpointsOf(call.owner);
  if (!among) return among.error();
  filter.among = *std::move(among);

  const auto page = letters.list(filter, request);
  if (!page) return page.error();
  const auto names = EndpointNames::of(letters, page->items, &DeadLetter::endpointId);
  if (!names) return names.error();
  http::ArrayText items;
  for (const auto& letter : page->items) items.add(letterJson(letter, names->nameOf(letter.endpointId), catalogue));
  return http::pageResponse(
      std::move(items),
      {{"nextCursor", nextCursor(page->nextCursor)}, {"total", page->total}, {"totalIsExact", page->totalIsExact}});
}

Result<http::Response> DeadLettersHandlers::get(Call& call) const {
  if (auto judged = judge(call); !judged) return std::move(judged).error();
  const auto detail = letters.find(call.id);
  if (!detail) return detail.error();
  const auto& letter = detail->letter;
  const auto endpoint = endpoints.find(letter.endpointId);
  if (!endpoint && endpoint.error().code != ErrorCode::NotFound) return endpoint.error();
  const auto names = EndpointNames::of(letters, std::span(&letter, 1), &DeadLetter::endpointId);
  if (!names) return names.error();
  auto json = letterJson(letter, names->nameOf(letter.endpointId), catalogue);
  const auto body = channel.render(endpoint ? &*endpoint : nullptr, letter.message);
  json["body"] = body ? http::Json(*body) : http::Json();
  auto& log = json["attemptLog"] = http::Json::array();
  for (const auto& attempt : detail->attempts) log.push_back(attemptJson(attempt));
  return http::jsonResponse(200, json);
}

Result<http::Response> DeadLettersHandlers::retryOne(Call& call) const {
  if (auto judged = judge(call); !judged) return std::move(judged).error();
  const auto retried = letters.retryOne(call.id);
  if (!retried) return retried.error();
  return retriedReply(202, {.done = 1, .appended = retried->appended});
}

Result<http::Response> DeadLettersHandlers::removeOne(Call& call) const {
  if (auto judged = judge(call); !judged) return std::move(judged).error();
  if (auto purged = letters.purgeOne(call.id); !purged) return std::move(purged).error();
  return http::emptyResponse(204);
}

Result<http::Response> DeadLettersHandlers::retryMany(Call& call) const {
  const auto request = bulkRequest(call);
  if (!request) return request.error();
  const auto outcome = letters.retryMany(*request);
  if (!outcome) return outcome.error();
  return retriedReply(request->dryRun ? 200 : 202, *outcome);
}

Result<http::Response> DeadLettersHandlers::purgeMany(Call& call) const {
  const auto request = bulkRequest(call);
  if (!request) return request.error();
  const auto outcome = letters.purgeMany(*request);
  if (!outcome) return outcome.error();
  return http::jsonResponse(200, {{"purged", outcome->done}, {"remaining", outcome->remaining}});
}

}  // namespace lull::api
