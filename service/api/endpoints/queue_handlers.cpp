#include "endpoints/queue_handlers.hpp"

#include "endpoints/queue_item_json.hpp"
#include "endpoints/representations.hpp"
#include "object_reader.hpp"
#include "query.hpp"

#include <lull/http/json.hpp>

#include <algorithm>
#include <charconv>

namespace lull::api {

namespace {

/// The attempt log is short, so its cursor is simply how many lines were given out.
std::size_t positionOf(const std::string& cursor, InputErrors& errors) {
  std::size_t position = 0;
  const auto* end = cursor.data() + cursor.size();
  const auto [stop, error] = std::from_chars(cursor.data(), end, position);
  if (!cursor.empty() && (error != std::errc{} || stop != end))
    errors.add("cursor", "It must be a nextCursor that was given out.");
  return position;
}

Result<ports::QueueFilter> bulkFilter(const Call& call) {
  InputErrors errors;
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  ObjectReader reader(*body, "", errors);
  reader.allowOnly({"changeType", "itemId", "status", "ids", "all"});
  reader.refuseNulls();
  ports::QueueFilter filter;
  filter.changeType = reader.changeType();
  filter.itemId = reader.itemId("itemId");
  filter.code = reader.status();
  filter.ids = reader.texts("ids", kMostIds).value_or(std::vector<std::string>{});
  if (errors.empty()) reader.requireAllOrFilter(filter.empty());
  if (!errors.empty()) return errors.toError();
  return filter;
}

}  // namespace

std::optional<std::string> outcomeFilter(const Query& query, InputErrors& errors) {
  const auto given = query.text("outcome");
  if (!given) return std::nullopt;
  if (std::ranges::find(kOutcomeWords, *given) != kOutcomeWords.end()) return given;
  errors.add("outcome", "It must be delivered, retryable, permanent, gone, refused or released.");
  return std::nullopt;
}

Result<http::Response> QueueHandlers::listAttempts(Call& call) const {
  InputErrors errors;
  Query query(call.head.query, call.allowedQuery, errors);
  const ports::AttemptFilter filter{outcomeFilter(query, errors), query.filter("itemId")};
  const auto request = query.page();
  const auto from = positionOf(request.cursor, errors);
  if (!errors.empty()) return errors.toError();

  const auto attempts = queue.attempts(call.id, filter);
  if (!attempts) return attempts.error();
  http::ArrayText items;
  const auto end = from + std::min(request.limit, attempts->size() - std::min(from, attempts->size()));
  for (auto at = from; at < end; ++at) items.add(attemptJson((*attempts)[at]));
  const auto next = end < attempts->size() ? std::to_string(end) : std::string();
  return http::pageResponse(std::move(items), {{"nextCursor", nextCursor(next)}});
}

Result<http::Response> QueueHandlers::list(Call& call) const {
  InputErrors errors;
  Query query(call.head.query, call.allowedQuery, errors);
  ports::QueueFilter filter;
  filter.changeType = query.changeType();
  filter.itemId = query.filter("itemId");
  filter.code = query.status();
  const auto request = query.page();
  if (!errors.empty()) return errors.toError();

  const auto page = queue.list(call.id, filter, request);
  if (!page) return page.error();
  http::ArrayText items;
  for (const auto& item : page->items) items.add(queueItemJson(item));
  return http::pageResponse(std::move(items), {{"nextCursor", nextCursor(page->nextCursor)}});
}

Result<http::Response> QueueHandlers::retry(Call& call) const {
  const auto filter = bulkFilter(call);
  if (!filter) return filter.error();
  const auto retried = queue.retry(call.id, *filter);
  if (!retried) return retried.error();
  return http::jsonResponse(202, {{"retried", *retried}});
}

Result<http::Response> QueueHandlers::purge(Call& call) const {
  const auto filter = bulkFilter(call);
  if (!filter) return filter.error();
  const auto purged = queue.purge(call.id, *filter);
  if (!purged) return purged.error();
  return http::jsonResponse(200, {{"purged", *purged}});
}

}  // namespace lull::api
