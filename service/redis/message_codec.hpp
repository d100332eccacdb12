#pragma once

#include "attempt_codec.hpp"

#include <lull/domain/dead_letter.hpp>
#include <lull/domain/event.hpp>
#include <lull/domain/message.hpp>
#include <lull/redis/keys.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace lull::redis {

/// The payload of an event. It begins with its facts (lib/facts.lua); the rest is opaque to the scripts. Version
/// byte 3.
std::string packPayload(const Event& event);
Payload readPayload(std::string_view bytes);

/// A packed message (lib/message.lua) with what only the store knows of it.
struct StoredMessage {
  MessageKey key;
  Message message;
  std::uint64_t idSeq = 0;  ///< the sequence that its webhook-id is made of
  std::uint64_t token = 0;
  std::uint32_t losses = 0;  ///< leases lost in a row
  bool leased = false;
  bool aside = false;  ///< its receiver set it aside
  Instant due;
  Instant windowDue;
  std::uint32_t step = 0;  ///< entries of the retry schedule that are used up
  Instant entryDue;        ///< when the schedule wants the next attempt
};

/// A key as it stands in a queue or among letters; throws UnreadableValue when it is none.
MessageKey readMessageKey(const std::string& packed);

/// All readers throw UnreadableValue (packing.hpp). `epoch` and `endpoint` make the webhook-id unique: see webhookId().
StoredMessage readMessage(std::string_view packed, const MessageKey& key, std::string_view epoch,
                          const EndpointId& endpoint);

struct StoredLetter {
  MessageKey key;
  DeadLetter letter;
  std::uint64_t number = 0;
  std::uint64_t death = 0;  ///< of its last death: lib/letter.lua
  std::vector<AttemptRecord> attempts;
};
StoredLetter readLetter(std::string_view packed, const MessageKey& key, std::string_view epoch,
                        const EndpointId& endpoint, ShardNumber shard = 0);

}  // namespace lull::redis
