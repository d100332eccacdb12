#pragma once

#include "cursor.hpp"

#include <lull/domain/dead_letter.hpp>
#include <lull/redis/shard.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull::redis {

/// Which letters to walk over, and how.
struct LetterWalk {
  std::optional<EndpointId> endpoint;  ///< absent: all endpoints
  bool newestFirst = true;
  std::string end;  ///< last score to visit; empty: all
};

/// The part of a letter that filters look at: of the message only upto, and no attempts.
struct LetterHead {
  MessageKey key;
  DeadLetter letter;
  std::uint64_t number = 0;  ///< of its place: see LetterPlace
  std::uint64_t death = 0;   ///< lib/letter.lua
  Position position;
};

/// The letters that one call read.
struct LetterChunk {
  std::vector<LetterHead> heads;
  Position next;
  bool last = false;
};

/// Over the letters of the endpoint that the filter names, or of all; the filter's other parts are for the caller.
LetterWalk walkOver(const DeadLetterFilter& filter);
Position startOf(const LetterWalk& walk);
Result<LetterChunk> readLetters(Shard& shard, const LetterWalk& walk, const Position& from);

}  // namespace lull::redis
