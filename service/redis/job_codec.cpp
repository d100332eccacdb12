#include "job_codec.hpp"

#include "packing.hpp"

#include <optional>

namespace lull::redis {

namespace {

constexpr std::uint8_t kOrderVersion = 2;
// The same, and the change types; only replays have it, so a process that knows none of these reads all other jobs.
constexpr std::uint8_t kReplayVersion = 3;

// A part of a filter: a byte that says whether it is there, then its value.
template <class Value, class Put>
void put(ByteWriter& writer, const std::optional<Value>& value, Put&& write) {
  writer.u8(value ? 1 : 0);
  if (value) write(*value);
}

template <class Read>
auto take(ByteReader& reader, Read&& read) -> std::optional<decltype(read())> {
  if (reader.u8() == 0) return std::nullopt;
  return read();
}

template <class Enum>
Enum member(std::uint8_t value, std::size_t count) {
  if (value >= count) throw UnreadableValue("a job has a word that this version does not know");
  return static_cast<Enum>(value);
}

void putFilter(ByteWriter& writer, const DeadLetterFilter& filter) {
  put(writer, filter.endpointId, [&](const auto& id) { writer.text16(id); });
  put(writer, filter.changeType, [&](auto bit) { writer.u32(bit); });
  put(writer, filter.itemId, [&](const auto& id) { writer.text16(id); });
  put(writer, filter.code, [&](int code) { writer.u16(static_cast<std::uint16_t>(code)); });
  put(writer, filter.failure, [&](auto failure) { writer.u8(static_cast<std::uint8_t>(failure)); });
  put(writer, filter.reason, [&](auto reason) { writer.u8(static_cast<std::uint8_t>(reason)); });
  put(writer, filter.superseded, [&](bool is) { writer.u8(is ? 1 : 0); });
  put(writer, filter.since, [&](Instant at) { writer.i64(millisOf(at)); });
  put(writer, filter.until, [&](Instant at) { writer.i64(millisOf(at)); });
  writer.u16(static_cast<std::uint16_t>(filter.ids.size()));
  for (const auto& id : filter.ids) writer.text16(id);
  put(writer, filter.among, [&](const auto& among) {
    writer.u32(static_cast<std::uint32_t>(among.size()));
    for (const auto& id : among) writer.text16(id);
  });
}

DeadLetterFilter takeFilter(ByteReader& reader) {
  constexpr std::size_t kReasons = 4;
  DeadLetterFilter filter;
  filter.endpointId = take(reader, [&] { return EndpointId(reader.text16()); });
  filter.changeType = take(reader, [&] { return reader.u32(); });
  filter.itemId = take(reader, [&] { return std::string(reader.text16()); });
  filter.code = take(reader, [&] { return int{reader.u16()}; });
  filter.failure = take(reader, [&] { return member<FailureClass>(reader.u8(), kFailureClasses); });
  filter.reason = take(reader, [&] { return member<DeathReason>(reader.u8(), kReasons); });
  filter.superseded = take(reader, [&] { return reader.u8() != 0; });
  filter.since = take(reader, [&] { return instantOf(reader.i64()); });
  filter.until = take(reader, [&] { return instantOf(reader.i64()); });
  filter.ids.resize(reader.u16());
  for (auto& id : filter.ids) id = reader.text16();
  filter.among = take(reader, [&] {
    EndpointIds among;
    for (auto left = reader.u32(); left > 0; --left) among.emplace(reader.text16());
    return among;
  });
  return filter;
}

}  // namespace

std::string packOrder(const StoredOrder& stored) {
  const auto& order = stored.order;
  ByteWriter writer;
  const bool isReplay = order.action == ports::JobAction::Replay;
  writer.u8(isReplay ? kReplayVersion : kOrderVersion)
      .u8(static_cast<std::uint8_t>(order.action))
      .u8(order.includeSuperseded ? 1 : 0)
      .u32(order.ratePerSecond)
      .text16(order.by)
      .text16(order.owner)
      .i64(millisOf(stored.until));
  putFilter(writer, order.filter);
  if (isReplay) writer.u32(order.changeTypes);
  return writer.take();
}

StoredOrder readOrder(std::string_view bytes) {
  ByteReader reader(bytes);
  const auto version = reader.u8();
  if (version != kOrderVersion && version != kReplayVersion)
    throw UnreadableValue("a job was stored by another version");
  StoredOrder stored;
  auto& order = stored.order;
  order.action = member<ports::JobAction>(reader.u8(), ports::kJobActions.size());
  order.includeSuperseded = reader.u8() != 0;
  order.ratePerSecond = reader.u32();
  order.by = reader.text16();
  order.owner = reader.text16();
  stored.until = instantOf(reader.i64());
  order.filter = takeFilter(reader);
  if (version == kReplayVersion) order.changeTypes = reader.u32();
  if (!reader.done()) throw UnreadableValue("a job is longer than it says");
  return stored;
}

}  // namespace lull::redis
