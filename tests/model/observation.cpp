#include "model/observation.hpp"

#include "model/observation_values.hpp"
#include "model/reference.hpp"

#include <lull/domain/message_key.hpp>
#include <lull/redis/keys.hpp>

#include <set>
#include <stdexcept>
#include <string_view>

namespace lull::model {

namespace {

using redis::Command;
using redis::Reply;

constexpr std::size_t kSharedReplies = 10;
// A lease names its process in the fraction of its score (lib/lease.lua). There is one process, that of FixedSign.
constexpr int kOurPlace = 7 * 4096 / 1024 - 4096;
constexpr std::size_t kRepliesPerEndpoint = 11;
constexpr std::size_t kRepliesPerDeleted = 3;

// The replies about one endpoint: q m l s t a d z b h x, of a deleted one whether anything is left, d and z.
class EndpointReader {
 public:
  EndpointReader(const EndpointName& id, const Reply* replies, Observation& into)
      : id_(id), replies_(replies), into_(into) {}

  void read() {
    EndpointModel endpoint;
    const auto bytes = readState(replies_[3], endpoint);
    endpoint.logged = static_cast<std::uint64_t>(replies_[5].integer);
    for (const auto& [key, score] : placesOf(replies_[2])) {
      leases_[key] = score.due;
      complain(score.place != kOurPlace, "a lease of a process that holds none");
    }
    readMessages(endpoint, bytes);
    readLanes(endpoint);
    complain(!leases_.empty(), "a lease of a message that is not there");
    for (std::size_t i = 0; i + 1 < replies_[4].items.size(); i += 2) {
      const auto& key = replies_[4].items[i].text;
      complain(!endpoint.queue.contains(key), "a history without a message");
      endpoint.queue[key].history = readMarks(replies_[4].items[i + 1].text);
    }
    readLetters(replies_[6], replies_[7]);
    if (endpoint.mask != 0) into_.state.endpoints[id_] = std::move(endpoint);
  }

  void readDeleted() {
    complain(replies_[0].integer != 0, "remains of a deleted endpoint");
    readLetters(replies_[1], replies_[2]);
  }

 private:
  void readMessages(EndpointModel& endpoint, std::uint64_t bytes) {
    auto waiting = placesOf(replies_[0]);
    auto aside = placesOf(replies_[10]);
    std::uint64_t held = 0;
    std::set<KeyName> behind;
    for (std::size_t i = 0; i < replies_[8].items.size(); ++i) behind.insert(replies_[8].items[i].text);
    for (std::size_t i = 0; i + 1 < replies_[1].items.size(); i += 2) {
      const auto& field = replies_[1].items[i].text;
      held += field.size() + replies_[1].items[i + 1].text.size();
      bool leased = false;
      auto message = readMessage(replies_[1].items[i + 1].text, leased);
      if (field.front() == '+') {
        complain(leased, "a leased successor");
        successors_[field.substr(1)] = std::move(message);
        continue;
      }
      const bool stands = behind.erase(field) == 1;
      if (leased) {
        complain(stands || !leases_.contains(field), "a message is leased without a lease");
        message.leasedUntil = leases_[field];
        leases_.erase(field);
      } else if (!stands) {
        auto& order = message.aside ? aside : waiting;
        complain(!order.contains(field), "a message waits outside the queue");
        message.due = order[field].due;
        message.place = order[field].place;
        order.erase(field);
      }
      endpoint.queue[field].message = std::move(message);
    }
    complain(!waiting.empty() || !aside.empty() || !behind.empty(), "an order names a message that is not there");
    complain(bytes != (endpoint.kind == Kind::Debounced ? 0 : held), "the bytes of its messages are miscounted");
    for (auto& [key, message] : successors_) {
      complain(!endpoint.queue.contains(key), "a successor without a message");
      endpoint.queue[key].successor = std::move(message);
    }
  }

