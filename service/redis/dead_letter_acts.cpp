#include "letter_reading.hpp"
#include "reply_reader.hpp"
#include "seen_letter.hpp"

#include <lull/redis/dead_letter_store.hpp>
#include <lull/redis/keys.hpp>

/// The half of DeadLetterStore that retries, purges and expires letters; dead_letter_store.cpp reads them.
namespace lull::redis {

namespace {

constexpr std::uint64_t kMostPerCall = 10'000;

// A letter from a farther future was written by a clock that jumped.
constexpr auto kFarAhead = std::chrono::minutes(1);

// Why a call about one letter did nothing: the letter is gone, or has changed.
Error missed(Shard& shard, const std::string& id) {
  const auto now = readLetterById(shard, id);
  if (!now) return now.error();
  return {ErrorCode::Conflict, "The item failed again meanwhile and this dead letter changed; look at it again."};
}

}  // namespace

bool DeadLetterStore::diedSince(Instant began, const DeadLetter& letter) const {
  return letter.deadAt > began && letter.deadAt <= shard_.now() + kFarAhead;
}

Result<LetterMoves::Retried> DeadLetterStore::retry(const LetterBatch& batch, bool supersededToo, Mover& by) {
  auto retried = moves_.retry(batch, supersededToo, by);
  if (!retried) return retried.error();
  return retried->value_or(LetterMoves::Retried{});
}

Result<ports::RetriedOne> DeadLetterStore::retryOne(const std::string& id) {
  auto stored = readLetterById(shard_, id);
  if (!stored) return stored.error();
  if (stored->letter.supersededAt) {
    return Error{ErrorCode::Conflict,
                 "A newer notification of this item was delivered since; there is nothing to retry."};
  }
  Mover by;
  auto outcome = retry({stored->letter.endpointId, {seen(*stored)}}, false, by);
  if (!outcome) return outcome.error();
  if (outcome->retried == 1) return ports::RetriedOne{outcome->appended};
  if (outcome->skipped == 1 && outcome->appended) {
    return Error{ErrorCode::Conflict,
                 "Its endpoint no longer subscribes to this change type, or has as many notifications queued as "
                 "Delivery:MaxQueued and Delivery:MaxQueuedBytes allow; purge a part of its queue, or raise them, and "
                 "retry it."};
  }
  if (outcome->skipped == 1)
    return Error{ErrorCode::Conflict,
                 "Its endpoint was deleted, or no longer subscribes to this change type; it cannot be retried."};
  return missed(shard_, id);
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
  ports::BulkOutcome outcome;
  const auto chosen = [&, began = shard_.now()](const DeadLetter& letter) {
    if (diedSince(began, letter) || !request.filter.matches(letter)) return false;
    const bool can = retryable(letter);
    if (!can) ++outcome.skipped;
    return can;
  };
  Mover by;  // all calls are one retry
  const auto act = [&](const LetterBatch& batch) -> Result<std::uint64_t> {
    auto retried = retry(batch, request.includeSuperseded, by);
    if (!retried) return retried.error();
    outcome.skipped += retried->skipped;
    outcome.appended = outcome.appended || (retried->appended && retried->retried > 0);
    return retried->retried;
  };
  if (auto acted = actOnMany(request, outcome, chosen, act); !acted) return acted.error();
  return outcome;
}

// Hands the chosen letters to `act`, batch by batch, up to the most that one call handles.
Status DeadLetterStore::actOnMany(const ports::BulkRequest& request, ports::BulkOutcome& outcome,
                                  const std::function<bool(const DeadLetter&)>& chosen,
                                  const std::function<Result<std::uint64_t>(const LetterBatch&)>& act) {
  const auto actOnRun = [&](std::vector<SeenLetter> run) -> Status {
    const auto room = static_cast<std::size_t>(kMostPerCall - outcome.done);
    if (run.size() > room) {
      outcome.remaining += run.size() - room;
      run.resize(room);
    }
    if (request.dryRun) {
      outcome.done += run.size();
      return Done{};
    }
    for (const auto& batch : batchesOf(std::move(run))) {
      auto done = act(batch);
      if (!done) return done.error();
      outcome.done += *done;
    }
    return Done{};
  };
  return inOrderOfDeath(shard_, walkOver(request.filter), chosen, actOnRun);
}

Result<std::uint64_t> DeadLetterStore::removeLetters(const LetterBatch& batch, const std::string& why) {
  auto removed = moves_.remove(batch, why, {});
  if (!removed) return removed.error();
  return removed->value_or(0);
}

Status DeadLetterStore::purgeOne(const std::string& id) {
  auto stored = readLetterById(shard_, id);
  if (!stored) return stored.error();
  auto removed = removeLetters({stored->letter.endpointId, {seen(*stored)}}, "purged");
  if (!removed) return removed.error();
  if (*removed == 0) return missed(shard_, id);
  return Done{};
}

Result<ports::BulkOutcome> DeadLetterStore::purgeMany(const ports::BulkRequest& request) {
  ports::BulkOutcome outcome;
  const auto chosen = [&, began = shard_.now()](const DeadLetter& letter) {
    return !diedSince(began, letter) && request.filter.matches(letter);
  };
  const auto act = [&](const LetterBatch& batch) { return removeLetters(batch, "purged"); };
  if (auto acted = actOnMany(request, outcome, chosen, act); !acted) return acted.error();
  return outcome;
}

// A deleted endpoint's name is kept as long as it has letters.
Status DeadLetterStore::forgetNames() {
  const auto& names = shard_.keys();
  auto ids = shard_.call({"HKEYS", names.deletedNames()});
  if (!ids) return ids.error();
  for (auto next = ids->items.begin(); next != ids->items.end();) {
    std::vector<std::string> keys{names.meta(), names.deletedNames()};
    std::vector<std::string> arguments;
    for (; next != ids->items.end() && arguments.size() < kScanChunk; ++next) {
      keys.push_back(names.letters(next->text));
      arguments.push_back(next->text);
    }
    if (auto forgotten = shard_.run("names_forget", keys, arguments); !forgotten) return forgotten.error();
  }
  return Done{};
}

// Walks over the last retries of groups; those of groups that are empty are forgotten a day later.
Status DeadLetterStore::forgetRetries(const std::stop_token& stop) {
  const auto& names = shard_.keys();
  std::string cursor = "0";
  do {
    auto reply = shard_.run("retries_forget", {names.meta(), names.groups(), names.retried()},
                            {std::to_string(millisOf(shard_.now())), cursor, std::to_string(kScanChunk)});
    if (!reply) return reply.error();
    auto next = readReply("The last retries of groups", [&] { return ReplyItems(*reply).text(0); });
    if (!next) return next.error();
    cursor = *std::move(next);
  } while (cursor != "0" && !stop.stop_requested());
  return Done{};
}

Result<std::uint64_t> DeadLetterStore::expire(Instant before, const std::stop_token& stop) {
  LetterWalk walk{std::nullopt, false, "(" + std::to_string(millisOf(before))};
  std::uint64_t removed = 0;
  const auto chosen = [&](const DeadLetter& letter) { return letter.deadAt < before; };
  const auto act = [&](std::vector<SeenLetter> run) -> Status {
    for (const auto& batch : batchesOf(std::move(run))) {
      auto gone = removeLetters(batch, "expired");
      if (!gone) return gone.error();
      removed += *gone;
      if (stop.stop_requested()) return Error{ErrorCode::Unavailable, "Lull stops."};
    }
    return Done{};
  };
  const auto walked = inOrderOfDeath(shard_, std::move(walk), chosen, act);
  if (stop.stop_requested()) return removed;
  if (!walked) return walked.error();
  if (auto forgotten = forgetNames(); !forgotten) return forgotten.error();
  if (auto forgotten = forgetRetries(stop); !forgotten) return forgotten.error();
  return removed;
}

}  // namespace lull::redis
