#pragma once

#include <lull/domain/attempt.hpp>
#include <lull/domain/endpoint.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lull::redis {

/// "msg_<epoch>_<endpoint>_<idSeq>": the same for the same content, never the same for another. The epoch is drawn when
/// a store is first used, so a store that lost its data cannot repeat an id.
std::string webhookId(std::string_view epoch, const EndpointId& endpoint, std::uint64_t idSeq);

/// An attempt to send something to `endpoint`, as its log and the history of a message hold it (version 6).
/// lib/epitaph.lua and item_story.lua read the beginning, too.
///
///   byte version | i64 at | u16+item key | u16 attempt | byte outcome | byte why it is held | u16 code | byte class of
///   the failure | u32 duration | u16+sentence | u16+excerpt of the answer | u8+result of the receiver | u64 sequence |
///   u8+epoch of its webhook-id; if that is not empty: u64 number of the id, unless that is the sequence; else u16+id
///   (big-endian)
///
/// The id is most of what an attempt would take, and its parts are known: see webhookId(). An id that is made in
/// another way is kept whole.
std::string packAttempt(const AttemptRecord& attempt, const EndpointId& endpoint);
/// Throws UnreadableValue (packing.hpp).
AttemptRecord readAttempt(std::string_view bytes, const EndpointId& endpoint);

/// The attempts of a message's history (u16 length + attempt each), oldest first, as far as they can be read. A history
/// is only shown to operators and nothing depends on it, so the rest is left out. Does not throw.
struct History {
  std::vector<AttemptRecord> attempts;
  bool whole = true;
};
History readHistory(std::string_view bytes, const EndpointId& endpoint);

}  // namespace lull::redis
