#include "purge.hpp"

#include "keys.hpp"
#include "packing.hpp"

namespace lull::redis {

Result<QueueChunk> readQueue(Store& store, const EndpointId& id, QueueSet set, const Position& from) {
  const Keys keys(store.prefix());
  auto reply = store.run(
      "queue_page", {set == QueueSet::Waiting ? keys.queue(id) : keys.leases(id), keys.messages(id), keys.history(id)},
      {from.score, from.member, std::to_string(kScanChunk)});
  if (!reply) return reply.error();
  QueueChunk chunk;
  chunk.next = from;
  const auto epoch = store.epoch();
  const auto& items = reply->items;
  try {
    for (std::size_t i = 1; i + 3 < items.size(); i += 4) {
      chunk.next = {items[i + 1].text, items[i].text};
      const auto key = ItemKey::fromPacked(items[i].text);
      if (!key || items[i + 2].text.empty()) continue;
      auto stored = readMessage(items[i + 2].text, *key, epoch, id);
      stored.message.payload.data = {};  // Nobody who looks at a queue asks for it.
      chunk.entries.push_back(
          {std::move(stored), readHistory(items[i + 3].text), instantOf(std::stoll(items[i + 1].text))});
    }
  } catch (const UnreadableValue& why) {
    return Error{ErrorCode::Internal, std::string("A queue holds what this version cannot read: ") + why.what() + "."};
  }
  chunk.last = static_cast<std::size_t>(items.at(0).integer) < kScanChunk;
  return chunk;
}

Result<std::uint64_t> purgeQueue(Store& store, Instant now, const EndpointId& id,
                                 const std::function<bool(const QueueEntry&)>& matches) {
  const Keys names(store.prefix());
  const std::vector<std::string> keys{names.counters(), names.wakeIndex(), names.queue(id),  names.messages(id),
                                      names.leases(id), names.state(id),   names.history(id)};
  std::uint64_t purged = 0;
  for (const auto set : {QueueSet::Leases, QueueSet::Waiting}) {
    Position position;
    for (bool last = false; !last;) {
      auto chunk = readQueue(store, id, set, position);
      if (!chunk) return chunk.error();
      std::vector<std::string> arguments{id, std::to_string(millisOf(now))};
      for (const auto& entry : chunk->entries) {
        if (matches(entry)) arguments.push_back(entry.stored.message.key.packed());
      }
      if (arguments.size() > 2) {
        auto reply = store.run("queue_purge", keys, arguments);
        if (!reply) return reply.error();
        purged += static_cast<std::uint64_t>(reply->items.at(0).integer);
      }
      last = chunk->last;
      position = chunk->next;
    }
  }
  return purged;
}

}  // namespace lull::redis
