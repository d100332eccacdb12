#include "queue_walk.hpp"

#include "keys.hpp"
#include "packing.hpp"

namespace lull::redis {

namespace {

Error unreadableQueue(const UnreadableValue& why) {
  return {ErrorCode::Internal, std::string("A queue holds what this version cannot read: ") + why.what() + "."};
}

}  // namespace

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
      chunk.entries.push_back({std::move(stored), readHistory(items[i + 3].text), chunk.next});
    }
  } catch (const UnreadableValue& why) {
    return unreadableQueue(why);
  }
  chunk.last = static_cast<std::size_t>(items.at(0).integer) < kScanChunk;
  return chunk;
}

Result<MessageChunk> readMessages(Store& store, const EndpointId& id, const std::string& cursor) {
  const Keys names(store.prefix());
  auto reply = store.call({"HSCAN", names.messages(id), cursor, "COUNT", std::to_string(kScanChunk)});
  if (!reply) return reply.error();
  MessageChunk chunk;
  chunk.cursor = reply->items.at(0).text;
  const auto epoch = store.epoch();
  const auto& found = reply->items.at(1).items;
  Command histories{"HMGET", names.history(id)};
  try {
    for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
      const auto key = ItemKey::fromPacked(found[i].text);
      if (!key) continue;  // a successor: "+" and the key
      chunk.entries.push_back({readMessage(found[i + 1].text, *key, epoch, id), {}, {}});
      histories.push_back(found[i].text);
    }
    if (chunk.entries.empty()) return chunk;
    auto attempts = store.call(histories);
    if (!attempts) return attempts.error();
    for (std::size_t i = 0; i < chunk.entries.size(); ++i)
      chunk.entries[i].history = readHistory(attempts->items.at(i).text);
  } catch (const UnreadableValue& why) {
    return unreadableQueue(why);
  }
  return chunk;
}

}  // namespace lull::redis
