#include "letter_walk.hpp"

#include "letter_id.hpp"
#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>

#include <map>

namespace lull::redis {

namespace {

constexpr std::size_t kHeadItems = 9;

std::optional<Instant> instantOrNone(std::int64_t millis) {
  return millis == 0 ? std::nullopt : std::optional(instantOf(millis));
}

LetterHead headOf(const LetterPlace& place, const ReplyItems& items, std::size_t at) {
  LetterHead head;
  auto& letter = head.letter;
  head.number = items.count(at);
  letter.endpointId = place.endpoint;
  head.key = place.key;
  head.death = items.count(at + 1);
  letter.id = letterId({place.endpoint, place.key, head.number, place.shard});
  if (items.count(at + 2) > static_cast<std::uint64_t>(DeathReason::Poisoned))
    throw UnreadableValue("a dead letter has an unknown reason");
  letter.reason = static_cast<DeathReason>(items.integer(at + 2));
  if (items.integer(at + 3) != 0) letter.lastCode = static_cast<int>(items.integer(at + 3));
  if (items.count(at + 4) >= kFailureClasses) throw UnreadableValue("a dead letter failed in an unknown way");
  letter.failure = static_cast<FailureClass>(items.integer(at + 4));
  letter.deadAt = instantOf(items.integer(at + 5));
  letter.supersededAt = instantOrNone(items.integer(at + 6));
  letter.message.upto = items.count(at + 7);
  letter.message.key = ItemKey::fromPacked(items.text(at + 8)).value_or(ItemKey{});
  return head;
}

struct Member {
  EndpointId endpoint;
  std::string key;
  Position position;
};

std::vector<Member> membersOf(const LetterWalk& walk, const Reply& reply) {
  const ReplyItems items(reply);
  (void)items.count(0);
  std::vector<Member> members;
  for (std::size_t i = 1; i + 1 < items.size(); i += 2) {
    const auto& name = items.text(i);
    const auto bar = walk.endpoint ? std::string::npos : name.find('|');
    members.push_back({walk.endpoint.value_or(name.substr(0, bar)),
                       walk.endpoint ? name : name.substr(bar + 1),
                       {items.text(i + 1), name}});
  }
  return members;
}

}  // namespace

LetterWalk walkOver(const DeadLetterFilter& filter) {
  return {filter.endpointId, true, ""};
}

Position startOf(const LetterWalk& walk) {
  return {walk.newestFirst ? "+inf" : "-inf", ""};
}

Result<LetterChunk> readLetters(Shard& shard, const LetterWalk& walk, const Position& from) {
  const auto& names = shard.keys();
  const auto end = walk.end.empty() ? (walk.newestFirst ? "-inf" : "+inf") : walk.end;
  auto page =
      shard.run("letters_page", {walk.endpoint ? names.letterOrder(*walk.endpoint) : names.letterIndex()},
                {walk.newestFirst ? "newest" : "oldest", from.score, from.member, end, std::to_string(kScanChunk)});
  if (!page) return page.error();
  const auto read = readReply("The list of dead letters", [&] { return membersOf(walk, *page); });
  if (!read) return read.error();
  const auto& members = *read;
  LetterChunk chunk;
  chunk.last = members.size() < kScanChunk;
  chunk.next = members.empty() ? from : members.back().position;
  if (members.empty()) return chunk;

  std::map<EndpointId, std::size_t> places;
  std::vector<std::string> keys;
  std::vector<std::string> arguments;
  for (const auto& member : members) {
    const auto [place, isNew] = places.emplace(member.endpoint, keys.size() + 1);
    if (isNew) keys.push_back(names.letters(member.endpoint));
    arguments.push_back(std::to_string(place->second));
    arguments.push_back(member.key);
  }
  auto heads = shard.run("letters_head", keys, arguments);
  if (!heads) return heads.error();
  return readReply("The list of dead letters", [&] {
    const ReplyItems items(*heads);
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto key = MessageKey::fromPacked(members[i].key);
      const bool isThere = items.count(kHeadItems * i) != 0 && ItemKey::fromPacked(items.text(kHeadItems * i + 8));
      if (!key || !isThere) continue;
      chunk.heads.push_back(headOf({members[i].endpoint, *key, 0, shard.number()}, items, kHeadItems * i));
      chunk.heads.back().position = members[i].position;
    }
    return std::move(chunk);
  });
}

}  // namespace lull::redis
