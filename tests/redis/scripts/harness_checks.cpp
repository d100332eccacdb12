#include "harness.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

namespace lull::redis {

using ::testing::StartsWith;

namespace {

std::set<std::string> texts(const Reply& reply) {
  std::set<std::string> found;
  for (const auto& item : reply.items) found.insert(item.text);
  return found;
}

// As lib/group.lua writes it, but from what the codec reads.
std::string groupMember(const std::string& id, const std::string& key, const std::string& packed) {
  const auto stored = readLetter(packed, *MessageKey::fromPacked(key), "epoch", id);
  const auto& letter = stored.letter;
  std::array<char, 80> cell{};
  std::snprintf(cell.data(), cell.size(), "|%d%05d%02d%d%010u|%015lld|%llu|", static_cast<int>(letter.reason),
                letter.lastCode.value_or(0), letter.lastCode ? 0 : static_cast<int>(letter.failure),
                letter.supersededAt ? 1 : 0, letter.message.key.changeType,
                static_cast<long long>(millisOf(letter.deadAt)), static_cast<unsigned long long>(stored.number));
  return id + cell.data() + key;
}

}  // namespace

void ScriptHarness::TearDown() {
  expectConserved();
  for (const auto& [id, mask] : endpoints_) expectConsistent(id);
  expectGroups();
}

// Groups of dead letters hold what the letters say, and nothing else.
void ScriptHarness::expectGroups() {
  std::set<std::string> members;
  const std::string mark = ":d:";
  for (const auto& key : redis({"KEYS", "*" + mark + "*"}).items) {
    const auto id = key.text.substr(key.text.find(mark) + mark.size());
    const auto letters = redis({"HGETALL", key.text}).items;
    for (std::size_t i = 0; i + 1 < letters.size(); i += 2)
      members.insert(groupMember(id, letters[i].text, letters[i + 1].text));
  }
  EXPECT_EQ(texts(redis({"ZRANGE", names_.groups(), "0", "-1"})), members);
}

std::optional<Stored> ScriptHarness::message(const std::string& id, const std::string& key) {
  const auto reply = redis({"HGET", names_.messages(id), key});
  if (reply.kind != Reply::Kind::String) return std::nullopt;
  return readStored(reply.text);
}

std::optional<StoredLetter> ScriptHarness::letterOf(const std::string& id, const std::string& key) {
  const auto reply = redis({"HGET", names_.letters(id), key});
  if (reply.kind != Reply::Kind::String) return std::nullopt;
  return readLetter(reply.text, *MessageKey::fromPacked(key), "epoch", id);
}

std::optional<std::int64_t> ScriptHarness::score(const std::string& zset, const std::string& member) {
  const auto reply = redis({"ZSCORE", zset, member});
  if (reply.kind != Reply::Kind::String) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(std::stod(reply.text)));  // the fraction is a place: lib/line.lua
}

std::string ScriptHarness::field(const std::string& hash, const std::string& name) {
  return redis({"HGET", hash, name}).text;
}

std::int64_t ScriptHarness::counter(const std::string& name) {
  const auto value = field(names_.counters(), name);
  return value.empty() ? 0 : std::stoll(value);
}

std::vector<AttemptRecord> ScriptHarness::historyOf(const std::string& id, const std::string& key) {
  return readHistory(field(names_.history(id), key), id).attempts;
}

std::map<std::string, std::string> ScriptHarness::snapshot() {
  std::map<std::string, std::string> dumps;
  for (const auto& key : redis({"KEYS", "*"}).items) dumps[key.text] = redis({"DUMP", key.text}).text;
  return dumps;
}

void ScriptHarness::fillUp() {
  ASSERT_EQ(redis({"CONFIG", "SET", "maxmemory", "1"}).text, "OK");
  ASSERT_THAT(redis({"SET", "one", "more"}).text, StartsWith("OOM"));
}

void ScriptHarness::expectRefused(const Call& call, const std::string& error) {
  const auto before = snapshot();
  const auto reply = run(call);
  EXPECT_TRUE(reply.isError()) << call.script;
  EXPECT_THAT(reply.text, StartsWith(error)) << call.script;
  EXPECT_EQ(snapshot(), before) << call.script << " wrote something before it refused";
}

void ScriptHarness::expectDamaged(const Call& call, const Words& named) {
  const auto before = snapshot();
  const auto reply = run(call);
  EXPECT_FALSE(reply.isError()) << reply.text;
  Words words{"LULLDAMAGED"};
  words.insert(words.end(), named.begin(), named.end());
  Words found;
  for (const auto& item : reply.items) found.push_back(item.text);
  EXPECT_EQ(found, words) << call.script;
  EXPECT_EQ(snapshot(), before) << call.script << " wrote something before it named the damage";
}

// Scripts that run often look at the keys of lanes only when the endpoint has lanes.
bool ScriptHarness::looksAt(const Call& call, const std::string& key) const {
  if (call.script != "claim" && call.script != "settle" && call.script != "states" && call.script != "totals")
    return true;
  return std::ranges::none_of(endpoints_, [&](const auto& endpoint) {
    const auto keys = names_.lanes(endpoint.first);
    return !lanes_.contains(endpoint.first) && std::ranges::find(keys, key) != keys.end();
  });
}

void ScriptHarness::expectTypesChecked(const Call& call) {
  for (const auto& key : std::set<std::string>(call.keys.begin(), call.keys.end())) {
    if (!looksAt(call, key)) continue;
    SCOPED_TRACE(call.script + " with a wrong " + key);
    const bool there = redis({"RENAME", key, "aside"}).text == "OK";
    redis({"SADD", key, "no script of ours uses sets"});
    expectRefused(call, "LULLTYPE");
    redis({"DEL", key});
    if (there) redis({"RENAME", "aside", key});
  }
}

