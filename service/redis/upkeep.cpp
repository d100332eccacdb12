#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/upkeep.hpp>

#include <algorithm>
#include <optional>

namespace lull::redis {

namespace {

// All calls of a turn together hold Redis for about 10 ms, in pieces of 0.2 to 0.4 ms, and for less where queues and
// dead letters are few: with 1,000 endpoints and 100,000 letters at rest this is most of what Redis does.
constexpr std::size_t kEndpointsPerTurn = 25;
constexpr auto kEntriesPerLook = "100";
constexpr auto kTurnEvery = std::chrono::seconds(1);

/// The answer of an audit: where to continue, and how many things were repaired.
struct Looked {
  std::string cursor;
  std::int64_t back = 0;
};

std::optional<Looked> lookedIn(const Result<Reply>& reply) {
  if (!reply) return std::nullopt;
  const auto looked = readReply("The answer to an audit", [&] {
    const ReplyItems items(*reply);
    return Looked{items.text(0), items.integer(1)};
  });
  return looked ? std::optional(*looked) : std::nullopt;
}

std::string cursorIn(const std::map<EndpointId, std::string>& cursors, const EndpointId& id) {
  const auto known = cursors.find(id);
  return known == cursors.end() ? "0" : known->second;
}

void remember(std::map<EndpointId, std::string>& cursors, const EndpointId& id, const std::optional<Looked>& looked) {
  if (looked && looked->cursor != "0") {
    cursors[id] = looked->cursor;
  } else {
    cursors.erase(id);
  }
}

}  // namespace

void Upkeep::run() {
  while (!stopping_) {
    turn();
    wake_.wait(kTurnEvery);
  }
}

void Upkeep::stop() {
  stopping_ = true;
  wake_.notify();
}

void Upkeep::turn() {
  replays_.turn();
  lookAtWindows();
  const auto snapshot = registry_.cached();
  const auto& endpoints = snapshot->endpoints;
  auto next = endpoints.upper_bound(lastEndpoint_);
  for (std::size_t seen = 0; seen < std::min(endpoints.size(), kEndpointsPerTurn) && !stopping_; ++seen) {
    if (next == endpoints.end()) next = endpoints.begin();
    lastEndpoint_ = next->first;
    lookAtQueue(next->first);
    lookAtLetters((next++)->first);
  }
  closeBooks();
}

void Upkeep::lookAtWindows() {
  const auto& keys = shard_.keys();
  const auto looked = lookedIn(
      shard_.run("audit_windows", {keys.meta(), keys.windowIndex(), keys.windows()}, {windowCursor_, kEntriesPerLook}));
  windowCursor_ = looked ? looked->cursor : "0";
}

void Upkeep::lookAtQueue(const EndpointId& id) {
  const auto& keys = shard_.keys();
  const auto looked = lookedIn(
      shard_.run("audit",
                 {keys.meta(), keys.wakeIndex(), keys.queue(id), keys.messages(id), keys.leases(id), keys.state(id),
                  keys.behind(id), keys.heads(id), keys.setAside(id), keys.mailboxCalls(), keys.unlockIndex()},
                 {id, cursorIn(queueCursors_, id), kEntriesPerLook, std::to_string(millisOf(shard_.now()))}));
  if (looked && looked->back > 0) onReady_();
  remember(queueCursors_, id, looked);
}

void Upkeep::lookAtLetters(const EndpointId& id) {
  const auto& keys = shard_.keys();
  const auto looked = lookedIn(shard_.run(
      "audit_letters", {keys.meta(), keys.letterIndex(), keys.letters(id), keys.letterOrder(id), keys.groups()},
      {id, cursorIn(letterCursors_, id), kEntriesPerLook}));
  remember(letterCursors_, id, looked);
}

void Upkeep::closeBooks() {
  const auto& keys = shard_.keys();
  const auto marked = shard_.call({"HMGET", keys.counters(), "unbalanced", "kept"});
  if (!marked || marked->items.size() != 2) return;
  const bool kept = marked->items[1].kind == Reply::Kind::String;
  if (kept && marked->items[0].kind == Reply::Kind::Nil) return;
  const auto snapshot = registry_.current();
  if (!snapshot) return;
  std::vector<std::string> names{keys.meta(), keys.counters()};
  for (const auto& [id, endpoint] : (*snapshot)->endpoints) names.push_back(keys.messages(id));
  const auto off = shard_.run("balance", names, {std::to_string((*snapshot)->revision)});
  if (!off || off->integer <= 0) return;
  shard_.alert("counters", "After damage to Lull's keys in Redis the counters of notifications were off by " +
                               std::to_string(off->integer) +
                               "; what is missing counts as cancelled, what is too much as created.");
}

}  // namespace lull::redis
