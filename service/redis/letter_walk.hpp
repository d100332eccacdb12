#pragma once

#include "scan.hpp"

#include <lull/domain/dead_letter.hpp>
#include <lull/redis/store.hpp>

#include <string>
#include <vector>

namespace lull::redis {

/// Which letters to walk over, and how.
struct LetterWalk {
  std::optional<EndpointId> endpoint;  ///< absent: all endpoints
  bool newestFirst = true;
  std::string end;  ///< last score to visit; empty: all
};

/// A run of letters: only what filters ask is filled in (no content, no attempts).
struct LetterChunk {
  std::vector<DeadLetter> heads;
  std::vector<Position> positions;  ///< of each head
  Position next;
  bool last = false;
};

Position startOf(const LetterWalk& walk);
Result<LetterChunk> readLetters(Store& store, const LetterWalk& walk, const Position& from);

}  // namespace lull::redis
