#include "letters/letter_json.hpp"

#include "endpoints/representations.hpp"

namespace lull::api {

http::Json letterJson(const DeadLetter& letter, const http::Json& endpointName, const Catalogue& catalogue) {
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

}  // namespace lull::api
