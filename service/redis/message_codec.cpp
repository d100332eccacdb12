#include "message_codec.hpp"

#include "facts.hpp"
#include "letter_id.hpp"
#include "packing.hpp"

#include <algorithm>

namespace lull::redis {

namespace {

constexpr std::uint8_t kLetterVersion = 2;
constexpr std::uint8_t kMessageVersion = 4;
constexpr std::uint8_t kPayloadVersion = 3;  // lib/facts.lua reads the beginning, too
constexpr std::uint8_t kAttemptVersion = 4;  // lib/epitaph.lua reads attempts, too
constexpr unsigned kLeased = 1;
constexpr unsigned kReplay = 32;
constexpr unsigned kAside = 64;
constexpr std::int64_t kLastReadable = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z

void expectVersion(ByteReader& reader, std::uint8_t wanted) {
  const auto version = reader.u8();
  if (version != wanted) {
    throw UnreadableValue("a packed value has version " + std::to_string(version) + ", this binary reads " +
                          std::to_string(wanted));
  }
}

// Only times that RFC 3339 can express are readable: Lull never wrote another one.
Instant readInstant(ByteReader& reader) {
  const auto millis = reader.i64();
  if (millis < 0 || millis > kLastReadable) throw UnreadableValue("a packed value holds a time that is none");
  return instantOf(millis);
}

FailureClass readFailure(std::uint8_t value) {
  if (value >= kFailureClasses) throw UnreadableValue("an attempt failed in an unknown way");
  return static_cast<FailureClass>(value);
}

// An event may have occurred before 1970, and by its offset even before the first year that RFC 3339 has.
Instant readOccurred(ByteReader& reader) {
  constexpr std::int64_t kFirstMillis = -62'167'219'200'000;  // 0000-01-01T00:00:00Z
  return instantOf(std::clamp(reader.i64(), kFirstMillis, kLastReadable));
}

std::optional<Instant> readInstantOrNone(ByteReader& reader) {
  const auto at = readInstant(reader);
  return at == Instant{} ? std::nullopt : std::optional(at);
}

// A lane that holds more than one message need not be an item's, so its messages name their item.
ItemKey itemOf(const MessageKey& key, const std::string& named) {
  auto item = named.empty() ? key.item() : ItemKey::fromPacked(named);
  if (!item) throw UnreadableValue("a message names no item");
  return *std::move(item);
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

std::string webhookId(std::string_view epoch, const EndpointId& endpoint, std::uint64_t idSeq) {
  const std::string_view bare = std::string_view(endpoint).substr(endpoint.starts_with("ep_") ? 3 : 0);
  return "msg_" + std::string(epoch) + "_" + std::string(bare) + "_" + std::to_string(idSeq);
}

MessageKey readMessageKey(const std::string& packed) {
  auto key = MessageKey::fromPacked(packed);
  if (!key) throw UnreadableValue("a queue holds a key that is none");
  return *std::move(key);
}

StoredMessage readMessage(std::string_view packed, const MessageKey& key, std::string_view epoch,
                          const EndpointId& endpoint) {
  ByteReader reader(packed);
  expectVersion(reader, kMessageVersion);
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
  stored.message.firstFailedAt = readInstantOrNone(reader);
  reader.u64();  // stamp: only the scripts need it
  stored.message.occurredAt = readOccurred(reader);
  reader.u64();  // winSeq
  stored.due = readInstant(reader);
  stored.windowDue = readInstant(reader);
  stored.step = reader.u16();
  stored.entryDue = readInstant(reader);
  stored.message.sentAt = readInstantOrNone(reader).value_or(stored.windowDue);
  stored.message.key = itemOf(key, std::string(reader.text16()));
  stored.message.traceparent = reader.text16();
  reader.text8();  // origin: only the scripts need it
  stored.message.payload = readPayload(reader.text32());
  return stored;
}

std::string packAttempt(const AttemptRecord& attempt) {
  return ByteWriter{}
      .u8(kAttemptVersion)
      .i64(millisOf(attempt.at))
      .text16(attempt.messageId)
      .text16(attempt.key.packed())
      .u16(static_cast<std::uint16_t>(attempt.attempt))
      .u8(static_cast<std::uint8_t>(attempt.outcome))
      .u8(static_cast<std::uint8_t>(attempt.heldFor))
      .u16(static_cast<std::uint16_t>(attempt.code.value_or(0)))
      .u8(static_cast<std::uint8_t>(attempt.failure))
      .u32(static_cast<std::uint32_t>(attempt.duration.count()))
      .text16(attempt.sentence)
      .text16(attempt.responseExcerpt)
      .text8(attempt.result ? toString(*attempt.result) : "")
      .take();
}

AttemptRecord readAttempt(std::string_view bytes) {
  ByteReader reader(bytes);
  expectVersion(reader, kAttemptVersion);
  AttemptRecord attempt;
  attempt.at = readInstant(reader);
  attempt.messageId = reader.text16();
  const auto key = ItemKey::fromPacked(reader.text16());
  if (!key) throw UnreadableValue("an attempt holds no item key");
  attempt.key = *key;
  attempt.attempt = reader.u16();
  const auto outcome = reader.u8();
  if (outcome > static_cast<std::uint8_t>(Outcome::Released))
    throw UnreadableValue("an attempt has an unknown outcome");
  attempt.outcome = static_cast<Outcome>(outcome);
  const auto heldFor = reader.u8();
  if (heldFor > static_cast<std::uint8_t>(PausedReason::Blocked))
    throw UnreadableValue("an attempt was held for an unknown reason");
  attempt.heldFor = static_cast<PausedReason>(heldFor);
  if (const auto code = reader.u16(); code != 0) attempt.code = code;
  attempt.failure = readFailure(reader.u8());
  attempt.duration = Millis{reader.u32()};
  attempt.sentence = reader.text16();
  attempt.responseExcerpt = reader.text16();
  if (const auto result = reader.text8(); !result.empty()) {
    attempt.result = parseReceiverResult(result);
    if (!attempt.result) throw UnreadableValue("an attempt has an unknown result");
  }
  return attempt;
}

History readHistory(std::string_view bytes) {
  History history;
  try {
    ByteReader reader(bytes);
    while (!reader.done()) history.attempts.push_back(readAttempt(reader.text16()));
  } catch (const UnreadableValue&) {
    history.whole = false;
  }
  return history;
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
  stored.attempts = readHistory(reader.text32()).attempts;
  return stored;
}

}  // namespace lull::redis
