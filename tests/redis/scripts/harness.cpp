#include "harness.hpp"

#include "endpoint_codec.hpp"
#include "facts.hpp"
#include "packing.hpp"

#include <lull/redis/script_texts.hpp>
#include <lull/redis/shard.hpp>

#include <algorithm>

namespace lull::redis {

namespace {

std::vector<Script> allScripts() {
  std::vector<Script> scripts;
  for (const auto& script : scriptTexts()) scripts.push_back(Script::of(script.name, script.text));
  return scripts;
}

std::string payloadOf(const Admitted& admitted) {
  Event event;
  event.type = admitted.type;
  event.baseId = ItemId(std::int64_t{12});
  event.data = admitted.data;
  event.operation = admitted.operation;
  event.scope = admitted.scope;
  event.changedFields = admitted.fields;
  return packPayload(event);
}

std::string packedAttempt(const Settle& settlement, std::int64_t now) {
  if (settlement.unattempted) return {};
  AttemptRecord record;
  record.at = instantOf(now);
  record.messageId = "msg";
  const auto& item = settlement.claim.message.item;
  record.key = ItemKey::fromPacked(item.empty() ? settlement.claim.key : item).value();
  record.sequence = settlement.claim.message.upto;
  record.attempt = static_cast<std::uint32_t>(settlement.claim.message.attempts);
  record.outcome = settlement.action == "c" ? Outcome::Delivered : Outcome::Retryable;
  record.code = settlement.action == "c" ? 200 : settlement.code;
  if (record.code == 0) record.code.reset();
  record.failure = settlement.failure;
  if (settlement.action != "c") record.sentence = "It failed.";
  return packAttempt(record, settlement.claim.endpoint);
}

std::string moreOf(const Settle& settlement, std::int64_t now) {
  if (settlement.action == "h") return settlement.pause;
  return settlement.action == "p" ? text(settlement.began != 0 ? settlement.began : now) : "";
}

void append(Words& words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
}

}  // namespace

bool readsOnly(std::string_view text) {
  for (; text.starts_with("--"); text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1)) {
    const auto line = text.substr(0, text.find('\n'));
    if (line.starts_with("-- types.lua")) return false;
    if (line.find("Reads only.") != std::string_view::npos) return true;
  }
  return false;
}

std::string laneKey(const std::string& lane, std::uint64_t position) {
  return MessageKey{lane, position}.packed();
}

Words manyKeys(int count) {
  Words keys;
  for (int i = 0; i < count; ++i) keys.push_back("1n" + text(i));
  return keys;
}

Stored readStored(std::string_view packed) {
  ByteReader reader(packed);
  Stored m;
  m.version = reader.u8();
  EXPECT_TRUE(m.version == 4 || m.version == 5) << m.version;
  m.flags = reader.u8();
  m.idSeq = reader.u64();
  m.upto = reader.u64();
  m.events = reader.u32();
  m.attempts = reader.u16();
  m.losses = reader.u8();
  m.token = reader.u64();
  if (m.version == 5) {
    m.stamp = m.due = m.entryDue = m.sent = reader.i64();
    m.occurred = reader.i64();
    m.winSeq = m.upto;
    m.windowDue = reader.i64();
    m.trace = reader.text16();
    m.data = readPayload(reader.text32()).data;
    EXPECT_TRUE(reader.done());
    return m;
  }
  m.firstFailed = reader.i64();
  m.stamp = reader.i64();
  m.occurred = reader.i64();
  m.winSeq = reader.u64();
  m.due = reader.i64();
  m.windowDue = reader.i64();
  m.step = reader.u16();
  m.entryDue = reader.i64();
  m.sent = reader.i64();
  m.item = reader.text16();
  m.trace = reader.text16();
  m.origin = reader.text8();
  m.data = readPayload(reader.text32()).data;
  EXPECT_TRUE(reader.done());
  return m;
}

