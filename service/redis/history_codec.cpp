#include "history_codec.hpp"

#include "packing.hpp"

namespace lull::redis {

namespace {

// No number of ours has more: 2^63 takes nine.
constexpr int kMostVarintBytes = 9;

std::uint64_t varint(ByteReader& reader) {
  std::uint64_t value = 0;
  for (int i = 0; i < kMostVarintBytes; ++i) {
    const auto byte = reader.u8();
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7U * static_cast<unsigned>(i));
    if ((byte & 0x80U) == 0) return value;
  }
  throw UnreadableValue("a number of the history does not end");
}

/// A bucket, or nothing.
std::optional<std::uint32_t> lagIn(ByteReader& reader) {
  const auto byte = reader.u8();
  return byte == 0 ? std::nullopt : std::optional<std::uint32_t>(byte - 1U);
}

template <class Record, class Read>
void readAll(std::string_view packed, std::vector<Record>& into, const Read& read) {
  try {
    for (ByteReader reader(packed); !reader.done();) into.push_back(read(reader));
  } catch (const UnreadableValue&) {
    // The rest of the piece is missing.
  }
}

}  // namespace

void readSteps(std::string_view packed, Instant hour, std::vector<ports::HistoryStep>& into) {
  readAll(packed, into, [&](ByteReader& reader) {
    ports::HistoryStep step;
    step.at = hour + reader.u16() * ports::kHistoryStep;
    step.lagP50 = lagIn(reader);
    step.lagP99 = lagIn(reader);
    step.accepted = varint(reader);
    step.coalesced = varint(reader);
    step.delivered = varint(reader);
    step.failed = varint(reader);
    step.deadLettered = varint(reader);
    step.oldestDueAge = Millis{static_cast<std::int64_t>(varint(reader))};
    step.queueDepth = varint(reader);
    return step;
  });
}

void readMinutes(std::string_view packed, Instant hour, std::vector<ports::MinuteLag>& into) {
  readAll(packed, into, [&](ByteReader& reader) {
    ports::MinuteLag minute;
    minute.at = hour + std::chrono::minutes(reader.u8());
    minute.p50 = lagIn(reader).value_or(0);
    minute.p99 = lagIn(reader).value_or(0);
    return minute;
  });
}

void readDistributions(std::string_view packed, Instant hour, std::vector<ports::LagDistribution>& into) {
  readAll(packed, into, [&](ByteReader& reader) {
    ports::LagDistribution part;
    part.at = hour + reader.u8() * std::chrono::minutes(5);
    for (auto buckets = reader.u8(); buckets > 0; --buckets) {
      const std::uint32_t bucket = reader.u8();
      part.counts[bucket] = varint(reader);
    }
    return part;
  });
}

std::vector<ports::AttemptSlot> readAttemptSlots(std::string_view packed, Instant now) {
  constexpr std::int64_t kNumbers = 65536;
  const auto current = now.time_since_epoch() / ports::kAttemptSlot;
  std::vector<ports::AttemptSlot> slots;
  readAll(packed, slots, [&](ByteReader& reader) {
    const std::int64_t number = reader.u16();
    const auto ago = ((current - number) % kNumbers + kNumbers) % kNumbers;
    ports::AttemptSlot slot;
    slot.at = Instant{(current - ago) * ports::kAttemptSlot};
    slot.counts = {reader.unsignedOf(3), reader.unsignedOf(3)};
    return slot;
  });
  return slots;
}

}  // namespace lull::redis
