#include "message_codec.hpp"

#include "facts.hpp"
#include "letter_id.hpp"
#include "packed_values.hpp"

#include <algorithm>

namespace lull::redis {

namespace {

constexpr std::uint8_t kLetterVersion = 2;
constexpr std::uint8_t kMessageVersion = 4;
constexpr std::uint8_t kFreshMessageVersion = 5;  // most of what fire.lua leases as it makes it
constexpr std::uint8_t kPayloadVersion = 3;       // lib/facts.lua reads the beginning, too
constexpr unsigned kLeased = 1;
constexpr unsigned kReplay = 32;
constexpr unsigned kAside = 64;

// An event may have occurred before 1970, and by its offset even before the first year that RFC 3339 has.
Instant readOccurred(ByteReader& reader) {
  constexpr std::int64_t kFirstMillis = -62'167'219'200'000;  // 0000-01-01T00:00:00Z
  return instantOf(std::clamp(reader.i64(), kFirstMillis, kLastReadable));
}

// A lane that holds more than one message need not be an item's, so its messages name their item.
ItemKey itemOf(const MessageKey& key, const std::string& named) {
  auto item = named.empty() ? key.item() : ItemKey::fromPacked(named);
  if (!item) throw UnreadableValue("a message names no item");
  return *std::move(item);
}

void readRest(ByteReader& reader, StoredMessage& stored) {
  stored.message.firstFailedAt = readInstantOrNone(reader);
  reader.u64();  // stamp: only the scripts need it
  stored.message.occurredAt = readOccurred(reader);
  reader.u64();  // winSeq
  stored.due = readInstant(reader);
  stored.windowDue = readInstant(reader);
  stored.step = reader.u16();
  stored.entryDue = readInstant(reader);
  stored.message.sentAt = readInstantOrNone(reader).value_or(stored.windowDue);
  stored.message.key = itemOf(stored.key, std::string(reader.text16()));
  stored.message.traceparent = reader.text16();
  reader.text8();  // origin: only the scripts need it
}

void readRestOfFresh(ByteReader& reader, StoredMessage& stored) {
  const auto claimed = readInstant(reader);
  stored.due = claimed;
  stored.entryDue = claimed;
  stored.message.sentAt = claimed;
  stored.message.occurredAt = readOccurred(reader);
  stored.windowDue = readInstant(reader);
  stored.message.key = itemOf(stored.key, "");
  stored.message.traceparent = reader.text16();
}

ItemId readItemId(std::string_view packed) {
  auto id = ItemId::fromPacked(packed);
  if (!id) throw UnreadableValue("a packed value holds no item id");
  return *std::move(id);
}

}  // namespace

std::string packPayload(const Event& event) {
  return ByteWriter{}
      .u8(kPayloadVersion)
      .text32(packFacts(event))
      .text16(event.baseId.packed())
      .text32(event.data)
      .take();
}

Payload readPayload(std::string_view bytes) {
  ByteReader reader(bytes);
  expectVersion(reader, kPayloadVersion);
  Payload payload;
  readFacts(reader.text32(), payload);
  payload.baseId = readItemId(reader.text16());
  payload.data = reader.text32();
  return payload;
}

MessageKey readMessageKey(const std::string& packed) {
  auto key = MessageKey::fromPacked(packed);
  if (!key) throw UnreadableValue("a queue holds a key that is none");
  return *std::move(key);
}

StoredMessage readMessage(std::string_view packed, const MessageKey& key, std::string_view epoch,
                          const EndpointId& endpoint) {
  ByteReader reader(packed);
  const bool isFresh = packed.starts_with(static_cast<char>(kFreshMessageVersion));
  expectVersion(reader, isFresh ? kFreshMessageVersion : kMessageVersion);
  StoredMessage stored;
  const auto flags = reader.u8();
  stored.leased = (flags & kLeased) != 0;
  stored.aside = (flags & kAside) != 0;
  stored.message.replay = (flags & kReplay) != 0;
  stored.key = key;
  stored.idSeq = reader.u64();
  stored.message.id = webhookId(epoch, endpoint, stored.idSeq);
  stored.message.upto = reader.u64();
  stored.message.eventCount = reader.u32();
  stored.message.attempts = reader.u16();
  stored.losses = reader.u8();
  stored.token = reader.u64();
  if (isFresh) {
    readRestOfFresh(reader, stored);
  } else {
    readRest(reader, stored);
  }
  stored.message.payload = readPayload(reader.text32());
  return stored;
}

StoredLetter readLetter(std::string_view packed, const MessageKey& key, std::string_view epoch,
                        const EndpointId& endpoint, ShardNumber shard) {
  ByteReader reader(packed);
  expectVersion(reader, kLetterVersion);
  StoredLetter stored;
  auto& letter = stored.letter;
  stored.key = key;
  stored.number = reader.u64();
  stored.death = reader.u64();
  letter.endpointId = endpoint;
  letter.id = letterId({endpoint, key, stored.number, shard});
  const auto reason = reader.u8();
  if (reason > static_cast<std::uint8_t>(DeathReason::Poisoned))
    throw UnreadableValue("a dead letter has an unknown reason");
  letter.reason = static_cast<DeathReason>(reason);
  if (const auto code = reader.u16(); code != 0) letter.lastCode = code;
  letter.failure = readFailure(reader.u8());
  letter.deadAt = readInstant(reader);
  letter.supersededAt = readInstantOrNone(reader);
  letter.lastError = reader.text16();
  letter.message = readMessage(reader.text32(), key, epoch, endpoint).message;
  letter.firstFailedAt = letter.message.firstFailedAt;
  stored.attempts = readHistory(reader.text32(), endpoint).attempts;
  return stored;
}

}  // namespace lull::redis
