#include "keys.hpp"
#include "letter_id.hpp"
#include "letter_walk.hpp"
#include "message_codec.hpp"
#include "packing.hpp"

#include <lull/redis/dead_letter_store.hpp>

#include <algorithm>
#include <map>

namespace lull::redis {

namespace {

constexpr std::uint64_t kMostPerCall = 10'000;
constexpr std::uint64_t kCountExactTo = 10'000;

Error unknownLetter() {
  return {ErrorCode::NotFound, "There is no dead letter with this id (any more)."};
}

LetterWalk walkFor(const DeadLetterFilter& filter, bool newestFirst) {
  return {filter.endpointId, newestFirst, ""};
}

// Letters of one endpoint that one script call takes on. Reviving one costs Redis about 20 µs.
constexpr std::size_t kLettersPerWrite = 100;

struct Batch {
  EndpointId endpoint;
  std::vector<DeadLetter> letters;
};

std::vector<Batch> batchesOf(std::vector<DeadLetter> letters) {
  std::vector<Batch> batches;
  std::map<EndpointId, std::size_t> open;  // where the endpoint's latest batch stands
  for (auto& letter : letters) {
    const auto at = open.find(letter.endpointId);
    if (at == open.end() || batches[at->second].letters.size() == kLettersPerWrite) {
      open[letter.endpointId] = batches.size();
      batches.push_back({letter.endpointId, {}});
    }
    batches[open[letter.endpointId]].letters.push_back(std::move(letter));
  }
  return batches;
}

Result<StoredLetter> readWhole(Store& store, const EndpointId& endpoint, const ItemKey& key) {
  auto reply = store.call({"HGET", Keys(store.prefix()).letters(endpoint), key.packed()});
  if (!reply) return reply.error();
  if (reply->kind != Reply::Kind::String) return unknownLetter();
  try {
    return readLetter(reply->text, key, store.epoch(), endpoint);
  } catch (const UnreadableValue& why) {
    return Error{ErrorCode::Internal,
                 std::string("The dead-letter set holds what this version cannot read: ") + why.what() + "."};
  }
}

Result<StoredLetter> readById(Store& store, const std::string& id) {
  const auto place = parseLetterId(id);
  if (!place) return unknownLetter();
  auto stored = readWhole(store, place->endpoint, place->key);
  if (stored && stored->number != place->number) return unknownLetter();
  return stored;
}

void appendNames(std::vector<std::string>& arguments, const std::vector<DeadLetter>& letters) {
  for (const auto& letter : letters) {
    const auto place = parseLetterId(letter.id);
    arguments.push_back(place->key.packed());
    arguments.push_back(std::to_string(place->number));
  }
}

}  // namespace

Result<ports::DeadLetterPage> DeadLetterStore::list(const DeadLetterFilter& filter, const PageRequest& page) {
  const auto walk = walkFor(filter, true);
  auto cursor = readCursor(page.cursor, startOf(walk));
  if (!cursor) return cursor.error();
  ports::DeadLetterPage result;
  auto total = count(filter, result.totalIsExact);
  if (!total) return total.error();
  result.total = *total;
  Position position = cursor->position;
  for (std::size_t scanned = 0; scanned < kScanBudget; scanned += kScanChunk) {
    auto chunk = readLetters(store_, walk, position);
    if (!chunk) return chunk.error();
    for (std::size_t i = 0; i < chunk->heads.size(); ++i) {
      const auto& head = chunk->heads[i];
      if (!filter.matches(head)) continue;
      if (result.items.size() == page.limit) {
        result.nextCursor = writeCursor({0, position});
        return result;
      }
      position = chunk->positions[i];
      auto whole = readWhole(store_, head.endpointId, head.message.key);
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
  DeadLetterFilter beyondEndpoint = filter;
  beyondEndpoint.endpointId.reset();
  const Keys names(store_.prefix());
  if (beyondEndpoint.empty()) {
    auto size = store_.call({"ZCARD", filter.endpointId ? names.letterOrder(*filter.endpointId) : names.letterIndex()});
    if (!size) return size.error();
    return static_cast<std::uint64_t>(size->integer);
  }
  const auto walk = walkFor(filter, true);
  Position position = startOf(walk);
  std::uint64_t matching = 0;
  for (std::size_t scanned = 0; scanned < kScanBudget && matching < kCountExactTo; scanned += kScanChunk) {
    auto chunk = readLetters(store_, walk, position);
    if (!chunk) return chunk.error();
    matching += static_cast<std::uint64_t>(std::count_if(chunk->heads.begin(), chunk->heads.end(),
                                                         [&](const auto& head) { return filter.matches(head); }));
    if (chunk->last) return matching;
    position = chunk->next;
  }
  exact = false;
  return matching;
}

Result<ports::DeadLetterDetail> DeadLetterStore::find(const std::string& id) {
  auto stored = readById(store_, id);
  if (!stored) return stored.error();
  return ports::DeadLetterDetail{std::move(stored->letter), std::move(stored->attempts)};
}

Result<DeadLetterStore::Retried> DeadLetterStore::retry(const EndpointId& id, const std::vector<DeadLetter>& letters,
                                                        bool supersededToo) {
  const Keys names(store_.prefix());
  std::vector<std::string> arguments{id, std::to_string(millisOf(clock_.now())),
                                     std::to_string(firstRetryDelay_.count()), supersededToo ? "1" : "0"};
  appendNames(arguments, letters);
  auto reply =
      store_.run("letters_retry",
                 {names.meta(), names.counters(), names.wakeIndex(), names.letterIndex(), names.queue(id),
                  names.messages(id), names.leases(id), names.state(id), names.letters(id), names.letterOrder(id)},
                 arguments);
  if (!reply) return reply.error();
  const auto retried = reply->items.at(0).integer;
  if (retried < 0) return Retried{0, letters.size()};
  if (retried > 0) onReady_();
  return Retried{static_cast<std::uint64_t>(retried), static_cast<std::uint64_t>(reply->items.at(1).integer)};
}

Status DeadLetterStore::retryOne(const std::string& id) {
  auto stored = readById(store_, id);
  if (!stored) return stored.error();
  const auto& letter = stored->letter;
  if (letter.supersededAt) {
    return Error{ErrorCode::Conflict,
                 "A newer notification of this item was delivered since; there is nothing to retry."};
  }
  auto outcome = retry(letter.endpointId, {letter}, false);
  if (!outcome) return outcome.error();
  if (outcome->retried == 1) return Done{};
  if (outcome->skipped == 1)
    return Error{ErrorCode::Conflict,
                 "Its endpoint was deleted, or no longer subscribes to this change type; it cannot be retried."};
  return unknownLetter();
}

Result<ports::BulkOutcome> DeadLetterStore::retryMany(const ports::BulkRequest& request) {
  auto snapshot = registry_.current();
  if (!snapshot) return snapshot.error();
  const auto retryable = [&](const DeadLetter& letter) {
    const auto endpoint = (*snapshot)->endpoints.find(letter.endpointId);
    const bool subscribed = endpoint != (*snapshot)->endpoints.end() &&
                            (endpoint->second->registration.changeTypes & letter.message.key.changeType) != 0;
    return subscribed && (request.includeSuperseded || !letter.supersededAt);
  };
  auto walk = walkFor(request.filter, false);
  walk.end = std::to_string(millisOf(clock_.now()));
  ports::BulkOutcome outcome;
  Position position = startOf(walk);
  for (bool last = false; !last;) {
    auto chunk = readLetters(store_, walk, position);
    if (!chunk) return chunk.error();
    std::vector<DeadLetter> chosen;
    for (auto& head : chunk->heads) {
      if (!request.filter.matches(head)) continue;
      if (!retryable(head)) {
        ++outcome.skipped;
      } else if (outcome.done + chosen.size() >= kMostPerCall) {
        ++outcome.remaining;
      } else {
        chosen.push_back(std::move(head));
      }
    }
    if (request.dryRun) outcome.done += chosen.size();
    for (const auto& [id, letters] : batchesOf(request.dryRun ? std::vector<DeadLetter>{} : std::move(chosen))) {
      auto retried = retry(id, letters, request.includeSuperseded);
      if (!retried) return retried.error();
      outcome.done += retried->retried;
      outcome.skipped += retried->skipped;
    }
    last = chunk->last;
    position = chunk->next;
  }
  return outcome;
}

Result<std::uint64_t> DeadLetterStore::removeLetters(const std::vector<DeadLetter>& letters, const std::string& why) {
  const Keys names(store_.prefix());
  std::uint64_t removed = 0;
  for (const auto& [id, group] : batchesOf(letters)) {
    std::vector<std::string> arguments{id, why};
    appendNames(arguments, group);
    auto reply = store_.run(
        "letters_remove", {names.counters(), names.letterIndex(), names.letters(id), names.letterOrder(id)}, arguments);
    if (!reply) return reply.error();
    removed += static_cast<std::uint64_t>(reply->integer);
  }
  return removed;
}

Status DeadLetterStore::purgeOne(const std::string& id) {
  auto stored = readById(store_, id);
  if (!stored) return stored.error();
  auto removed = removeLetters({stored->letter}, "purged");
  if (!removed) return removed.error();
  if (*removed == 0) return unknownLetter();
  return Done{};
}

Result<ports::BulkOutcome> DeadLetterStore::purgeMany(const ports::BulkRequest& request) {
  auto walk = walkFor(request.filter, false);
  walk.end = std::to_string(millisOf(clock_.now()));
  ports::BulkOutcome outcome;
  Position position = startOf(walk);
  for (bool last = false; !last;) {
    auto chunk = readLetters(store_, walk, position);
    if (!chunk) return chunk.error();
    std::vector<DeadLetter> chosen;
    for (auto& head : chunk->heads) {
      if (!request.filter.matches(head)) continue;
      if (outcome.done + chosen.size() >= kMostPerCall) {
        ++outcome.remaining;
      } else {
        chosen.push_back(std::move(head));
      }
    }
    auto removed = request.dryRun ? Result<std::uint64_t>(chosen.size()) : removeLetters(chosen, "purged");
    if (!removed) return removed.error();
    outcome.done += *removed;
    last = chunk->last;
    position = chunk->next;
  }
  return outcome;
}

Result<std::string> DeadLetterStore::endpointName(const EndpointId& id) {
  auto snapshot = registry_.current();
  if (!snapshot) return snapshot.error();
  const auto found = (*snapshot)->endpoints.find(id);
  if (found != (*snapshot)->endpoints.end()) return found->second->registration.name;
  auto reply = store_.call({"HGET", Keys(store_.prefix()).deletedNames(), id});
  if (!reply) return reply.error();
  return std::move(reply->text);
}

// A deleted endpoint's name is kept as long as it has letters.
Status DeadLetterStore::forgetNames() {
  const Keys names(store_.prefix());
  auto ids = store_.call({"HKEYS", names.deletedNames()});
  if (!ids) return ids.error();
  for (const auto& id : ids->items) {
    auto left = store_.call({"EXISTS", names.letters(id.text)});
    if (!left) return left.error();
    if (left->integer != 0) continue;
    if (auto gone = store_.call({"HDEL", names.deletedNames(), id.text}); !gone) return gone.error();
  }
  return Done{};
}

Result<std::uint64_t> DeadLetterStore::expire(Instant before) {
  LetterWalk walk{std::nullopt, false, "(" + std::to_string(millisOf(before))};
  std::uint64_t removed = 0;
  Position position = startOf(walk);
  for (bool last = false; !last;) {
    auto chunk = readLetters(store_, walk, position);
    if (!chunk) return chunk.error();
    auto gone = removeLetters(chunk->heads, "expired");
    if (!gone) return gone.error();
    removed += *gone;
    last = chunk->last;
    position = chunk->next;
  }
  if (auto forgotten = forgetNames(); !forgotten) return forgotten.error();
  return removed;
}

}  // namespace lull::redis
