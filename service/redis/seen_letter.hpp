#pragma once

#include "letter_walk.hpp"
#include "message_codec.hpp"

#include <functional>
#include <string>
#include <vector>

namespace lull::redis {

/// A letter as a call saw it. The scripts that retry and remove letters leave one alone that has changed since, because
/// its key died again.
struct SeenLetter {
  EndpointId endpoint;
  std::string key;          ///< MessageKey::packed()
  std::uint64_t death = 0;  ///< lib/letter.lua; of two letters the one that died later has the higher one
  Instant deadAt;
};
SeenLetter seen(const LetterHead& head);
SeenLetter seen(const StoredLetter& stored);

/// The arguments of the scripts: key and death of each letter.
void appendSeen(std::vector<std::string>& arguments, const std::vector<SeenLetter>& letters);

/// Letters of one endpoint, at most as many as one script call handles.
struct LetterBatch {
  EndpointId endpoint;
  std::vector<SeenLetter> letters;
};
/// Keeps the order of the letters of each endpoint.
std::vector<LetterBatch> batchesOf(std::vector<SeenLetter> letters);

/// Walks over the letters, oldest first, and hands the `chosen` ones to `act`, batch by batch, in the order of their
/// deaths: by deadAt, and by the number of the death within one millisecond. Stops at the first error of `act`.
Status inOrderOfDeath(Shard& shard, LetterWalk walk, const std::function<bool(const DeadLetter&)>& chosen,
                      const std::function<Status(std::vector<SeenLetter>)>& act);

}  // namespace lull::redis
