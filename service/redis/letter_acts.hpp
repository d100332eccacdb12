#pragma once

#include "letter_walk.hpp"
#include "message_codec.hpp"

#include <functional>
#include <string>
#include <vector>

namespace lull::redis {

/// What a call saw of a letter. The scripts that retry and remove letters leave one alone that is not so any more: its
/// key died again since.
struct SeenLetter {
  EndpointId endpoint;
  std::string key;  ///< MessageKey::packed()
  std::uint64_t number = 0;
  Instant deadAt;
  std::uint64_t upto = 0;
};
SeenLetter seen(const LetterHead& head);
SeenLetter seen(const StoredLetter& stored);

/// As the scripts take them: key, number, deadAt, upto of each.
void appendSeen(std::vector<std::string>& arguments, const std::vector<SeenLetter>& letters);

/// Letters of one endpoint, as many as one script call takes on.
struct LetterBatch {
  EndpointId endpoint;
  std::vector<SeenLetter> letters;
};
/// Keeps the order of the letters of each endpoint.
std::vector<LetterBatch> batchesOf(std::vector<SeenLetter> letters);

/// Walks, oldest first, and hands what is `chosen` to `act`, run by run, in the order of death: by deadAt, letters of
/// one millisecond by number. Stops at the first error of `act`.
Status inOrderOfDeath(Shard& shard, LetterWalk walk, const std::function<bool(const DeadLetter&)>& chosen,
                      const std::function<Status(std::vector<SeenLetter>)>& act);

}  // namespace lull::redis
