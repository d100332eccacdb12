#include "change_codec.hpp"

#include "packing.hpp"

namespace lull::redis {

namespace {

constexpr std::uint8_t kChangeVersion = 1;
constexpr unsigned kExact = 64;
constexpr std::size_t kTimeBytes = 6;
constexpr std::size_t kExactBytes = 16;

Operation operationOf(unsigned bit) {
  for (const auto operation : {Operation::Create, Operation::Update, Operation::Delete}) {
    if (bit == 1U << static_cast<unsigned>(operation)) return operation;
  }
  throw UnreadableValue("a change has an unknown operation");
}

}  // namespace

StoredChange readChange(std::string_view packed) {
  ByteReader reader(packed);
  if (reader.u8() != kChangeVersion) throw UnreadableValue("a change was stored by another version");
  const unsigned said = reader.u8();
  StoredChange change;
  change.operation = operationOf(said & ~kExact);
  change.upto = reader.u64();
  change.fired = instantOf(static_cast<std::int64_t>(reader.unsignedOf(kTimeBytes)));
  change.last = instantOf(static_cast<std::int64_t>(reader.unsignedOf(kTimeBytes)));
  if ((said & kExact) != 0) reader.take(kExactBytes);
  change.eventType = reader.text16();
  return change;
}

}  // namespace lull::redis
