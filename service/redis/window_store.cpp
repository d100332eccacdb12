#include "claim_codec.hpp"
#include "cursor.hpp"
#include "item_filter.hpp"
#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/window_store.hpp>

#include <algorithm>

namespace lull::redis {

namespace {

constexpr std::size_t kMessagesPerFire = 1000;
constexpr std::size_t kWindowsPerFire = 250;
// due() tells the change types of so many windows, those that are due first.
constexpr std::size_t kTypesAhead = 16;

struct Chunk {
  std::vector<std::pair<std::string, Window>> windows;  // with their packed keys
  Position next;
  bool last = false;
};

Chunk chunkIn(const Reply& reply, const Position& from) {
  const ReplyItems items(reply);
  Chunk chunk;
  chunk.next = from;
  for (std::size_t i = 1; i + 3 < items.size(); i += 4) {
    chunk.next = {std::to_string(items.integer(i + 1)), items.text(i)};
    const auto key = ItemKey::fromPacked(items.text(i));
    if (!key) continue;
    chunk.windows.emplace_back(items.text(i), Window{*key, items.count(i + 3), instantOf(items.integer(i + 2)),
                                                     instantOf(items.integer(i + 1))});
  }
  chunk.last = items.count(0) < kScanChunk;
  return chunk;
}

Result<Chunk> readChunk(Shard& shard, const Position& from) {
  const auto& keys = shard.keys();
  auto reply = shard.run("windows_page", {keys.windowIndex(), keys.windows()},
                         {from.score, from.member, std::to_string(kScanChunk)});
  if (!reply) return reply.error();
  return readReply("The list of windows", [&] { return chunkIn(*reply, from); });
}

std::string positionScore(const Window& window) {
  return std::to_string(millisOf(window.dueAt));
}

}  // namespace

Result<Page<Window>> WindowStore::list(const ports::WindowFilter& filter, const PageRequest& page) {
  auto cursor = readCursor(page.cursor, Position{});
  if (!cursor) return cursor.error();
  Page<Window> result;
  const auto among = filter.among.value_or(~std::uint32_t{0});
  if (among == 0) return result;
  Position position = cursor->position;
  for (std::size_t scanned = 0; scanned < kScanBudget; scanned += kScanChunk) {
    auto chunk = readChunk(shard_, position);
    if (!chunk) return chunk.error();
    for (auto& [packed, window] : chunk->windows) {
      if (!matchesKey(filter, window.key) || (window.key.changeType & among) == 0) continue;
      if (result.items.size() == page.limit) {
        result.nextCursor = writeCursor({0, position});
        return result;
      }
      position = {positionScore(window), packed};
      result.items.push_back(std::move(window));
    }
    if (chunk->last) return result;
    position = chunk->next;
  }
  result.nextCursor = writeCursor({0, position});
  return result;
}

Result<std::uint64_t> WindowStore::flush(const ports::WindowFilter& filter) {
  const auto now = shard_.now();
  const auto& keys = shard_.keys();
  std::uint64_t flushed = 0;
  Position position;
  while (true) {
    auto chunk = readChunk(shard_, position);
    if (!chunk) return chunk.error();
    std::vector<std::string> arguments{std::to_string(millisOf(now))};
    for (const auto& [packed, window] : chunk->windows) {
      if (matchesKey(filter, window.key)) arguments.push_back(packed);
    }
    if (arguments.size() > 1) {
      auto reply = shard_.run("windows_flush", {keys.meta(), keys.windowIndex()}, arguments);
      if (!reply) return reply.error();
      flushed += static_cast<std::uint64_t>(reply->integer);
    }
    if (chunk->last) break;
    position = chunk->next;
  }
  if (flushed > 0) onDue_({ports::NextDue{now, filter.changeType.value_or(0)}});
  return flushed;
}

Result<ports::DueNote> WindowStore::due() {
  const auto& keys = shard_.keys();
  const auto replies = shard_.callAll(
      {{"ZRANGE", keys.windowIndex(), "0", std::to_string(kTypesAhead - 1), "WITHSCORES"}, {"LLEN", keys.stream()}});
  if (!replies[0]) return replies[0].error();
  return readReply("The order of the windows", [&] {
    const ReplyItems items(*replies[0]);
    ports::DueNote note;
    // When that is not known it is asked again, where a failure holds up no window.
    note.streamed = !replies[1] || countOf(*replies[1]) > 0;
    if (items.size() == 0) return note;
    note.window = ports::NextDue{instantOfScore(items.text(1)), 0};
    for (std::size_t i = 0; i < items.size(); i += 2) {
      // A member that is no key is skipped here; fire.lua meets it, and it is set aside then.
      if (const auto key = ItemKey::fromPacked(items.text(i))) note.window->changeTypes |= key->changeType;
    }
    return note;
  });
}

namespace {

ports::ClaimLimit limitFor(const ports::Subscriber& subscriber, const ports::Permits& permits) {
  const auto lease = subscriber.timeout.value_or(permits.timeout) + permits.leaseMargin;
  return {subscriber.endpoint, subscriber.maxConcurrency.value_or(permits.inFlight), 0, lease};
}

struct ReadFired {
  ports::FireOutcome outcome;
  ReadClaims leased;
};

// One window of fire.lua's reply: key, packed message, how many endpoints, their places in the call. Returns where the
// next one begins.
std::size_t addLeased(const ReplyItems& items, std::size_t at, const ClaimCall& call, ReadClaims& claimed) {
  const auto end = at + 3 + items.count(at + 2);
  for (auto i = at + 3; i < end; ++i) addClaim(call, {items.count(i), items.text(at), items.text(at + 1)}, claimed);
  return end;
}

ReadFired firedIn(const Reply& reply, const ClaimCall& call) {
  const ReplyItems items(reply);
  ReadFired fired;
  auto& outcome = fired.outcome;
  outcome.windows = items.count(0);
  outcome.messages = items.count(1);
  if (items.integer(2) >= 0)
    outcome.next = ports::NextDue{instantOf(items.integer(2)), static_cast<std::uint32_t>(items.count(3))};
  outcome.held = items.integer(4) == 1;
  auto& batch = fired.leased.batch;
  if (items.integer(5) >= 0) batch.nextWake = instantOf(items.integer(5));
  std::size_t at = 7;
  for (auto windows = items.count(6); windows > 0; --windows) at = addLeased(items, at, call, fired.leased);
  for (; at < items.size(); ++at) batch.ready.push_back(items.text(at));
  return fired;
}

}  // namespace

WindowStore::FireCall WindowStore::fireCall(Instant now, const ports::SubscriberList& known, std::uint32_t changeTypes,
                                            const ports::Permits& permits, std::size_t mostMessages) const {
  const auto takes = [&](const ports::Subscriber& one) { return (one.changeTypes & changeTypes) != 0; };
  const auto& names = shard_.keys();
  FireCall call{.now = now, .revision = known.revision, .slot = sign_.slot()};
  auto& keys = call.keys;
  keys = {names.meta(), names.counters(), names.windowIndex(), names.windows(), names.wakeIndex(), names.changed()};
  auto& arguments = call.arguments;
  arguments = {std::to_string(millisOf(now)),
               std::to_string(known.revision),
               std::to_string(mostMessages),
               std::to_string(kWindowsPerFire),
               std::to_string(times_.firstRetryDelay.count()),
               std::to_string(changeTypes),
               std::to_string(times_.maxWait.count()),
               std::to_string(permits.most),
               permits.paced ? "1" : "0",
               std::to_string(call.slot),
               std::to_string(std::ranges::count_if(known.turned, takes)),
               std::to_string(times_.slack.count())};
  const auto name = [&](const ports::Subscriber& subscriber) {
    const auto& id = subscriber.endpoint;
    keys.insert(keys.end(), {names.queue(id), names.messages(id), names.state(id)});
    arguments.insert(arguments.end(), {id, std::to_string(subscriber.changeTypes)});
  };
  auto& limits = call.limits;
  for (const auto& subscriber : known.subscribers) {
    if (!takes(subscriber)) continue;
    name(subscriber);
    keys.push_back(names.leases(subscriber.endpoint));
    limits.push_back(limitFor(subscriber, permits));
    arguments.push_back(std::to_string(limits.back().inFlight));
    arguments.push_back(std::to_string(limits.back().lease.count()));
  }
  for (const auto& subscriber : known.turned) {
    if (!takes(subscriber)) continue;
    name(subscriber);
    keys.insert(keys.end(), {names.behind(subscriber.endpoint), names.heads(subscriber.endpoint)});
  }
  return call;
}

Result<ports::FireOutcome> WindowStore::firedBy(const FireCall& call, const Reply& reply) {
  auto fired = readReply("The answer to firing windows", [&] {
    return firedIn(reply, {call.now, call.limits, shard_.epoch(), call.slot});
  });
  if (!fired) return fired.error();
  fired->outcome.leased = keepReadable(shard_, std::move(fired->leased));
  fired->outcome.leased.registryRevision = call.revision;
  return std::move(fired->outcome);
}

Result<ports::FireOutcome> WindowStore::fireDue(Instant now, const ports::SubscriberList& known,
                                                std::uint32_t changeTypes, const ports::Permits& permits) {
  const auto most = permits.paced ? std::min<std::size_t>(kMessagesPerFire, permits.most) : kMessagesPerFire;
  const auto call = fireCall(now, known, changeTypes, permits, most);
  auto reply = shard_.run("fire", call.keys, call.arguments);
  if (!reply) return reply.error();
  return firedBy(call, *reply);
}

}  // namespace lull::redis
