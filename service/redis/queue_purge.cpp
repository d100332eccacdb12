#include "queue_purge.hpp"

#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>

namespace lull::redis {

Result<std::uint64_t> purgeQueue(Shard& shard, const EndpointId& id, const PurgeChoice& choice) {
  const auto& names = shard.keys();
  const auto now = [&] { return std::to_string(millisOf(shard.now())); };
  auto mark = shard.run("queue_mark", {names.meta(), names.state(id)}, {now()});
  if (!mark) return mark.error();
  const auto before = readReply("The mark of a queue", [&] {
    const ReplyItems items(*mark);
    return std::pair(std::to_string(items.integer(0)), std::to_string(items.integer(1)));
  });
  if (!before) return before.error();
  const std::vector<std::string> keys{names.meta(),       names.counters(), names.wakeIndex(), names.queue(id),
                                      names.messages(id), names.leases(id), names.state(id),   names.history(id),
                                      names.behind(id),   names.heads(id),  names.setAside(id)};
  std::uint64_t purged = 0;
  std::string cursor = "0";
  do {
    auto chunk = readMessages(shard, id, cursor);
    if (!chunk) return chunk.error();
    std::vector<std::string> arguments{id, now(), before->first, before->second, choice.unsubscribedOnly ? "1" : "0"};
    const auto withoutKeys = arguments.size();
    for (const auto& entry : chunk->entries) {
      if (!choice.matches(entry)) continue;
      const auto& message = entry.stored.message;
      arguments.push_back(entry.stored.key.packed());
      arguments.push_back(choice.messageOnly ? std::to_string(entry.stored.idSeq) : "0");
      arguments.push_back(choice.messageOnly ? std::to_string(message.upto) : "0");
    }
    if (arguments.size() > withoutKeys) {
      auto reply = shard.run("queue_purge", keys, arguments);
      if (!reply) return reply.error();
      const auto keysPurged = readReply("The answer to a purge", [&] { return ReplyItems(*reply).count(0); });
      if (!keysPurged) return keysPurged.error();
      purged += *keysPurged;
    }
    cursor = chunk->cursor;
  } while (cursor != "0");
  return purged;
}

}  // namespace lull::redis
