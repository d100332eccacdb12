#include "fuzz.hpp"
#include "redis/change_codec.hpp"
#include "redis/endpoint_codec.hpp"
#include "redis/job_codec.hpp"
#include "redis/mailbox_codec.hpp"
#include "redis/message_codec.hpp"
#include "redis/packing.hpp"

namespace {

using namespace lull;
using namespace lull::redis;

const Sealer& sealer() {
  static const Sealer instance({{"k", {1, 2, 3}}});
  return instance;
}

void readAs(unsigned kind, std::string_view bytes) {
  const auto key = MessageKey::ofItem({1, ItemId(7)});
  const MessageKey inLane{"", 5};  // such a message names its item itself
  const EndpointId id = "ep_00000000000000000000";
  switch (kind % 11) {
    case 0:
      static_cast<void>(readPayload(bytes));
      return;
    case 1:
      static_cast<void>(readMessage(bytes, key, "epoch", id));
      return;
    case 2: {
      const auto packed = packAttempt(readAttempt(bytes, id), id);
      fuzz::require(packAttempt(readAttempt(packed, id), id) == packed, "an attempt survives being packed");
      return;
    }
    case 3:
      static_cast<void>(readHistory(bytes, id));
      return;
    case 4:
      static_cast<void>(readLetter(bytes, key, "epoch", id));
      return;
    case 6:
      static_cast<void>(readMessage(bytes, inLane, "epoch", id));
      return;
    case 7:
      static_cast<void>(readLetter(bytes, inLane, "epoch", id));
      return;
    case 8: {
      const auto packed = packOrder(readOrder(bytes));
      fuzz::require(packOrder(readOrder(packed)) == packed, "the order of a job survives being packed");
      return;
    }
    case 9:
      static_cast<void>(readChange(bytes));
      return;
    case 10:
      static_cast<void>(readSubscriptions(bytes));
      return;
    default: {
      const auto endpoint = readEndpoint(id, bytes, sealer());
      if (!endpoint.unreadable.empty()) return;
      const auto packed = packEndpoint(endpoint, sealer());
      const auto again = readEndpoint(id, packed, sealer());
      fuzz::require(again.registration.telling == endpoint.registration.telling, "how it is told stays the same");
      fuzz::require(again.registration.isMailbox() == endpoint.registration.isMailbox(), "so does what it is");
      if (!endpoint.registration.isWebhook()) {
        fuzz::require(again.registration.channel() == endpoint.registration.channel(), "and what carries its messages");
        return;
      }
      fuzz::require(again.unreadable.empty() &&
                        again.registration.webhook().headers == endpoint.registration.webhook().headers &&
                        again.registration.webhook().secrets == endpoint.registration.webhook().secrets,
                    "a sealed registration opens again");
    }
  }
}

}  // namespace

/// Packed values as they come back from Redis, damaged or written by somebody else; the first byte says which kind.
/// Only UnreadableValue may come of it, which the adapters turn into an error.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const auto kind = input.byte();
  try {
    readAs(kind, input.rest());
  } catch (const UnreadableValue&) {
    return 0;
  }
  return 0;
}