  void readLanes(EndpointModel& endpoint) {
    auto& own = endpoint.own;
    for (std::size_t i = 0; i + 1 < replies_[9].items.size(); i += 2) {
      const auto& field = replies_[9].items[i].text;
      const auto& value = replies_[9].items[i + 1].text;
      if (field.starts_with('!')) {
        const auto key = field.substr(1);
        complain(!leases_.contains(key), "a tombstone without a lease");
        own.tombstones[key] = {static_cast<std::uint64_t>(number(value)), leases_[key]};
        leases_.erase(key);
      } else {
        own.lanes[field].push_front(MessageKey{field, std::stoull(value, nullptr, 16)}.packed());
      }
    }
    for (const auto& item : replies_[8].items) {
      const auto lane = MessageKey::fromPacked(item.text).value().lane;
      complain(!own.lanes.contains(lane), "a lane without a head");
      own.lanes[lane].push_back(item.text);
    }
    for (const auto& [lane, keys] : own.lanes)
      complain(!endpoint.queue.contains(keys.front()) && !own.tombstones.contains(keys.front()),
               "a head that is not there");
  }

  void readLetters(const Reply& packed, const Reply& deaths) {
    auto order = scoresOf(deaths);
    auto& letters = into_.state.letters[id_];
    for (std::size_t i = 0; i + 1 < packed.items.size(); i += 2) {
      const auto& key = packed.items[i].text;
      const auto& letter = letters[key] = readLetter(packed.items[i + 1].text);
      complain(!order.contains(key) || order[key] != letter.deadAt, "a letter in the wrong place");
      order.erase(key);
    }
    complain(!order.empty(), "an order that names a letter that is not there");
  }
  void complain(bool when, std::string_view what) {
    if (when) into_.inconsistency.append(id_).append(": ").append(what).append("\n");
  }

