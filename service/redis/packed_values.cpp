#include "packed_values.hpp"

#include <string>

namespace lull::redis {

void expectVersion(ByteReader& reader, std::uint8_t wanted) {
  const auto version = reader.u8();
  if (version != wanted) {
    throw UnreadableValue("a packed value has version " + std::to_string(version) + ", this binary reads " +
                          std::to_string(wanted));
  }
}

Instant readInstant(ByteReader& reader) {
  const auto millis = reader.i64();
  if (millis < 0 || millis > kLastReadable) throw UnreadableValue("a packed value holds a time that is none");
  return instantOf(millis);
}

std::optional<Instant> readInstantOrNone(ByteReader& reader) {
  const auto at = readInstant(reader);
  return at == Instant{} ? std::nullopt : std::optional(at);
}

FailureClass readFailure(std::uint8_t value) {
  if (value >= kFailureClasses) throw UnreadableValue("an attempt failed in an unknown way");
  return static_cast<FailureClass>(value);
}

}  // namespace lull::redis
