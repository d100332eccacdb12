#include "queue_walk.hpp"

#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>

namespace lull::redis {

namespace {

// Reads the attempts as far as possible; those that cannot be read are set aside.
std::vector<AttemptRecord> historyOf(Shard& shard, const EndpointId& id, const std::string& key,
                                     const std::string& bytes) {
  auto history = readHistory(bytes, id);
  if (!history.whole) {
    shard.setValueAside(shard.keys().history(id), {"history|" + id + "|" + key, key, bytes}, id,
                        "The attempts of a queued notification of this endpoint could not be read and were set aside "
                        "(hash 'aside'); it is sent all the same.");
  }
  return std::move(history.attempts);
}

// A message that cannot be read is not shown, and is noted in `damage`.
QueueChunk chunkIn(const Reply& reply, const Position& from, Shard& shard, Damage& damage) {
  const ReplyItems items(reply);
  const auto epoch = shard.epoch();
  const auto& id = damage.endpoint;
  QueueChunk chunk;
  chunk.next = from;
  for (std::size_t i = 1; i + 3 < items.size(); i += 4) {
    chunk.next = {items.text(i + 1), items.text(i)};
    try {
      auto stored = readMessage(items.text(i + 2), readMessageKey(items.text(i)), epoch, id);
      stored.message.payload.data = {};  // no view of a queue shows it
      chunk.entries.push_back({std::move(stored), historyOf(shard, id, items.text(i), items.text(i + 3)), chunk.next});
    } catch (const UnreadableValue&) {
      damage.culprits.emplace_back(items.text(i), items.text(i + 2));
    }
  }
  chunk.last = items.count(0) < kScanChunk;
  return chunk;
}

// Reads an answer of HSCAN in the same way, without the histories. The keys of `chunk.entries`, in their order, go to
// `keys`.
MessageChunk messagesIn(const Reply& reply, const std::string& epoch, Damage& damage, std::vector<std::string>& keys) {
  const ReplyItems items(reply);
  const auto found = items.items(1);
  MessageChunk chunk;
  chunk.cursor = items.text(0);
  for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
    const auto& key = found.text(i);
    if (key.starts_with('+')) continue;  // a successor
    try {
      chunk.entries.push_back({readMessage(found.text(i + 1), readMessageKey(key), epoch, damage.endpoint), {}, {}});
      keys.push_back(key);
    } catch (const UnreadableValue&) {
      damage.culprits.emplace_back(key, found.text(i + 1));
    }
  }
  return chunk;
}

}  // namespace

namespace {

std::string nameOf(const Keys& keys, QueueSet set, const EndpointId& id) {
  switch (set) {
    case QueueSet::Leases:
      return keys.leases(id);
    case QueueSet::SetAside:
      return keys.setAside(id);
    case QueueSet::Waiting:
      return keys.queue(id);
    case QueueSet::Behind:
      return keys.behind(id);
  }
  return {};
}

}  // namespace

Result<QueueChunk> readQueue(Shard& shard, const EndpointId& id, QueueSet set, const Position& from) {
  const auto& keys = shard.keys();
  auto reply = shard.run("queue_page", {nameOf(keys, set, id), keys.messages(id), keys.history(id)},
                         {from.score, from.member, std::to_string(kScanChunk)});
  if (!reply) return reply.error();
  Damage damage{Damage::What::Message, id, {}};
  auto chunk = readReply("A queue", [&] { return chunkIn(*reply, from, shard, damage); });
  (void)shard.setAside(damage);
  return chunk;
}

Result<MessageChunk> readMessages(Shard& shard, const EndpointId& id, const std::string& cursor) {
  const auto& names = shard.keys();
  auto reply = shard.call({"HSCAN", names.messages(id), cursor, "COUNT", std::to_string(kScanChunk)});
  if (!reply) return reply.error();
  Damage damage{Damage::What::Message, id, {}};
  std::vector<std::string> keys;
  auto chunk = readReply("A queue", [&] { return messagesIn(*reply, shard.epoch(), damage, keys); });
  (void)shard.setAside(damage);
  if (!chunk || keys.empty()) return chunk;
  Command histories{"HMGET", names.history(id)};
  histories.insert(histories.end(), keys.begin(), keys.end());
  auto attempts = shard.call(histories);
  if (!attempts) return attempts.error();
  const auto read = readReply("The history of a queue", [&] {
    const ReplyItems items(*attempts);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      chunk->entries[i].history = historyOf(shard, id, keys[i], items.textOrEmpty(i));
    }
    return Done{};
  });
  if (!read) return read.error();
  return chunk;
}

}  // namespace lull::redis
