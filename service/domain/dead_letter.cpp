#include <lull/domain/dead_letter.hpp>

#include <algorithm>

namespace lull {

bool DeadLetterFilter::matches(const DeadLetter& letter) const {
  if (endpointId && *endpointId != letter.endpointId) return false;
  if (changeType && *changeType != letter.message.key.changeType) return false;
  if (itemId && *itemId != letter.message.key.itemId.text()) return false;
  if (code && code != letter.lastCode) return false;
  if (failure && (letter.lastCode || *failure != letter.failure)) return false;
  if (reason && *reason != letter.reason) return false;
  if (superseded && *superseded != letter.supersededAt.has_value()) return false;
  if (since && letter.deadAt < *since) return false;
  if (until && letter.deadAt >= *until) return false;
  return ids.empty() || std::find(ids.begin(), ids.end(), letter.id) != ids.end();
}

bool DeadLetterFilter::empty() const {
  return !endpointId && !changeType && !itemId && !code && !failure && !reason && !superseded && !since && !until &&
         ids.empty();
}

}  // namespace lull
