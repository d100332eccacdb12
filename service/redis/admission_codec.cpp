#include "admission_codec.hpp"

#include "key_digest.hpp"
#include "message_codec.hpp"
#include "packing.hpp"
#include "reply_reader.hpp"

namespace lull::redis {

PackedEvent packEvent(const Event& event, std::string_view scope) {
  PackedEvent packed;
  packed.changeType = event.changeType;
  packed.key = ItemKey{event.changeType, event.itemId}.packed();
  if (event.occurredAt) packed.occurredAt = std::to_string(millisOf(*event.occurredAt));
  packed.traceparent = event.traceparent;
  packed.payload = packPayload(event);
  if (!event.id.empty()) {
    // Lengths keep the parts apart: no choice of scope and id can collide with another.
    std::string named;
    for (const std::string_view part :
         {scope, std::string_view(event.id), std::string_view(event.type), std::string_view(packed.key)}) {
      named += std::to_string(part.size()) + ":" + std::string(part);
    }
    packed.id = keyDigest(named);
  }
  return packed;
}

AdmissionAnswer admissionAnswerIn(const Reply& reply, std::size_t events) {
  const ReplyItems items(reply);
  AdmissionAnswer admitted;
  if (items.integer(0) >= 0) admitted.due = instantOf(items.integer(0));
  admitted.streamed = items.integer(1) > 0;
  for (std::size_t i = 0; i < events; ++i) admitted.sequences.push_back(items.integer(2 + i));
  admitted.registryRevision = items.count(2 + events);
  return admitted;
}

}  // namespace lull::redis
