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

Result<DeadLetterStore::Retried> DeadLetterStore::retry(const LetterBatch& batch, bool supersededToo) {
  const auto& names = shard_.keys();
  const auto& id = batch.endpoint;
  std::vector<std::string> arguments{id,
                                     std::to_string(millisOf(shard_.now())),
                                     std::to_string(firstRetryDelay_.count()),
                                     supersededToo ? "1" : "0",
                                     std::to_string(caps_.messages),
                                     std::to_string(caps_.bytes)};
  appendSeen(arguments, batch.letters);
  auto reply = shard_.run("letters_retry",
                          {names.meta(), names.counters(), names.wakeIndex(), names.letterIndex(), names.queue(id),
                           names.messages(id), names.leases(id), names.state(id), names.letters(id),
                           names.letterOrder(id), names.behind(id), names.heads(id), names.setAside(id)},
                          arguments);
  if (!reply) return reply.error();
  auto outcome = readReply("The answer to a retry", [&] {
    const ReplyItems items(*reply);
    if (items.integer(0) < 0) return Retried{0, batch.letters.size(), false};
    return Retried{items.count(0), items.count(1), items.count(3) == 1};
  });
  if (outcome && outcome->retried > 0) onReady_();
  return outcome;
}

Result<ports::RetriedOne> DeadLetterStore::retryOne(const std::string& id) {
  auto stored = readLetterById(shard_, id);
  if (!stored) return stored.error();
  if (stored->letter.supersededAt) {
    return Error{ErrorCode::Conflict,
                 "A newer notification of this item was delivered since; there is nothing to retry."};
  }
  auto outcome = retry({stored->letter.endpointId, {seen(*stored)}}, false);
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
  const auto act = [&](const LetterBatch& batch) -> Result<std::uint64_t> {
    auto retried = retry(batch, request.includeSuperseded);
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
  const auto& names = shard_.keys();
  const auto& id = batch.endpoint;
  std::vector<std::string> arguments{id, why};
  appendSeen(arguments, batch.letters);
  auto reply = shard_.run(
      "letters_remove", {names.meta(), names.counters(), names.letterIndex(), names.letters(id), names.letterOrder(id)},
      arguments);
  if (!reply) return reply.error();
  return static_cast<std::uint64_t>(reply->integer);
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
  return removed;
}

}  // namespace lull::redis
