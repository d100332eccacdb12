#include "endpoints/queue_item_json.hpp"

#include "endpoints/representations.hpp"

namespace lull::api {

namespace {

std::string_view toString(ports::QueueItemState state) {
  switch (state) {
    case ports::QueueItemState::Waiting:
      return "waiting";
    case ports::QueueItemState::Retrying:
      return "retrying";
    case ports::QueueItemState::Behind:
      return "behind";
    case ports::QueueItemState::SetAside:
      return "setAside";
    case ports::QueueItemState::InFlight:
      break;
  }
  return "inFlight";
}

}  // namespace

http::Json queueItemJson(const ports::QueueItem& item) {
  const auto& message = item.message;
  http::Json json{{"id", message.id},
                  {"changeType", message.key.changeType},
                  {"itemId", itemIdJson(message.key.itemId)},
                  {"baseId", itemIdJson(message.payload.baseId)},
                  {"sequence", message.upto},
                  {"state", toString(item.state)},
                  {"attempts", message.attempts},
                  {"lastStatus", numberOrNull(item.lastCode)},
                  {"lastError", errorJson(item.lastCode, item.lastResult, item.lastError)},
                  {"nextAttemptAt", instantJson(item.nextAttemptAt)}};
  if (item.lockedUntil) json["lockedUntil"] = instantJson(item.lockedUntil);
  return json;
}

}  // namespace lull::api
