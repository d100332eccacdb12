#include "endpoint_codec.hpp"
#include "letter_reading.hpp"
#include "letter_walk.hpp"
#include "reply_reader.hpp"

#include <lull/redis/dead_letter_store.hpp>
#include <lull/redis/keys.hpp>

#include <algorithm>

namespace lull::redis {

namespace {

constexpr std::uint64_t kCountExactTo = 10'000;

}  // namespace

Result<ports::DeadLetterPage> DeadLetterStore::list(const DeadLetterFilter& filter, const PageRequest& page) {
  const auto walk = walkOver(filter);
  auto cursor = readCursor(page.cursor, startOf(walk));
  if (!cursor) return cursor.error();
  ports::DeadLetterPage result;
  auto total = count(filter, result.totalIsExact);
  if (!total) return total.error();
  result.total = *total;
  Position position = cursor->position;
  for (std::size_t scanned = 0; scanned < kScanBudget; scanned += kScanChunk) {
    auto chunk = readLetters(shard_, walk, position);
    if (!chunk) return chunk.error();
    for (std::size_t i = 0; i < chunk->heads.size(); ++i) {
      const auto& head = chunk->heads[i].letter;
      if (!filter.matches(head)) continue;
      if (result.items.size() == page.limit) {
        result.nextCursor = writeCursor({0, position});
        return result;
      }
      position = chunk->heads[i].position;
      auto whole = readLetterAt(shard_, head.endpointId, chunk->heads[i].key);
      if (whole) {
        whole->letter.message.payload.data = {};  // Lists do not show it, and a page of it would be 32 MiB.
        result.items.push_back(std::move(whole->letter));
      }
      if (!whole && whole.error().code != ErrorCode::NotFound) return whole.error();
    }
    if (chunk->last) return result;
    position = chunk->next;
  }
  result.nextCursor = writeCursor({0, position});
  return result;
}

Result<std::uint64_t> DeadLetterStore::count(const DeadLetterFilter& filter, bool& exact) {
  exact = true;
  DeadLetterFilter ofEndpoint = filter;
  ofEndpoint.endpointId.reset();
  const bool all = ofEndpoint.empty();
  std::uint64_t scanned = 0;
  if (!filter.among) return all ? size(filter.endpointId) : countOne(filter, exact, scanned);
  // Each of these endpoints is counted by itself, because most letters may be of others.
  std::uint64_t sum = 0;
  for (const auto& id : *filter.among) {
    if (filter.endpointId.value_or(id) != id) continue;
    ofEndpoint.endpointId = id;
    const auto one = all ? size(id) : countOne(ofEndpoint, exact, scanned);
    if (!one) return one;
    sum += *one;
    if (!exact) break;
  }
  return sum;
}

Result<std::uint64_t> DeadLetterStore::size(const std::optional<EndpointId>& id) {
  const auto& names = shard_.keys();
  auto reply = shard_.call({"ZCARD", id ? names.letterOrder(*id) : names.letterIndex()});
  if (!reply) return reply.error();
  return readReply("The number of dead letters", [&] { return countOf(*reply); });
}

Result<std::uint64_t> DeadLetterStore::countOne(const DeadLetterFilter& filter, bool& exact, std::uint64_t& scanned) {
  const auto walk = walkOver(filter);
  Position position = startOf(walk);
  std::uint64_t matching = 0;
  for (; scanned < kScanBudget && matching < kCountExactTo; scanned += kScanChunk) {
    auto chunk = readLetters(shard_, walk, position);
    if (!chunk) return chunk.error();
    matching += static_cast<std::uint64_t>(std::count_if(
        chunk->heads.begin(), chunk->heads.end(), [&](const auto& head) { return filter.matches(head.letter); }));
    if (chunk->last) return matching;
    position = chunk->next;
  }
  exact = false;
  return matching;
}

Result<ports::DeadLetterDetail> DeadLetterStore::find(const std::string& id) {
  auto stored = readLetterById(shard_, id);
  if (!stored) return stored.error();
  return ports::DeadLetterDetail{std::move(stored->letter), std::move(stored->attempts)};
}

Result<std::string> DeadLetterStore::endpointName(const EndpointId& id) {
  auto snapshot = registry_.current();
  if (!snapshot) return snapshot.error();
  const auto found = (*snapshot)->endpoints.find(id);
  if (found != (*snapshot)->endpoints.end()) return found->second->registration.name;
  auto reply = shard_.call({"HGET", shard_.keys().deletedNames(), id});
  if (!reply) return reply.error();
  return readEpitaph(reply->text).name;
}

}  // namespace lull::redis
