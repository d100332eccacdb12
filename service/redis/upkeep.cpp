#include "reply_reader.hpp"

#include <lull/redis/keys.hpp>
#include <lull/redis/upkeep.hpp>

#include <algorithm>
#include <optional>

namespace lull::redis {

namespace {

// All calls of a turn together hold Redis for about 10 ms, 0.2 to 0.4 ms each, and for less where queues and dead
// letters are few: with 1,000 endpoints and 100,000 letters at rest this is most of what Redis does.
constexpr std::size_t kEndpointsPerTurn = 25;
// They go in writes of so many, because at rest most of what a call costs is to wake Redis for it. It does what has
// come in one write without a look at other clients, so that these wait for it: 1 to 2 ms where queues are long.
constexpr std::size_t kLooksPerWrite = 5;
constexpr auto kEntriesPerLook = "100";
constexpr auto kTurnEvery = std::chrono::seconds(1);

/// The answer of an audit: where to continue, and how many things were repaired.
struct Looked {
  std::string cursor;
  std::int64_t back = 0;
};

// Nothing when the call failed: its part is looked at again, from the beginning.
std::optional<Looked> lookedIn(const Result<Reply>& reply) {
  if (!reply) return std::nullopt;
  const auto looked = readReply("The answer to an audit", [&] {
    const ReplyItems items(*reply);
    return Looked{items.text(0), items.integer(1)};
  });
  return looked ? std::optional(*looked) : std::nullopt;
}

// What audit_which.lua says of each endpoint.
constexpr std::int64_t kLookAtQueue = 1;
constexpr std::int64_t kLookAtLetters = 2;

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
  const auto looks = looksAt(nextEndpoints());
  for (std::size_t from = 0; from < looks.size() && !stopping_; from += kLooksPerWrite) {
    look(std::span(looks).subspan(from, std::min(kLooksPerWrite, looks.size() - from)));
  }
  closeBooks();
}

std::vector<EndpointId> Upkeep::nextEndpoints() {
  const auto snapshot = registry_.cached();
  const auto& endpoints = snapshot->endpoints;
  std::vector<EndpointId> ids(std::min(endpoints.size(), kEndpointsPerTurn));
  auto next = endpoints.upper_bound(lastEndpoint_);
  for (auto& id : ids) {
    if (next == endpoints.end()) next = endpoints.begin();
    id = (next++)->first;
  }
  if (!ids.empty()) lastEndpoint_ = ids.back();
  return ids;
}

void Upkeep::lookAtWindows() {
  const auto& keys = shard_.keys();
  const auto looked = lookedIn(
      shard_.run("audit_windows", {keys.meta(), keys.windowIndex(), keys.windows()}, {windowCursor_, kEntriesPerLook}));
  windowCursor_ = looked ? looked->cursor : "0";
}

// Most endpoints have nothing that could be damaged, and are found to have nothing by one call for all of them.
std::vector<Upkeep::Look> Upkeep::looksAt(const std::vector<EndpointId>& ids) {
  if (ids.empty()) return {};
  const auto& keys = shard_.keys();
  std::vector<std::string> names{keys.meta(),   keys.wakeIndex(),    keys.letterIndex(),
                                 keys.groups(), keys.mailboxCalls(), keys.unlockIndex()};
  for (const auto& id : ids) {
    names.insert(names.end(), {keys.state(id), keys.queue(id), keys.messages(id), keys.leases(id), keys.behind(id),
                               keys.heads(id), keys.setAside(id), keys.letters(id), keys.letterOrder(id)});
  }
  const auto asked = shard_.run("audit_which", names, ids);
  if (!asked) return {};
  const auto looks = readReply("The answer to what is to be looked at", [&] {
    const ReplyItems items(*asked);
    std::vector<Look> found;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto what = items.integer(i);
      if ((what & kLookAtQueue) != 0) found.push_back({ids[i], queueCursors_, queueLook(ids[i])});
      if ((what & kLookAtLetters) != 0) found.push_back({ids[i], letterCursors_, letterLook(ids[i])});
    }
    return found;
  });
  return looks ? *looks : std::vector<Look>{};
}

Command Upkeep::queueLook(const EndpointId& id) const {
  const auto& keys = shard_.keys();
  return shard_.scripts()["audit"].call(
      std::vector{keys.meta(), keys.wakeIndex(), keys.queue(id), keys.messages(id), keys.leases(id), keys.state(id),
                  keys.behind(id), keys.heads(id), keys.setAside(id), keys.mailboxCalls(), keys.unlockIndex()},
      std::vector{id, cursorIn(queueCursors_, id), std::string(kEntriesPerLook),
                  std::to_string(millisOf(shard_.now()))});
}

Command Upkeep::letterLook(const EndpointId& id) const {
  const auto& keys = shard_.keys();
  return shard_.scripts()["audit_letters"].call(
      std::vector{keys.meta(), keys.letterIndex(), keys.letters(id), keys.letterOrder(id), keys.groups()},
      std::vector{id, cursorIn(letterCursors_, id), std::string(kEntriesPerLook)});
}

void Upkeep::look(std::span<const Look> looks) {
  std::vector<Command> commands;
  for (const auto& look : looks) commands.push_back(look.command);
  const auto replies = shard_.runAll(commands);
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const auto looked = lookedIn(replies[i]);
    if (looked && looked->back > 0) onReady_();
    remember(looks[i].cursors, looks[i].endpoint, looked);
  }
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
