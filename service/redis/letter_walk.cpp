#include "letter_walk.hpp"

#include "keys.hpp"
#include "letter_id.hpp"

#include <map>

namespace lull::redis {

namespace {

constexpr std::size_t kHeadItems = 6;

std::optional<Instant> instantOrNone(std::int64_t millis) {
  return millis == 0 ? std::nullopt : std::optional(instantOf(millis));
}

LetterHead headOf(const EndpointId& endpoint, const ItemKey& key, const std::vector<Reply>& items, std::size_t at) {
  LetterHead head;
  auto& letter = head.letter;
  head.number = static_cast<std::uint64_t>(items.at(at).integer);
  letter.endpointId = endpoint;
  letter.message.key = key;
  letter.id = letterId({endpoint, key, head.number});
  letter.reason = static_cast<DeathReason>(items.at(at + 1).integer);
  if (items.at(at + 2).integer != 0) letter.lastStatus = static_cast<int>(items.at(at + 2).integer);
  letter.deadAt = instantOf(items.at(at + 3).integer);
  letter.supersededAt = instantOrNone(items.at(at + 4).integer);
  letter.message.upto = static_cast<std::uint64_t>(items.at(at + 5).integer);
  return head;
}

struct Member {
  EndpointId endpoint;
  std::string key;
  Position position;
};

std::vector<Member> membersOf(const LetterWalk& walk, const std::vector<Reply>& items) {
  std::vector<Member> members;
  for (std::size_t i = 1; i + 1 < items.size(); i += 2) {
    const auto& name = items[i].text;
    const auto bar = walk.endpoint ? std::string::npos : name.find('|');
    members.push_back({walk.endpoint.value_or(name.substr(0, bar)),
                       walk.endpoint ? name : name.substr(bar + 1),
                       {items[i + 1].text, name}});
  }
  return members;
}

}  // namespace

Position startOf(const LetterWalk& walk) {
  return {walk.newestFirst ? "+inf" : "-inf", ""};
}

Result<LetterChunk> readLetters(Store& store, const LetterWalk& walk, const Position& from) {
  const Keys names(store.prefix());
  const auto end = walk.end.empty() ? (walk.newestFirst ? "-inf" : "+inf") : walk.end;
  auto page =
      store.run("letters_page", {walk.endpoint ? names.letterOrder(*walk.endpoint) : names.letterIndex()},
                {walk.newestFirst ? "newest" : "oldest", from.score, from.member, end, std::to_string(kScanChunk)});
  if (!page) return page.error();
  const auto members = membersOf(walk, page->items);
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
  auto heads = store.run("letters_head", keys, arguments);
  if (!heads) return heads.error();
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto key = ItemKey::fromPacked(members[i].key);
    if (!key || heads->items.at(kHeadItems * i).integer == 0) continue;
    chunk.heads.push_back(headOf(members[i].endpoint, *key, heads->items, kHeadItems * i));
    chunk.heads.back().position = members[i].position;
  }
  return chunk;
}

}  // namespace lull::redis
