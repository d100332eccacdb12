#include "admission_codec.hpp"

#include "key_digest.hpp"
#include "message_codec.hpp"
#include "packing.hpp"
#include "reply_reader.hpp"

namespace lull::redis {

namespace {

/// What makes two events the same one. A CloudEvent is told by its source, whoever hands it on; any other event by its
/// publisher. Lengths keep the parts apart, and the word in front keeps a source from a publisher of the same name: no
/// choice of names and ids can collide with another.
std::string idDigest(const Event& event, std::string_view publisher, std::string_view key) {
  const bool isCloudEvent = !event.source.empty();
  std::string named;
  for (const std::string_view part : {std::string_view(isCloudEvent ? "source" : "publisher"),
                                      isCloudEvent ? std::string_view(event.source) : publisher,
                                      std::string_view(event.id), std::string_view(event.type), key}) {
    named.append(std::to_string(part.size())).append(":").append(part);
  }
  return keyDigest(named);
}

}  // namespace

PackedEvent packEvent(const Event& event, std::string_view scope) {
  PackedEvent packed;
  packed.changeType = event.changeType;
  packed.key = ItemKey{event.changeType, event.itemId}.packed();
  if (event.occurredAt) packed.occurredAt = std::to_string(millisOf(*event.occurredAt));
  packed.traceparent = event.traceparent;
  packed.payload = packPayload(event);
  if (!event.id.empty()) packed.id = idDigest(event, scope, packed.key);
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
