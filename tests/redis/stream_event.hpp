#pragma once

#include "packing.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace lull::redis {

/// An event of the stream as lib/stream.lua packs it.
struct StreamEvent {
  std::uint64_t sequence = 0;
  std::int64_t admitted = 0, occurred = 0;
  std::uint32_t bit = 0;
  std::string item, trace, payload;
};

inline StreamEvent readStreamEvent(std::string_view packed) {
  ByteReader reader(packed);
  if (reader.u8() != 2) throw UnreadableValue("an event of the stream has another version");
  StreamEvent event;
  event.sequence = reader.u64();
  event.admitted = reader.i64();
  event.occurred = reader.i64();
  event.bit = reader.u32();
  event.item = reader.text16();
  event.trace = reader.text16();
  event.payload = reader.text32();
  if (!reader.done()) throw UnreadableValue("an event of the stream is too long");
  return event;
}

}  // namespace lull::redis
