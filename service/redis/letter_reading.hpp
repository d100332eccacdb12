#pragma once

#include "message_codec.hpp"

#include <lull/redis/shard.hpp>

#include <string>

namespace lull::redis {

/// Reads one dead letter whole. NotFound when there is none; one that cannot be read is set aside and counts as none.
Result<StoredLetter> readLetterAt(Shard& shard, const EndpointId& endpoint, const MessageKey& key);
/// The same by its id. NotFound also when another letter of the same key has taken its place.
Result<StoredLetter> readLetterById(Shard& shard, const std::string& id);

}  // namespace lull::redis
