#include "filters.hpp"
#include "handlers.hpp"
#include "json_body.hpp"
#include "representations.hpp"

#include <algorithm>
#include <charconv>

namespace lull::api {

namespace {

std::string_view toString(ports::QueueItemState state) {
  switch (state) {
    case ports::QueueItemState::Waiting:
      return "waiting";
    case ports::QueueItemState::Retrying:
      return "retrying";
    case ports::QueueItemState::InFlight:
      break;
  }
  return "inFlight";
}

Json queueItemJson(const ports::QueueItem& item) {
  const auto& message = item.message;
  return {{"id", message.id},
          {"changeType", message.key.changeType},
          {"itemId", itemIdJson(message.key.itemId)},
          {"baseId", itemIdJson(message.payload.baseId)},
          {"sequence", message.upto},
          {"state", toString(item.state)},
          {"attempts", message.attempts},
          {"lastStatus", numberOrNull(item.lastCode)},
          {"lastError", unansweredError(item.lastCode, item.lastError)},
          {"nextAttemptAt", instantJson(item.nextAttemptAt)}};
}

std::optional<std::string> outcomeFilter(const Query& query, InputErrors& errors) {
  const auto given = query.text("outcome");
  if (!given) return std::nullopt;
  if (std::ranges::find(kOutcomeWords, *given) != kOutcomeWords.end()) return given;
  errors.add("outcome", "It must be delivered, retryable, permanent, gone, refused or released.");
  return std::nullopt;
}

/// The attempt log is short, so its cursor is simply how many lines were given out.
std::size_t positionOf(const std::string& cursor, InputErrors& errors) {
  std::size_t position = 0;
  const auto* end = cursor.data() + cursor.size();
  const auto [stop, error] = std::from_chars(cursor.data(), end, position);
  if (!cursor.empty() && (error != std::errc{} || stop != end))
    errors.add("cursor", "It must be a nextCursor that was given out.");
  return position;
}

std::optional<int> statusOf(const std::optional<std::int64_t>& number) {
  return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

Result<ports::QueueFilter> bulkFilter(const Call& call) {
  InputErrors errors;
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  ObjectReader reader(*body, "", errors);
  reader.allowOnly({"changeType", "itemId", "status", "ids", "all"});
  reader.refuseNulls();
  ports::QueueFilter filter;
  filter.changeType = changeTypeFilter(reader);
  filter.itemId = reader.itemId("itemId");
  filter.code = statusOf(reader.number("status", kLeastStatus, kMostStatus));
  filter.ids = reader.texts("ids", kMostIds).value_or(std::vector<std::string>{});
  if (errors.empty()) requireAllOrFilter(reader, filter.empty(), errors);
  if (!errors.empty()) return errors.toError();
  return filter;
}

}  // namespace

Result<Reply> listAttempts(const Call& call) {
  InputErrors errors;
  Query query(call.head.query, call.allowedQuery, errors);
  const ports::AttemptFilter filter{outcomeFilter(query, errors), textFilter(query, "itemId", errors)};
  const auto request = query.page();
  const auto from = positionOf(request.cursor, errors);
  if (!errors.empty()) return errors.toError();

  const auto attempts = call.services.ports.queue.attempts(call.id, filter);
  if (!attempts) return attempts.error();
  ArrayText items;
  const auto end = from + std::min(request.limit, attempts->size() - std::min(from, attempts->size()));
  for (auto at = from; at < end; ++at) items.add(attemptJson((*attempts)[at]));
  const auto next = end < attempts->size() ? std::to_string(end) : std::string();
  return pageReply(std::move(items), {{"nextCursor", nextCursor(next)}});
}

Result<Reply> listQueue(const Call& call) {
  const auto& ports = call.services.ports;
  InputErrors errors;
  Query query(call.head.query, call.allowedQuery, errors);
  ports::QueueFilter filter;
  filter.changeType = changeTypeFilter(query, errors);
  filter.itemId = textFilter(query, "itemId", errors);
  filter.code = statusOf(query.number("status", kLeastStatus, kMostStatus));
  const auto request = query.page();
  if (!errors.empty()) return errors.toError();

  const auto page = ports.queue.list(call.id, filter, request);
  if (!page) return page.error();
  ArrayText items;
  for (const auto& item : page->items) items.add(queueItemJson(item));
  return pageReply(std::move(items), {{"nextCursor", nextCursor(page->nextCursor)}});
}

Result<Reply> retryQueue(const Call& call) {
  const auto filter = bulkFilter(call);
  if (!filter) return filter.error();
  const auto retried = call.services.ports.queue.retry(call.id, *filter);
  if (!retried) return retried.error();
  return jsonReply(202, {{"retried", *retried}});
}

Result<Reply> purgeQueue(const Call& call) {
  const auto filter = bulkFilter(call);
  if (!filter) return filter.error();
  const auto purged = call.services.ports.queue.purge(call.id, *filter);
  if (!purged) return purged.error();
  return jsonReply(200, {{"purged", *purged}});
}

}  // namespace lull::api
