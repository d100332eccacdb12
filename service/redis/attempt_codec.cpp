#include "attempt_codec.hpp"

#include "packed_values.hpp"

#include <charconv>
#include <optional>

namespace lull::redis {

namespace {

constexpr std::uint8_t kAttemptVersion = 6;
constexpr std::string_view kIdHead = "msg_";

struct IdParts {
  std::string_view epoch;
  std::uint64_t number = 0;
};

// The parts of an id that webhookId() made for the endpoint; nothing for another one.
std::optional<IdParts> partsOf(std::string_view id, const EndpointId& endpoint) {
  const auto epochEnd = id.find('_', kIdHead.size());
  const auto numberAt = id.rfind('_') + 1;
  if (epochEnd == std::string_view::npos || numberAt <= epochEnd) return std::nullopt;
  IdParts parts{id.substr(kIdHead.size(), epochEnd - kIdHead.size()), 0};
  std::from_chars(id.data() + numberAt, id.data() + id.size(), parts.number);
  if (parts.epoch.empty() || parts.epoch.size() > 0xFF) return std::nullopt;
  return webhookId(parts.epoch, endpoint, parts.number) == id ? std::optional(parts) : std::nullopt;
}

void writeId(ByteWriter& writer, const AttemptRecord& attempt, const EndpointId& endpoint) {
  const auto parts = partsOf(attempt.messageId, endpoint);
  writer.text8(parts ? parts->epoch : "");
  if (!parts) {
    writer.text16(attempt.messageId);
  } else if (parts->number != attempt.sequence) {
    writer.u64(parts->number);
  }
}

std::string readId(ByteReader& reader, std::uint64_t sequence, const EndpointId& endpoint) {
  const auto epoch = reader.text8();
  if (epoch.empty()) return std::string(reader.text16());
  return webhookId(epoch, endpoint, reader.done() ? sequence : reader.u64());
}

}  // namespace

std::string webhookId(std::string_view epoch, const EndpointId& endpoint, std::uint64_t idSeq) {
  const std::string_view bare = std::string_view(endpoint).substr(endpoint.starts_with("ep_") ? 3 : 0);
  return std::string(kIdHead) + std::string(epoch) + "_" + std::string(bare) + "_" + std::to_string(idSeq);
}

std::string packAttempt(const AttemptRecord& attempt, const EndpointId& endpoint) {
  ByteWriter writer;
  writer.u8(kAttemptVersion)
      .i64(millisOf(attempt.at))
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
      .u64(attempt.sequence);
  writeId(writer, attempt, endpoint);
  return writer.take();
}

AttemptRecord readAttempt(std::string_view bytes, const EndpointId& endpoint) {
  ByteReader reader(bytes);
  expectVersion(reader, kAttemptVersion);
  AttemptRecord attempt;
  attempt.at = readInstant(reader);
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
  attempt.sequence = reader.u64();
  attempt.messageId = readId(reader, attempt.sequence, endpoint);
  return attempt;
}

History readHistory(std::string_view bytes, const EndpointId& endpoint) {
  History history;
  try {
    ByteReader reader(bytes);
    while (!reader.done()) history.attempts.push_back(readAttempt(reader.text16(), endpoint));
  } catch (const UnreadableValue&) {
    history.whole = false;
  }
  return history;
}

}  // namespace lull::redis