  const EndpointName& id_;
  const Reply* replies_;
  std::map<KeyName, Ms> leases_;  // whose messages were not seen yet
  std::map<KeyName, MessageModel> successors_;
  Observation& into_;
};

void readShared(const std::vector<Reply>& replies, Observation& seen) {
  auto& state = seen.state;
  const auto& meta = replies[0].items;
  state.sequence = natural(meta[0]);
  state.token = natural(meta[1]);
  state.letterNumber = natural(meta[2]);
  state.revision = natural(meta[3]);
  state.lastFire = static_cast<Ms>(natural(meta[4]));
  state.lastFan = static_cast<Ms>(natural(meta[5]));
  // A missing one means all bits (lib/takers.lua).
  if (meta[6].kind != Reply::Kind::Nil) state.every = static_cast<std::uint32_t>(natural(meta[6]));
  state.fanAt = meta[7].text.substr(meta[7].text.find(' ') + 1);  // behind the sequence of the event
  state.filtered = static_cast<std::uint32_t>(natural(meta[8]));
  for (const auto& event : replies[7].items) state.stream.push_back(readStreamEvent(event.text));
  for (std::size_t i = 0; i + 1 < replies[1].items.size(); i += 2)
    state.counters[replies[1].items[i].text] = static_cast<std::uint64_t>(number(replies[1].items[i + 1].text));
  auto due = scoresOf(replies[2]);
  for (std::size_t i = 0; i + 1 < replies[3].items.size(); i += 2) {
    const auto& key = replies[3].items[i].text;
    auto& window = state.windows[key] = readWindow(replies[3].items[i + 1].text);
    if (!due.contains(key)) seen.inconsistency += "a window outside the index: " + key + "\n";
    window.due = due[key];
    due.erase(key);
  }
  if (!due.empty()) seen.inconsistency += "the index names a window that is not there\n";
  seen.wake = scoresOf(replies[4]);
}

// Groups are what the letters say, and nothing else.
void recountGroups(std::map<KeyName, Ms> groups, Observation& seen) {
  for (const auto& [id, letters] : seen.state.letters) {
    for (const auto& [key, letter] : letters) {
      const auto member = groupMember(id, key, letter);
      const auto found = groups.find(member);
      if (found == groups.end() || found->second != 0) {
        seen.inconsistency.append("a letter outside its group: ").append(member).append("\n");
      } else {
        groups.erase(found);
      }
    }
  }
  for (const auto& [member, score] : groups)
    seen.inconsistency.append("a group has a letter that is none: ").append(member).append("\n");
}

std::vector<Command> commandsFor(const std::string& prefix, const EndpointNames& ids) {
  const redis::Keys keys(prefix);
  std::vector<Command> commands{
      {"HMGET", keys.meta(), "seq", "token", "letter", "rev", "lastFire", "lastFan", "every", "fanAt", "filtered"},
      {"HGETALL", keys.counters()},
      {"ZRANGE", keys.windowIndex(), "0", "-1", "WITHSCORES"},
      {"HGETALL", keys.windows()},
      {"ZRANGE", keys.wakeIndex(), "0", "-1", "WITHSCORES"},
      {"ZRANGE", keys.letterIndex(), "0", "-1", "WITHSCORES"},
      {"HKEYS", keys.registrations()},
      {"LRANGE", keys.stream(), "0", "-1"},
      {"ZRANGE", keys.groups(), "0", "-1", "WITHSCORES"},
      {"HGETALL", keys.retried()}};
  for (const auto& id : ids.deleted) {
    commands.push_back({"EXISTS", keys.queue(id), keys.messages(id), keys.leases(id), keys.state(id), keys.history(id),
                        keys.attempts(id), keys.behind(id), keys.heads(id), keys.setAside(id)});
    commands.push_back({"HGETALL", keys.letters(id)});
    commands.push_back({"ZRANGE", keys.letterOrder(id), "0", "-1", "WITHSCORES"});
  }
  for (const auto& id : ids.existing) {
    commands.push_back({"ZRANGE", keys.queue(id), "0", "-1", "WITHSCORES"});
    commands.push_back({"HGETALL", keys.messages(id)});
    commands.push_back({"ZRANGE", keys.leases(id), "0", "-1", "WITHSCORES"});
    commands.push_back({"HGETALL", keys.state(id)});
    commands.push_back({"HGETALL", keys.history(id)});
    commands.push_back({"LLEN", keys.attempts(id)});
    commands.push_back({"HGETALL", keys.letters(id)});
    commands.push_back({"ZRANGE", keys.letterOrder(id), "0", "-1", "WITHSCORES"});
    commands.push_back({"ZRANGE", keys.behind(id), "0", "-1"});
    commands.push_back({"HGETALL", keys.heads(id)});
    commands.push_back({"ZRANGE", keys.setAside(id), "0", "-1", "WITHSCORES"});
  }
  return commands;
}

}  // namespace

Observation Observer::look(const EndpointNames& ids) {
  if (commands_.empty() || !(ids_ == ids)) {
    ids_ = ids;
    commands_ = commandsFor(prefix_, ids);
  }
  auto replies = connection_.pipeline(commands_);
  if (!replies) throw std::runtime_error("observing: " + replies.error().message);
  for (const auto& reply : *replies)
    if (reply.isError()) throw std::runtime_error("observing: " + reply.text);
  Observation seen;
  readShared(*replies, seen);
  std::size_t at = kSharedReplies;
  for (const auto& id : ids.deleted) {
    EndpointReader(id, &(*replies)[at], seen).readDeleted();
    at += kRepliesPerDeleted;
  }
  for (const auto& id : ids.existing) {
    EndpointReader(id, &(*replies)[at], seen).read();
    at += kRepliesPerEndpoint;
  }
  for (std::size_t i = 0; i + 1 < (*replies)[9].items.size(); i += 2)
    seen.state.retried[(*replies)[9].items[i].text] = (*replies)[9].items[i + 1].text;
  recountGroups(scoresOf((*replies)[8]), seen);
  auto index = scoresOf((*replies)[5]);
  for (const auto& [id, letters] : seen.state.letters) {
    for (const auto& [key, letter] : letters) {
      std::string member = id;
      const auto found = index.find(member.append("|").append(key));
      if (found == index.end() || found->second != letter.deadAt) {
        seen.inconsistency.append("a letter in the wrong place of the index: ").append(member).append("\n");
      } else {
        index.erase(found);
      }
    }
  }
  if (!index.empty()) seen.inconsistency += "the index names a letter that is not there\n";
  if ((*replies)[6].items.size() != seen.state.endpoints.size())
    seen.inconsistency += "registrations and states differ\n";
  return seen;
}

}  // namespace lull::model
