#include "endpoint_removal.hpp"
#include "reply_reader.hpp"

#include <lull/redis/alert_queue.hpp>
#include <lull/redis/keys.hpp>
#include <lull/redis/mailbox_store.hpp>

namespace lull::redis {

namespace {

// A script call ends at most 200 locks of each of so many mailboxes.
constexpr int kMailboxesPerCall = 10;
// One call of endLocks() or forgetIdle() makes so many calls of a script.
constexpr int kCallsAtOnce = 50;

std::string text(Instant at) {
  return std::to_string(millisOf(at));
}

Result<std::vector<EndpointId>> firstOf(Shard& shard, const std::string& index, Instant until, int most) {
  const auto reply = shard.call({"ZRANGEBYSCORE", index, "-inf", text(until), "LIMIT", "0", std::to_string(most)});
  if (!reply) return reply.error();
  std::vector<EndpointId> ids;
  for (const auto& item : reply->items) ids.push_back(item.text);
  return ids;
}

}  // namespace

Result<MailboxStore::EndedLocks> MailboxStore::endLocksOf(const std::vector<EndpointId>& ids, Instant now) {
  const auto& names = shard_.keys();
  std::vector<std::string> keys{names.meta(),        names.counters(), names.unlockIndex(), names.mailed(),
                                names.letterIndex(), names.groups(),   names.jobs(),        names.retried(),
                                names.alertOrder(),  names.alerts()};
  std::vector<std::string> arguments{text(now), std::to_string(limits_.receives), std::to_string(limits_.letters)};
  for (const auto& id : ids) {
    keys.insert(keys.end(), {names.queue(id), names.messages(id), names.leases(id), names.state(id), names.letters(id),
                             names.letterOrder(id)});
    arguments.push_back(id);
  }
  const auto reply = shard_.run("mailbox_locks_end", keys, arguments);
  if (!reply) return reply.error();
  return readReply("The answer to the end of locks", [&] {
    const ReplyItems items(*reply);
    for (std::size_t i = 4; i + 1 < items.size(); i += 2) logAlert(items.text(i), items.text(i + 1));
    const auto next = items.integer(3);
    return EndedLocks{items.integer(2) == 1, next < 0 ? std::nullopt : std::optional(instantOf(next))};
  });
}

Result<std::optional<Instant>> MailboxStore::endLocks(Instant now) {
  for (int calls = 0; calls < kCallsAtOnce; ++calls) {
    const auto ids = firstOf(shard_, shard_.keys().unlockIndex(), now, kMailboxesPerCall);
    if (!ids) return ids.error();
    if (ids->empty()) break;
    const auto ended = endLocksOf(*ids, now);
    if (!ended) return ended.error();
  }
  const auto next = shard_.call({"ZRANGE", shard_.keys().unlockIndex(), "0", "0", "WITHSCORES"});
  if (!next) return next.error();
  return readReply("The index of locks", [&]() -> std::optional<Instant> {
    if (next->items.size() < 2) return std::nullopt;
    return instantOfScore(next->items[1].text);
  });
}

Result<std::vector<ports::ForgottenMailbox>> MailboxStore::forgetIdle(Instant now) {
  std::vector<ports::ForgottenMailbox> forgotten;
  if (limits_.idleExpiry <= Millis{0}) return forgotten;
  const auto since = now - limits_.idleExpiry;
  const auto ids = firstOf(shard_, shard_.keys().mailboxCalls(), since, kCallsAtOnce);
  if (!ids) return ids.error();
  for (const auto& id : *ids) {
    const auto words = epitaphOf(id);
    const auto removed = removeEndpoint(shard_, id, {"", words.packed, "mailbox", text(since)});
    // Those that are removed already must be told of.
    if (!removed && forgotten.empty()) return removed.error();
    if (!removed) break;
    if (*removed >= 0) forgotten.push_back({id, words.name, static_cast<std::uint64_t>(*removed)});
  }
  return forgotten;
}

Result<ports::MailboxNews::Since> MailboxStore::since(std::uint64_t mark) {
  const auto& keys = shard_.keys();
  const auto reply =
      shard_.run("mailbox_news", {keys.meta(), keys.mailed()}, {std::to_string(mark), text(shard_.now())});
  if (!reply) return reply.error();
  return readReply("The notices about mailboxes", [&] {
    const ReplyItems items(*reply);
    Since since{items.count(0), {}, items.integer(1) == 1};
    for (std::size_t i = 2; i < items.size(); ++i) since.ids.push_back(items.text(i));
    return since;
  });
}

}  // namespace lull::redis