// I8: created + revived = delivered + superseded + dead-lettered + cancelled + pending.
void ScriptHarness::expectConserved() {
  std::int64_t pending = 0;
  for (const auto& [id, mask] : endpoints_) pending += redis({"HLEN", names_.messages(id)}).integer;
  EXPECT_EQ(counter("created") + counter("revived"),
            counter("delivered") + counter("superseded") + counter("deadLettered") + counter("cancelled") + pending)
      << "I8: pending is " << pending;
}

// Every message of an endpoint with lanes stands in exactly one order; each lane that has messages has one head, which
// waits, is leased, or is a tombstone.
void ScriptHarness::expectLanes(const std::string& id) {
  const auto members = [&](const std::string& zset) { return texts(redis({"ZRANGE", zset, "0", "-1"})); };
  const auto waiting = members(names_.queue(id));
  const auto leased = members(names_.leases(id));
  const auto behind = members(names_.behind(id));
  const auto aside = members(names_.setAside(id));
  std::map<std::string, std::string> heads;
  std::set<std::string> tombstones;
  const auto found = redis({"HGETALL", names_.heads(id)}).items;
  for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
    if (found[i].text.starts_with("!")) {
      tombstones.insert(found[i].text.substr(1));
    } else {
      heads[found[i].text] = found[i + 1].text;
    }
  }
  for (const auto& key : tombstones) EXPECT_TRUE(leased.contains(key)) << "a tombstone without a lease: " << key;
  std::int64_t bytes = 0;
  for (const auto& key : texts(redis({"HKEYS", names_.messages(id)}))) {
    const auto m = message(id, key).value();
    bytes += static_cast<std::int64_t>(key.size()) + redis({"HSTRLEN", names_.messages(id), key}).integer;
    EXPECT_EQ(waiting.contains(key) + leased.contains(key) + behind.contains(key) + aside.contains(key), 1) << key;
    EXPECT_EQ(leased.contains(key), m.leased()) << key;
    const bool wasSetAside = (m.flags & 64U) != 0;
    EXPECT_EQ(wasSetAside, aside.contains(key) || (m.leased() && wasSetAside)) << key;
    EXPECT_FALSE(tombstones.contains(key)) << "a tombstone that has a message: " << key;
    if (lanes_.at(id) == Lanes::Each || wasSetAside) continue;
    const auto place = MessageKey::fromPacked(key).value();
    const auto head = heads.find(place.lane);
    const auto position = key.substr(key.size() - 16);
    ASSERT_NE(head, heads.end()) << "a lane without a head: " << key;
    EXPECT_EQ(behind.contains(key), head->second != position) << key;
  }
  const auto all = waiting.size() + leased.size() - tombstones.size() + behind.size() + aside.size();
  EXPECT_EQ(all, static_cast<std::size_t>(redis({"HLEN", names_.messages(id)}).integer))
      << "an entry without a message";
  for (const auto& [lane, position] : heads) {
    const auto key = text(static_cast<std::int64_t>(lane.size())) + ":" + lane + position;
    EXPECT_TRUE(waiting.contains(key) || leased.contains(key)) << "a head that is nowhere: " << key;
  }
  const bool exists = !state(id, "mask").empty();
  EXPECT_EQ(state(id, "bytes"), exists && bytes > 0 ? text(bytes) : "");
  expectSettingOut(id, waiting.size() + leased.size() + aside.size());
}

// Each message waits in the queue or is leased, never both or neither; a successor only stands behind a leased message.
void ScriptHarness::expectConsistent(const std::string& id) {
  SCOPED_TRACE("endpoint " + id);
  if (lanes_.contains(id)) return expectLanes(id);
  const auto waiting = texts(redis({"ZRANGE", names_.queue(id), "0", "-1"}));
  const auto leased = texts(redis({"ZRANGE", names_.leases(id), "0", "-1"}));
  const auto fields = texts(redis({"HKEYS", names_.messages(id)}));
  std::size_t successors = 0;
  for (const auto& key : fields) {
    if (key.starts_with("+")) {
      ++successors;
      EXPECT_TRUE(leased.contains(key.substr(1))) << "a successor without a lease: " << key;
      continue;
    }
    const auto m = message(id, key).value();
    EXPECT_EQ(leased.contains(key), m.leased()) << key;
    EXPECT_EQ(waiting.contains(key), !m.leased()) << key;
    if (!m.leased()) {
      EXPECT_EQ(score(names_.queue(id), key).value_or(-1) <= m.due, true) << key << " waits longer than its due time";
    }
  }
  EXPECT_EQ(waiting.size() + leased.size() + successors, fields.size()) << "a queue entry without a message";
  const auto letters = texts(redis({"HKEYS", names_.letters(id)}));
  EXPECT_EQ(letters, texts(redis({"ZRANGE", names_.letterOrder(id), "0", "-1"})));
  for (const auto& key : letters) EXPECT_TRUE(score(names_.letterIndex(), id + "|" + key)) << key;
  expectSettingOut(id, waiting.size() + leased.size());
}

// No endpoint may be forgotten: one with messages is in the wake-up index, unless it is paused or deleted.
void ScriptHarness::expectSettingOut(const std::string& id, std::size_t waiting) {
  const auto wake = score(names_.wakeIndex(), id);
  if (mailboxes_.contains(id)) {
    EXPECT_FALSE(wake) << "nothing is sent to a mailbox";
    return;
  }
  const bool runs = !state(id, "mask").empty() && state(id, "paused").empty();
  if (runs && waiting > 0) {
    EXPECT_TRUE(wake) << "messages, but no wake-up";
  } else if (!runs) {
    EXPECT_FALSE(wake) << "a wake-up of an endpoint that may not send";
  }
}

}  // namespace lull::redis
