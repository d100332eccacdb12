#include "change_codec.hpp"

#include "message_codec.hpp"
#include "packing.hpp"

#include <utility>

namespace lull::redis {

namespace {

constexpr std::uint8_t kChangeVersion = 2;
constexpr std::size_t kTimeBytes = 7;
constexpr std::size_t kExactBytes = 16;  // of `occurred` and `winSeq`
enum Form : std::uint8_t { kPlain = 0, kExact = 1, kBare = 2 };

}  // namespace

StoredChange readChange(std::string_view packed) {
  ByteReader reader(packed);
  if (reader.u8() != kChangeVersion) throw UnreadableValue("a change was stored by another version");
  const auto form = reader.u8();
  if (form > kBare) throw UnreadableValue("a change was stored in an unknown form");
  StoredChange change;
  change.fired = instantOf(static_cast<std::int64_t>(reader.unsignedOf(kTimeBytes)));
  change.last = instantOf(reader.i64());
  change.upto = reader.u64();
  if (form == kExact) reader.take(kExactBytes);
  if (form != kBare) {
    reader.text16();  // the facts of all events of the window
    reader.text16();  // its traceparent
  }
  auto payload = readPayload(form == kBare ? reader.rest() : reader.text32());
  change.operation = payload.operation;
  change.eventType = std::move(payload.eventType);
  return change;
}

}  // namespace lull::redis
