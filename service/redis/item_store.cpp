#include "message_codec.hpp"
#include "queue_item.hpp"
#include "reply_reader.hpp"

#include <lull/redis/item_store.hpp>
#include <lull/redis/keys.hpp>

#include <algorithm>
#include <charconv>

namespace lull::redis {

namespace {

// Reading an attempt log costs Redis about 0.1 ms.
constexpr std::size_t kStoriesPerCall = 25;

/// The items whose ids read like this text.
std::vector<ItemKey> itemsLike(std::uint32_t changeType, const std::string& text) {
  std::vector<ItemKey> items;
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  // Only the usual spelling is a number's: "03" and "-0" are texts.
  if (failure == std::errc{} && stop == end && ItemId(number).text() == text)
    items.push_back({changeType, ItemId(number)});
  items.push_back({changeType, ItemId(text)});
  return items;
}

QueueSet setOf(const std::string& name) {
  if (name == "x") return QueueSet::SetAside;
  return name == "b" ? QueueSet::Behind : QueueSet::Waiting;
}

/// Whose story it is, and what its parts are made of.
struct Told {
  const std::string& epoch;
  const EndpointId& id;
  ShardNumber shard;
  std::optional<Instant> opens;  ///< see queueItem()
};

/// One message of a reply of item_story.lua, which is empty when there is none.
std::optional<ports::QueueItem> messageIn(const ReplyItems& items, const Told& told) {
  if (items.size() == 0) return std::nullopt;
  QueueEntry entry;
  entry.stored = readMessage(items.text(3), readMessageKey(items.text(0)), told.epoch, told.id);
  entry.stored.message.payload.data = {};
  entry.history = readHistory(items.text(4), told.id).attempts;
  entry.position = {items.text(2), items.text(0)};
  return queueItem(std::move(entry), setOf(items.text(1)), told.opens);
}

// What cannot be read is left out here. Whoever works with it meets it, too, and sets it aside.
template <class Read>
auto readable(const Read& read) -> decltype(read()) {
  try {
    return read();
  } catch (const UnreadableValue&) {
    return {};
  }
}

ports::EndpointStory storyIn(const ReplyItems& items, Told told) {
  ports::EndpointStory story;
  story.endpoint = told.id;
  if (items.text(0).empty()) told.opens = instantOf(items.integer(1));
  story.inFlight = readable([&] { return messageIn(items.items(2), told); });
  story.waiting = readable([&] { return messageIn(items.items(3), told); });
  if (items.integer(4) >= 0) story.behind = items.count(4);
  story.deadLetter = readable([&]() -> std::optional<DeadLetter> {
    if (items.text(6).empty()) return std::nullopt;
    return readLetter(items.text(6), readMessageKey(items.text(5)), told.epoch, told.id, told.shard).letter;
  });
  story.lastDelivered = readable([&]() -> std::optional<ports::LastDelivered> {
    if (items.text(7).empty()) return std::nullopt;
    const auto attempt = readAttempt(items.text(7), told.id);
    return ports::LastDelivered{attempt.sequence, attempt.at};
  });
  return story;
}

std::optional<Window> windowIn(const ReplyItems& items, const ItemKey& item) {
  if (items.integer(0) < 0) return std::nullopt;
  return Window{item, items.count(2), instantOf(items.integer(1)), instantOf(items.integer(0))};
}

}  // namespace

// Endpoints that do not subscribe to the change type any more, and deleted ones, may have a letter.
Result<std::vector<EndpointId>> ItemStore::everyEndpoint() {
  const auto snapshot = endpoints_.all();
  if (!snapshot) return snapshot.error();
  std::vector<EndpointId> ids;
  for (const auto& [id, endpoint] : (*snapshot)->endpoints) ids.push_back(id);
  const auto deleted = shard_.call({"HKEYS", shard_.keys().deletedNames()});
  if (!deleted) return deleted.error();
  for (const auto& id : deleted->items) ids.push_back(id.text);
  return ids;
}

// At least one call is made, for the window.
Status ItemStore::tell(const std::vector<ItemKey>& items, const std::vector<EndpointId>& ids, ports::ItemStory& story) {
  const auto& names = shard_.keys();
  const auto epoch = shard_.epoch();
  std::vector<std::string> arguments;
  for (const auto& item : items) arguments.push_back(item.packed());
  auto next = ids.begin();
  do {
    std::vector<std::string> keys{names.windowIndex(), names.windows()};
    const auto first = next;
    for (; next != ids.end() && next - first < static_cast<std::ptrdiff_t>(kStoriesPerCall); ++next) {
      const auto& id = *next;
      keys.insert(keys.end(), {names.queue(id), names.messages(id), names.leases(id), names.state(id),
                               names.history(id), names.attempts(id), names.letters(id), names.letterOrder(id)});
      for (auto& lane : names.lanes(id)) keys.push_back(std::move(lane));
    }
    auto reply = shard_.run("item_story", keys, arguments);
    if (!reply) return reply.error();
    const auto read = readReply("The story of an item", [&] {
      const ReplyItems stories(*reply);
      for (std::size_t i = 0; i < items.size(); ++i) {
        const auto told = stories.items(i);
        if (!story.window) story.window = windowIn(told, items[i]);
        for (auto id = first; id != next; ++id) {
          auto one = storyIn(told.items(3 + static_cast<std::size_t>(id - first)), {epoch, *id, shard_.number(), {}});
          if (!one.empty()) story.endpoints.push_back(std::move(one));
        }
      }
      return Done{};
    });
    if (!read) return read.error();
  } while (next != ids.end());
  return Done{};
}

Result<ports::ItemStory> ItemStore::story(std::uint32_t changeType, const std::string& itemId,
                                          const std::optional<EndpointIds>& among) {
  const auto ids = among ? Result(std::vector<EndpointId>(among->begin(), among->end())) : everyEndpoint();
  if (!ids) return ids.error();
  ports::ItemStory story;
  if (auto told = tell(itemsLike(changeType, itemId), *ids, story); !told) return std::move(told).error();
  std::ranges::stable_sort(story.endpoints, {}, &ports::EndpointStory::endpoint);
  return story;
}

}  // namespace lull::redis
