#include "reply_reader.hpp"
#include "seen_letter.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/letter_moves.hpp>

namespace lull::redis {

Result<std::optional<LetterMoves::Retried>> LetterMoves::retry(const LetterBatch& batch, bool supersededToo,
                                                               Mover& by) {
  constexpr std::int64_t kNoEndpoint = -1;
  constexpr std::int64_t kNotOurs = -2;
  const auto& names = shard_.keys();
  const auto& id = batch.endpoint;
  std::vector<std::string> arguments{id,
                                     std::to_string(millisOf(shard_.now())),
                                     std::to_string(firstRetryDelay_.count()),
                                     supersededToo ? "1" : "0",
                                     std::to_string(caps_.messages),
                                     std::to_string(caps_.bytes),
                                     std::to_string(by.number),
                                     by.token};
  appendSeen(arguments, batch.letters);
  auto reply = shard_.run(
      "letters_retry",
      {names.meta(), names.counters(), names.wakeIndex(), names.letterIndex(), names.queue(id), names.messages(id),
       names.leases(id), names.state(id), names.letters(id), names.letterOrder(id), names.behind(id), names.heads(id),
       names.setAside(id), names.groups(), names.jobs(), names.retried(), names.mailed()},
      arguments);
  if (!reply) return reply.error();
  auto outcome = readReply("The answer to a retry", [&]() -> std::optional<Retried> {
    const ReplyItems items(*reply);
    if (items.integer(0) == kNotOurs) return std::nullopt;
    if (items.integer(0) == kNoEndpoint) return Retried{0, batch.letters.size(), false};
    by.number = items.count(4);
    return Retried{items.count(0), items.count(1), items.count(3) == 1};
  });
  if (outcome && *outcome && (*outcome)->retried > 0) onReady_();
  return outcome;
}

Result<std::optional<std::uint64_t>> LetterMoves::remove(const LetterBatch& batch, const std::string& why,
                                                         const Mover& by) {
  const auto& names = shard_.keys();
  const auto& id = batch.endpoint;
  std::vector<std::string> arguments{id, why, std::to_string(by.number), by.token};
  appendSeen(arguments, batch.letters);
  auto reply = shard_.run("letters_remove",
                          {names.meta(), names.counters(), names.letterIndex(), names.letters(id),
                           names.letterOrder(id), names.groups(), names.jobs()},
                          arguments);
  if (!reply) return reply.error();
  if (reply->integer < 0) return std::optional<std::uint64_t>();
  return std::optional(static_cast<std::uint64_t>(reply->integer));
}

}  // namespace lull::redis
