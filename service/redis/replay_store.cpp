#include "change_codec.hpp"
#include "reply_reader.hpp"

#include <lull/domain/filter.hpp>
#include <lull/redis/keys.hpp>
#include <lull/redis/replay_store.hpp>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace lull::redis {

namespace {

constexpr auto kReadAtOnce = "500";
constexpr std::size_t kForgottenAtOnce = 500;
constexpr std::size_t kItemsOfAPart = 10'000;
// An item is counted among the oldest at most so long after it is too old.
constexpr auto kTrimEvery = std::chrono::minutes(10);
// What a replay may have waiting at its endpoint, in times of what may be in flight there: enough that the endpoint
// never runs dry between two steps, and little enough that what is told live never waits long.
constexpr std::uint64_t kTimesInFlight = 2;

}  // namespace

ReplayStore::ReplayStore(Shard& shard, ports::RegistryReader& registry, ReplaySettings settings,
                         std::function<void()> onReady)
    : shard_(shard), registry_(registry), settings_(settings), onReady_(std::move(onReady)) {}

Result<std::uint64_t> ReplayStore::size() {
  const auto& keys = shard_.keys();
  const auto reply =
      shard_.run("changes_size", {keys.meta(), keys.changed()}, {std::to_string(millisOf(shard_.now()))});
  if (!reply) return reply.error();
  return readReply("The size of the index of changes", [&] { return countOf(*reply); });
}

void ReplayStore::turn() {
  const auto entries = size();
  if (!entries) return;
  const auto now = shard_.now();
  if (*entries <= settings_.maxItems + settings_.maxItems / 4 && now < nextTrim_) return;
  nextTrim_ = now + kTrimEvery;
  // After an error the next trim does it.
  (void)trim();
}

template <class Take>
Status ReplayStore::eachItem(const Take& take) {
  const auto& keys = shard_.keys();
  // The scan of a hash that grows may meet an entry twice. No two windows have the same `upto`.
  std::unordered_set<std::uint64_t> met;
  std::string cursor = "0";
  do {
    const auto reply = shard_.run("changes_page", {keys.changed()}, {cursor, kReadAtOnce});
    if (!reply) return reply.error();
    const ReplyItems items(*reply);
    const auto read = readReply("A part of the index of changes", [&] {
      cursor = items.text(0);
      return true;
    });
    if (!read) return read.error();
    for (std::size_t at = 1; at + 1 < items.size(); at += 2) {
      try {
        const auto change = readChange(items.text(at + 1));
        if (met.insert(change.upto).second) take(items.text(at), change);
      } catch (const UnreadableValue& unreadable) {
        shard_.setValueAside(keys.changed(), {"change|" + items.text(at), items.text(at), items.text(at + 1)},
                             "changes",
                             std::string("An entry of the index of changes could not be read (") + unreadable.what() +
                                 "); replays do not know its item until it changes again.");
        if (auto known = forget({}, shard_.now()); !known) return known;
      }
    }
  } while (cursor != "0");
  return Done{};
}

Status ReplayStore::trim() {
  std::vector<Item> known;
  const auto read = eachItem([&](const std::string& key, const StoredChange& change) {
    known.push_back({key, change.upto, change.last});
  });
  if (!read) return read;
  const auto tooOld = shard_.now() - settings_.retention;
  auto oldest = std::partition(known.begin(), known.end(), [&](const Item& item) { return item.last >= tooOld; });
  const auto kept = static_cast<std::uint64_t>(oldest - known.begin());
  if (kept > settings_.maxItems) {
    const auto first = oldest - static_cast<std::ptrdiff_t>(kept - settings_.maxItems);
    std::nth_element(known.begin(), first, oldest,
                     [](const Item& one, const Item& other) { return one.upto > other.upto; });
    oldest = first;
  }
  std::vector<Item> gone(std::make_move_iterator(oldest), std::make_move_iterator(known.end()));
  if (gone.empty()) return Done{};
  Instant latest{};
  for (const auto& item : gone) latest = std::max(latest, item.last);
  return forget(gone, latest + Millis{1});
}

Status ReplayStore::forget(const std::vector<Item>& oldest, Instant completeSince) {
  const auto& keys = shard_.keys();
  std::size_t from = 0;
  do {
    std::vector<std::string> arguments{std::to_string(millisOf(completeSince))};
    for (auto i = from; i < std::min(from + kForgottenAtOnce, oldest.size()); ++i) {
      arguments.push_back(oldest[i].key);
      arguments.push_back(std::to_string(oldest[i].upto));
    }
    if (auto reply = shard_.run("changes_forget", {keys.meta(), keys.changed()}, arguments); !reply)
      return reply.error();
    from += kForgottenAtOnce;
  } while (from < oldest.size());
  return Done{};
}

Result<ReplayStore::Mark> ReplayStore::mark() {
  const auto& keys = shard_.keys();
  const auto entries = size();
  if (!entries) return entries.error();
  if (*entries > settings_.maxItems) {
    if (auto trimmed = trim(); !trimmed) return std::move(trimmed).error();
  }
  const auto now = shard_.now();
  const auto reply = shard_.run("replay_mark", {keys.meta()}, {std::to_string(millisOf(now))});
  if (!reply) return reply.error();
  return readReply("The answer to the start of a replay", [&] {
    const ReplyItems items(*reply);
    return Mark{items.count(0), instantOf(items.integer(1)),
                std::max(instantOf(items.integer(2)), now - settings_.retention), now - settings_.retention};
  });
}

