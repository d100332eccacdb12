#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/message_key.hpp>
#include <lull/redis/keys.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::redis {

/// Where a dead letter is kept, and which one of that place it is: its number differs from a later letter's of the same
/// key.
struct LetterPlace {
  EndpointId endpoint;
  MessageKey key;
  std::uint64_t number = 0;
  ShardNumber shard = 0;
};

/// "dl_" + base64url of the place: no index is needed to find a letter by its id.
std::string letterId(const LetterPlace& place);
/// Empty for a text that no letterId() made.
std::optional<LetterPlace> parseLetterId(std::string_view id);

}  // namespace lull::redis