ScriptHarness::ScriptHarness() : scripts_(allScripts()) {
  connection_ = Connection::open(server_.address(), Millis{10'000}).value();
  // As attach.lua leaves it, but numbers from 1 are easier to read. No endpoint takes every event yet.
  redis({"HSET", names_.meta(), "schema", std::to_string(Shard::kSchema), "every", "0"});
}

Reply ScriptHarness::redis(const Command& command) {
  return connection_->call(command).value();
}

Reply ScriptHarness::run(const std::string& script, const Words& keys, const Words& arguments) {
  auto command = scripts_[script].call(keys, arguments);
  if (!readsOnly(scripts_[script].text)) return scripts_.run(*connection_, command).value();
  command[0] = "EVAL_RO";
  command[1] = scripts_[script].text;
  return redis(command);
}

void ScriptHarness::createEndpoint(const std::string& id, int mask, bool enabled, std::int64_t now) {
  const auto reply =
      run("endpoint_create",
          {names_.meta(), names_.registrations(), names_.state(id), names_.createdBy(), names_.createdByOrder(),
           names_.queueOwners()},
          {id, "blob of " + id, text(mask), enabled ? "1" : "0", text(now), "", "1000", "", "10000", "0", "0", ""});
  ASSERT_EQ(reply.items.at(0).integer, 1);
  endpoints_[id] = mask;
}

void ScriptHarness::createMailbox(const std::string& id, const std::string& owner, std::int64_t now) {
  Endpoint endpoint;
  endpoint.id = id;
  endpoint.registration.name = "name of " + id;
  endpoint.registration.target = Mailbox{};
  endpoint.registration.telling = {.delivery = Delivery::Every, .order = Order::None};
  endpoint.createdAt = endpoint.updatedAt = instantOf(now);
  endpoint.owner = owner;
  const auto reply =
      run("mailbox_enrol",
          {names_.meta(), names_.registrations(), names_.mailboxNames(), names_.mailboxCalls(), names_.state(id)},
          {id, packEndpoint(endpoint, Sealer{}), text(now), owner + "|" + id, owner, "10000"});
  ASSERT_EQ(reply.items.at(0).integer, 1);
  endpoints_[id] = 0;
  mailboxes_.insert(id);
  become(id, Lanes::Each);
}

void ScriptHarness::createLanes(const std::string& id, Lanes lanes, bool stop, int mask, std::int64_t now) {
  const auto reply = run("endpoint_create",
                         {names_.meta(), names_.registrations(), names_.state(id), names_.createdBy(),
                          names_.createdByOrder(), names_.queueOwners()},
                         {id, "blob of " + id, text(mask), "1", text(now), "", "1000", "", "10000",
                          text(static_cast<int>(lanes)), stop ? "1" : "0", ""});
  ASSERT_EQ(reply.items.at(0).integer, 1);
  endpoints_[id] = mask;
  become(id, lanes);
}

void ScriptHarness::become(const std::string& id, Lanes lanes) {
  lanes_.erase(id);
  called_.erase(id);
  if (lanes == Lanes::Sync) {
    called_.insert(id);
  } else if (lanes != Lanes::None) {
    lanes_[id] = lanes;
  }
}

Lanes ScriptHarness::toldBy(const std::string& id) const {
  if (called_.contains(id)) return Lanes::Sync;
  return lanes_.contains(id) ? lanes_.at(id) : Lanes::None;
}

ScriptHarness::Call ScriptHarness::replaceCall(const std::string& id, int mask, bool enabled, std::int64_t now) {
  return {"endpoint_replace",
          {names_.meta(), names_.registrations(), names_.wakeIndex(), names_.state(id), names_.queue(id),
           names_.leases(id), names_.messages(id), names_.letterOrder(id), names_.stream(), names_.behind(id),
           names_.heads(id), names_.setAside(id), names_.mailed(), names_.queueOwners()},
          {id, registrationOf(id, mask), text(mask), enabled ? "1" : "0", text(now), state(id, "version"),
           text(static_cast<int>(toldBy(id))), state(id, "stop") == "1" ? "1" : "0", ""}};
}

Reply ScriptHarness::turn(const std::string& id, Lanes lanes, std::int64_t now) {
  const auto before = toldBy(id);
  become(id, lanes);
  const auto reply = run(replaceCall(id, endpoints_.at(id), true, now));
  if (reply.items.at(0).integer < 0) become(id, before);
  return reply;
}

Reply ScriptHarness::purge(const Words& keys, std::int64_t now, const std::string& id) {
  const auto mark = run(queueCall("queue_mark", id, {text(now)})).items;
  Words arguments{id, text(now), text(mark.at(0).integer), text(mark.at(1).integer), "0"};
  for (const auto& key : keys) arguments.insert(arguments.end(), {key, "0", "0"});
  return run(queueCall("queue_purge", id, arguments));
}

void ScriptHarness::filterEndpoint(const std::string& id, const Filter& filter) {
  filters_[id] = packFilter(filter);
  const auto replaced = run(replaceCall(id, endpoints_.at(id), true, 1));
  ASSERT_GT(replaced.items.at(0).integer, 0) << replaced.text;
}

void ScriptHarness::limitRate(const std::string& id, std::uint16_t rate, std::int64_t now) {
  rates_[id] = rate;
  const auto replaced = run(replaceCall(id, endpoints_.at(id), true, now));
  ASSERT_GT(replaced.items.at(0).integer, 0) << replaced.text;
}

// As lib/registration.lua reads it; the others need no readable one.
std::string ScriptHarness::registrationOf(const std::string& id, int mask) const {
  if (!filters_.contains(id) && !rates_.contains(id)) return "blob of " + id;
  const bool every = lanes_.contains(id) && lanes_.at(id) != Lanes::None;
  return ByteWriter{}
             .u8(4)
             .u32(static_cast<std::uint32_t>(mask))
             .u8(1)
             .u8(called_.contains(id) ? 2
                 : every              ? 1
                                      : 0)
             .u8(every ? static_cast<std::uint8_t>(static_cast<int>(lanes_.at(id)) - 1) : 0)
             .u8(0)
             .u16(rates_.contains(id) ? rates_.at(id) : std::uint16_t{0})
             .text16(filters_.contains(id) ? filters_.at(id) : "")
             .take() +
         "{}";
}

Reply ScriptHarness::replaceEndpoint(const std::string& id, int mask, bool enabled, std::int64_t now) {
  endpoints_[id] = mask;
  return run(replaceCall(id, mask, enabled, now));
}

ScriptHarness::Call ScriptHarness::admitCall(const std::vector<Admitted>& events, std::int64_t now) const {
  Call call{"admit",
            {names_.meta(), names_.counters(), names_.windowIndex(), names_.windows(), names_.eventIds(),
             names_.eventIdOrder(), names_.stream(), names_.part("test")},
            {text(now), text(settings_.interval), text(settings_.maxWait), text(settings_.keepIds),
             std::to_string(events.size()), "", ""}};
  for (const auto& event : events) {
    append(call.arguments,
           {event.key, event.occurred ? text(*event.occurred) : "", event.trace, payloadOf(event), event.id});
  }
  return call;
}

std::vector<std::int64_t> ScriptHarness::admit(const std::vector<Admitted>& events, std::int64_t now) {
  const auto reply = run(admitCall(events, now));
  EXPECT_FALSE(reply.isError()) << reply.text;
  std::vector<std::int64_t> numbers;
  for (const auto& item : reply.items) numbers.push_back(item.integer);
  // The second one is how many events the stream got: tests that want it read the stream.
  if (numbers.size() > 1) numbers.erase(numbers.begin() + 1);
  numbers.pop_back();  // the revision of the registry
  return numbers;
}

ScriptHarness::Call ScriptHarness::fireCall(std::int64_t now, std::int64_t stopAt, std::int64_t mostWindows,
                                            std::int64_t bits) {
  const auto revision = field(names_.meta(), "rev");
  Call call{
      "fire",
      {names_.meta(), names_.counters(), names_.windowIndex(), names_.windows(), names_.wakeIndex(), names_.changed()},
      {text(now), revision.empty() ? "0" : revision, text(stopAt), text(mostWindows), text(settings_.firstRetry),
       text(bits), text(settings_.maxWait), text(permits_), stopsWhenFull_ ? "1" : "0", text(settings_.slot)}};
  Words turned;
  for (const auto& [id, mask] : endpoints_) {
    const bool isDebounced = !lanes_.contains(id) && !called_.contains(id);
    if (!isDebounced && !state(id, "turned").empty()) turned.push_back(id);
  }
  append(call.arguments, {std::to_string(turned.size()), text(settings_.slack)});
  const auto name = [&](const std::string& id) {
    append(call.keys, {names_.queue(id), names_.messages(id), names_.state(id)});
    append(call.arguments, {id, text(endpoints_.at(id))});
  };
  for (const auto& [id, mask] : endpoints_) {
    if (lanes_.contains(id) || (called_.contains(id) && state(id, "turned").empty())) continue;
    name(id);
    append(call.keys, {names_.leases(id)});
    append(call.arguments, {text(fireLimit_), text(settings_.lease)});
  }
  for (const auto& id : turned) {
    name(id);
    append(call.keys, {names_.behind(id), names_.heads(id)});
  }
  return call;
}

Reply ScriptHarness::fire(std::int64_t now, std::int64_t stopAt, std::int64_t mostWindows, std::int64_t bits) {
  return run(fireCall(now, stopAt, mostWindows, bits));
}

ScriptHarness::Call ScriptHarness::fanCall(std::int64_t now, std::int64_t bits) {
  const auto revision = field(names_.meta(), "rev");
  std::int64_t taken = 0;
  for (const auto& [id, lanes] : lanes_) taken |= endpoints_.at(id);
  Call call{
      "fan",
      {names_.meta(), names_.counters(), names_.stream(), names_.wakeIndex(), names_.alertOrder(), names_.alerts(),
       names_.mailed()},
      {text(now), revision.empty() ? "0" : revision, text(settings_.fanMessages), text(settings_.fanBytes), text(bits),
       text(taken), text(settings_.probe), text(settings_.mostQueued), text(settings_.mostQueuedBytes)}};
  for (const auto& [id, lanes] : lanes_) {
    append(call.keys, {names_.queue(id), names_.messages(id), names_.state(id), names_.behind(id), names_.heads(id)});
    append(call.arguments, {id, text(endpoints_.at(id))});
  }
  return call;
}

Reply ScriptHarness::fan(std::int64_t now, std::int64_t bits) {
  return run(fanCall(now, bits));
}

std::vector<std::uint64_t> ScriptHarness::tell(const Words& items, std::int64_t now) {
  std::vector<Admitted> events;
  for (const auto& item : items) events.push_back({.key = item});
  const auto admitted = admit(events, now);
  const auto fanned = fan(now);
  EXPECT_FALSE(fanned.isError()) << fanned.text;
  return {admitted.begin() + 1, admitted.end()};
}

std::uint64_t ScriptHarness::put(const std::string& key, std::int64_t now, const std::string& data) {
  const auto interval = std::exchange(settings_.interval, 0);
  const auto sequences = admit({{.key = key, .data = data}}, now);
  settings_.interval = interval;
  const auto fired = fire(now);
  EXPECT_EQ(fired.items.at(0).integer, 1) << fired.text;
  return static_cast<std::uint64_t>(sequences.at(1));
}

ScriptHarness::Call ScriptHarness::claimCall(std::int64_t now, const Words& ids, int limit, int most) const {
  Call call{"claim",
            {names_.meta(), names_.counters(), names_.wakeIndex()},
            {text(now), text(most), text(settings_.maxAge), text(settings_.probe), text(settings_.firstRetry), "64",
             text(settings_.slot)}};
  for (const auto& id : ids) {
    append(call.keys, {names_.queue(id), names_.messages(id), names_.leases(id), names_.state(id), names_.history(id)});
    append(call.keys, names_.lanes(id));
    append(call.arguments, {id, text(limit), text(most), text(settings_.lease)});
  }
  return call;
}

ClaimReply ScriptHarness::claim(std::int64_t now, const Words& ids, int limit, int most) {
  const auto reply = run(claimCall(now, ids, limit, most));
  EXPECT_FALSE(reply.isError()) << reply.text;
  return reply.isError() ? ClaimReply{} : claimReply(reply, ids);
}

ClaimReply ScriptHarness::claimReply(const Reply& reply, const Words& ids) {
  ClaimReply result;
  result.revision = reply.items.at(0).integer;
  result.nextWake = reply.items.at(1).integer;
  result.takenOver = reply.items.at(2).integer;
  const auto count = static_cast<std::size_t>(reply.items.at(3).integer);
  for (std::size_t i = 0, at = 4; i < count; ++i, at += 4) {
    result.claims.push_back({ids.at(static_cast<std::size_t>(reply.items.at(at).integer - 1)),
                             reply.items.at(at + 1).text, reply.items.at(at + 3).integer,
                             readStored(reply.items.at(at + 2).text)});
  }
  for (std::size_t at = 4 + 4 * count; at < reply.items.size(); ++at) {
    if (reply.items[at].kind != Reply::Kind::Array) {
      result.ready.push_back(reply.items[at].text);
      continue;
    }
    result.damaged.emplace_back();
    for (const auto& word : reply.items[at].items) result.damaged.back().push_back(word.text);
  }
  return result;
}

Claimed ScriptHarness::claimOne(const std::string& id, std::int64_t now) {
  auto reply = claim(now, {id});
  EXPECT_EQ(reply.claims.size(), 1U);
  return reply.claims.empty() ? Claimed{} : reply.claims.front();
}

ScriptHarness::Call ScriptHarness::settleCall(const std::vector<Settle>& settlements, std::int64_t now) const {
  Words ids;
  for (const auto& s : settlements) {
    if (std::ranges::find(ids, s.claim.endpoint) == ids.end()) ids.push_back(s.claim.endpoint);
  }
  Call call{"settle",
            {names_.meta(), names_.counters(), names_.wakeIndex(), names_.letterIndex(), names_.alertOrder(),
             names_.alerts(), names_.groups(), names_.jobs(), names_.retried()},
            {text(now), text(settings_.failures), text(settings_.probe), text(settings_.maxProbe),
             text(settings_.mostLetters), text(settings_.firstRetry), text(nextMost_), text(settings_.maxAge), "64",
             text(settings_.slot), std::to_string(ids.size())}};
  for (const auto& id : ids) {
    append(call.keys, {names_.queue(id), names_.messages(id), names_.leases(id), names_.state(id), names_.history(id),
                       names_.attempts(id), names_.letters(id), names_.letterOrder(id)});
    append(call.keys, names_.lanes(id));
    append(call.arguments, {id, "1000", text(nextMost_), text(settings_.lease)});
  }
  for (const auto& s : settlements) {
    const auto place = std::ranges::find(ids, s.claim.endpoint) - ids.begin() + 1;
    const auto facts = ByteWriter{}
                           .u8(static_cast<std::uint8_t>(s.action.at(0)))
                           .u16(static_cast<std::uint16_t>(place))
                           .u64(s.claim.message.token)
                           .i64(s.due)
                           .u16(static_cast<std::uint16_t>(s.step))
                           .u8(static_cast<std::uint8_t>(s.reason))
                           .u8(static_cast<std::uint8_t>(s.flags))
                           .u16(static_cast<std::uint16_t>(s.code))
                           .u8(static_cast<std::uint8_t>(s.failure))
                           .take();
    append(call.arguments,
           {s.claim.key, facts, s.action == "c" ? "" : "It failed.", packedAttempt(s, now), moreOf(s, now)});
  }
  return call;
}

std::pair<std::int64_t, std::int64_t> ScriptHarness::settle(const std::vector<Settle>& settlements, std::int64_t now) {
  const auto reply = run(settleCall(settlements, now));
  EXPECT_FALSE(reply.isError()) << reply.text;
  if (reply.isError()) return {-1, -1};
  return {reply.items.at(0).integer, reply.items.at(1).integer};
}

void ScriptHarness::settleOne(const Settle& settlement, std::int64_t now) {
  EXPECT_EQ(settle({settlement}, now), std::make_pair(std::int64_t{1}, std::int64_t{0}));
}

void ScriptHarness::park(const std::string& id, const std::string& key, std::int64_t until) {
  put(key, kNow);
  settleOne({.action = "p", .claim = claimOne(id, kNow), .due = until}, kNow);
}

std::uint64_t ScriptHarness::letter(const std::string& id, const std::string& key, std::int64_t now) {
  put(key, now);
  settleOne({.action = "b", .claim = claimOne(id, now)}, now);
  return letterOf(id, key).value().number;
}

Words ScriptHarness::seenLetters(const std::string& id, const Words& keys) {
  Words seen;
  for (const auto& key : keys) {
    const auto stored = letterOf(id, key).value();
    append(seen, {key, std::to_string(stored.death)});
  }
  return seen;
}

ScriptHarness::Call ScriptHarness::letterCall(const std::string& script, const std::string& id, Words arguments) const {
  Words keys{names_.meta(),          names_.counters(), names_.letterIndex(), names_.letters(id),
             names_.letterOrder(id), names_.groups(),   names_.jobs()};
  if (script == "letters_retry") {
    keys = {names_.meta(),       names_.counters(), names_.wakeIndex(), names_.letterIndex(), names_.queue(id),
            names_.messages(id), names_.leases(id), names_.state(id),   names_.letters(id),   names_.letterOrder(id)};
    append(keys, names_.lanes(id));
    append(keys, {names_.groups(), names_.jobs(), names_.retried(), names_.mailed()});
  }
  const auto place = std::min<std::size_t>(arguments.size(), script == "letters_retry" ? 6 : 2);
  if (place > 0)
    arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(place), {text(mover_.number), mover_.token});
  return {script, std::move(keys), std::move(arguments)};
}

ScriptHarness::Call ScriptHarness::queueCall(const std::string& script, const std::string& id, Words arguments) const {
  Words keys{names_.meta(),    names_.wakeIndex(),  names_.queue(id),    names_.leases(id),
             names_.state(id), names_.messages(id), names_.setAside(id), names_.mailed()};
  if (script == "queue_mark") keys = {names_.meta(), names_.state(id)};
  if (script == "queue_purge") {
    keys = {names_.meta(),       names_.counters(), names_.wakeIndex(), names_.queue(id),
            names_.messages(id), names_.leases(id), names_.state(id),   names_.history(id)};
    append(keys, names_.lanes(id));
  }
  return {script, std::move(keys), std::move(arguments)};
}

}  // namespace lull::redis