template <class Take>
Status ReplayStore::eachOf(const ports::JobOrder& order, Instant fired, const Take& take) {
  const auto since = order.filter.since.value_or(Instant{});
  return eachItem([&](const std::string& key, const StoredChange& change) {
    if (change.fired >= fired || change.last < since) return;
    const auto item = ItemKey::fromPacked(key);
    if (item && (item->changeType & order.changeTypes) != 0) take(key, change);
  });
}

Result<ports::JobCount> ReplayStore::count(const ports::JobOrder& order, const Mark& mark) {
  const auto snapshot = registry_.current();
  if (!snapshot) return snapshot.error();
  const auto endpoint = (*snapshot)->endpoints.find(order.filter.endpointId.value_or(""));
  const bool isThere = endpoint != (*snapshot)->endpoints.end();
  ports::JobCount counted;
  const auto read = eachOf(order, mark.fired, [&](const std::string& /*key*/, const StoredChange& change) {
    ++counted.total;
    Event event;
    event.type = change.eventType;
    event.operation = change.operation;
    const bool passes = isThere && refusedBy(endpoint->second->registration.filter, event) == FilterPart::None;
    if (!passes) ++counted.skipped;
  });
  if (!read) return read.error();
  return counted;
}

Result<ports::JobLetters> ReplayStore::read(const ports::JobTask& task) {
  const auto place = task.place.empty() ? 0 : unsignedOr0(task.place);
  ports::JobLetters found;
  auto& items = found.letters;
  const auto read = eachOf(task.order, task.until, [&](const std::string& key, const StoredChange& change) {
    if (change.upto > place) items.push_back({{}, key, change.upto});
  });
  if (!read) return read.error();
  const auto before = [](const ports::JobLetter& one, const ports::JobLetter& other) {
    return one.death < other.death;
  };
  found.last = items.size() <= kItemsOfAPart;
  if (!found.last) {
    std::nth_element(items.begin(), items.begin() + kItemsOfAPart, items.end(), before);
    items.resize(kItemsOfAPart);
    items.shrink_to_fit();
  }
  std::sort(items.begin(), items.end(), before);
  found.next = items.empty() ? task.place : std::to_string(items.back().death);
  return found;
}

// How many messages may wait at the endpoint before a replay adds one. One that the registry does not know (yet) is
// judged by the script.
std::uint64_t ReplayStore::mostDue(const EndpointId& id) const {
  const auto snapshot = registry_.cached();
  const auto known = snapshot->endpoints.find(id);
  if (known == snapshot->endpoints.end()) return kTimesInFlight * settings_.inFlight;
  const auto& registration = known->second->registration;
  const bool isOneLane =
      registration.telling.delivery == Delivery::Every && registration.telling.order == Order::Endpoint;
  return kTimesInFlight * (isOneLane ? 1 : registration.maxConcurrency.value_or(settings_.inFlight));
}

namespace {

// The reply of replay_move.lua about so many items.
ports::JobStep stepOf(const Reply& reply, std::size_t items) {
  constexpr std::int64_t kNoEndpoint = -1;
  constexpr std::int64_t kNotOurs = -2;
  const ReplyItems answer(reply);
  ports::JobStep step;
  step.left = items;
  step.ours = answer.integer(0) != kNotOurs;
  step.failed = answer.integer(0) == kNoEndpoint;
  if (answer.integer(0) < 0) return step;
  step.left -= std::min<std::size_t>(answer.count(0), items);
  step.done = answer.count(1);
  return step;
}

}  // namespace

Result<ports::JobStep> ReplayStore::move(const ports::JobTask& task, const std::vector<ports::JobLetter>& items,
                                         const std::string& token) {
  const auto& keys = shard_.keys();
  const auto id = task.order.filter.endpointId.value_or("");
  std::vector<std::string> arguments{id,
                                     std::to_string(millisOf(shard_.now())),
                                     std::to_string(settings_.firstRetryDelay.count()),
                                     std::to_string(task.number),
                                     token,
                                     std::to_string(millisOf(task.until)),
                                     std::to_string(mostDue(id))};
  for (const auto& item : items) {
    arguments.push_back(item.key);
    arguments.push_back(std::to_string(item.death));
  }
  std::vector<std::string> names{keys.meta(),    keys.counters(),   keys.wakeIndex(), keys.changed(), keys.jobs(),
                                 keys.queue(id), keys.messages(id), keys.leases(id),  keys.state(id)};
  for (auto& lane : keys.lanes(id)) names.push_back(std::move(lane));
  const auto reply = shard_.run("replay_move", names, arguments);
  if (!reply) return reply.error();
  const auto step = readReply("The answer to a replay", [&] { return stepOf(*reply, items.size()); });
  if (step && step->done > 0) onReady_();
  return step;
}

}  // namespace lull::redis
