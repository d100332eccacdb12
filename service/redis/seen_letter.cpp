#include "seen_letter.hpp"

#include "reply_reader.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

namespace lull::redis {

namespace {

// Reviving one letter costs Redis about 20 µs.
constexpr std::size_t kLettersPerWrite = 100;

bool diedBefore(const SeenLetter& one, const SeenLetter& other) {
  return std::tie(one.deadAt, one.death) < std::tie(other.deadAt, other.death);
}

// Removes from `pending`, sorted, the letters that died before `end`.
std::vector<SeenLetter> takeBefore(std::vector<SeenLetter>& pending, Instant end) {
  std::sort(pending.begin(), pending.end(), diedBefore);
  const auto rest =
      std::find_if(pending.begin(), pending.end(), [&](const auto& letter) { return letter.deadAt >= end; });
  std::vector<SeenLetter> taken(std::make_move_iterator(pending.begin()), std::make_move_iterator(rest));
  pending.erase(pending.begin(), rest);
  return taken;
}

}  // namespace

SeenLetter seen(const LetterHead& head) {
  const auto& letter = head.letter;
  return {letter.endpointId, head.key.packed(), head.death, letter.deadAt};
}

SeenLetter seen(const StoredLetter& stored) {
  const auto& letter = stored.letter;
  return {letter.endpointId, stored.key.packed(), stored.death, letter.deadAt};
}

void appendSeen(std::vector<std::string>& arguments, const std::vector<SeenLetter>& letters) {
  for (const auto& letter : letters) {
    arguments.push_back(letter.key);
    arguments.push_back(std::to_string(letter.death));
  }
}

std::vector<LetterBatch> batchesOf(std::vector<SeenLetter> letters) {
  std::vector<LetterBatch> batches;
  std::map<EndpointId, std::size_t> open;  // where the endpoint's latest batch stands
  for (auto& letter : letters) {
    const auto at = open.find(letter.endpoint);
    if (at == open.end() || batches[at->second].letters.size() == kLettersPerWrite) {
      open[letter.endpoint] = batches.size();
      batches.push_back({letter.endpoint, {}});
    }
    batches[open[letter.endpoint]].letters.push_back(std::move(letter));
  }
  return batches;
}

Status inOrderOfDeath(Shard& shard, LetterWalk walk, const std::function<bool(const DeadLetter&)>& chosen,
                      const std::function<Status(std::vector<SeenLetter>)>& act) {
  walk.newestFirst = false;
  Position position = startOf(walk);
  std::vector<SeenLetter> pending;
  for (bool last = false; !last;) {
    auto chunk = readLetters(shard, walk, position);
    if (!chunk) return chunk.error();
    for (const auto& head : chunk->heads) {
      if (chosen(head.letter)) pending.push_back(seen(head));
    }
    last = chunk->last;
    position = chunk->next;
    // Letters of one millisecond are walked in the order of their keys, so more of the last millisecond may follow.
    const auto end = last ? Instant::max() : instantOfScore(position.score);
    if (auto done = act(takeBefore(pending, end)); !done) return done;
  }
  return Done{};
}

}  // namespace lull::redis
