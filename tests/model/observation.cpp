#include "model/observation.hpp"

#include "message_codec.hpp"
#include "packing.hpp"

#include <lull/redis/keys.hpp>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace lull::model {

namespace {

using redis::ByteReader;
using redis::Command;
using redis::Reply;

constexpr std::size_t kSharedReplies = 7;
constexpr std::size_t kRepliesPerEndpoint = 8;
constexpr std::size_t kRepliesPerDeleted = 3;
constexpr unsigned kLeased = 1;
constexpr unsigned kAttempted = 2;
constexpr unsigned kAttemptedBefore = 4;
constexpr unsigned kAlone = 8;
constexpr unsigned kLostAlone = 16;
constexpr unsigned kReplay = 32;
constexpr unsigned kAside = 64;

std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) throw std::runtime_error("not an integer: " + text);
  return value;
}
std::uint64_t natural(const Reply& reply) {
  return reply.kind == Reply::Kind::Nil ? 0 : static_cast<std::uint64_t>(number(reply.text));
}

std::map<KeyName, Ms> scoresOf(const Reply& reply) {
  std::map<KeyName, Ms> scores;
  for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2)
    scores[reply.items[i].text] = number(reply.items[i + 1].text);
  return scores;
}

/// Where a message stands in its queue: when it is due, and which place of that millisecond it has.
struct Place {
  Ms due = 0;
  int place = 0;
};
std::map<KeyName, Place> placesOf(const Reply& reply) {
  constexpr double kPlaces = 4096;
  std::map<KeyName, Place> places;
  for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2) {
    const double score = std::stod(reply.items[i + 1].text);
    const double due = std::ceil(score);
    places[reply.items[i].text] = {static_cast<Ms>(due), static_cast<int>(std::lround((score - due) * kPlaces))};
  }
  return places;
}

void readTail(ByteReader& reader, Content& content) {
  content.trace = reader.text16();
  content.payload = reader.text32();
}

WindowModel readWindow(std::string_view packed) {
  ByteReader reader(packed);
  reader.u8();
  WindowModel window;
  window.first = reader.i64();
  reader.u64();  // its first sequence, by which fire.lua knows what an endpoint was told of before
  window.content.upto = reader.u64();
  window.content.events = reader.u32();
  window.content.occurred = reader.i64();
  window.content.winner = reader.u64();
  readTail(reader, window.content);
  return window;
}

// The due time of a waiting message is its score, and the token and the marks of an earlier attempt and of being alone
// mean something only under a lease: the caller sets what is left out here.
MessageModel readMessage(std::string_view packed, bool& leased) {
  ByteReader reader(packed);
  reader.u8();
  MessageModel m;
  const auto flags = reader.u8();
  leased = (flags & kLeased) != 0;
  m.attempted = (flags & kAttempted) != 0;
  m.attemptedBefore = leased && (flags & kAttemptedBefore) != 0;
  m.idSequence = reader.u64();
  m.content.upto = reader.u64();
  m.content.events = reader.u32();
  m.attempts = reader.u16();
  m.losses = reader.u8();
  m.lostAlone = m.losses > 0 && (flags & kLostAlone) != 0;
  m.alone = leased && (flags & kAlone) != 0;
  m.replay = (flags & kReplay) != 0;
  m.aside = (flags & kAside) != 0;
  const auto token = reader.u64();
  m.token = leased ? token : 0;
  m.firstFailed = reader.i64();
  m.age0 = reader.i64();
  m.content.occurred = reader.i64();
  m.content.winner = reader.u64();
  m.due = reader.i64();
  m.windowDue = reader.i64();
  m.step = reader.u16();
  m.entryDue = reader.i64();
  m.item = reader.text16();
  readTail(reader, m.content);
  return m;
}

std::vector<AttemptMark> readMarks(const std::string& packed) {
  std::vector<AttemptMark> marks;
  for (const auto& attempt : redis::readHistory(packed).attempts)
    marks.push_back({attempt.attempt, static_cast<int>(attempt.outcome), attempt.code.value_or(0)});
  return marks;
}

LetterModel readLetter(std::string_view packed) {
  ByteReader reader(packed);
  reader.u8();
  LetterModel letter;
  letter.number = reader.u64();
  letter.reason = reader.u8();
  letter.status = reader.u16();
  letter.deadAt = reader.i64();
  letter.supersededAt = reader.i64();
  letter.error = reader.text16();
  bool leased = false;
  letter.message = readMessage(reader.text32(), leased);
  letter.history = readMarks(std::string(reader.text32()));
  return letter;
}

void readState(const Reply& fields, EndpointModel& endpoint) {
  for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
    const auto& name = fields.items[i].text;
    const auto& value = fields.items[i + 1].text;
    if (name == "paused") {
      endpoint.paused = value;
    } else if (name == "error") {
      endpoint.error = value;
    } else {
      const auto n = number(value);
      if (name == "mask") endpoint.mask = static_cast<std::uint32_t>(n);
      if (name == "pausedSince") endpoint.pausedSince = n;
      if (name == "pausedTotal") endpoint.pausedTotal = n;
      if (name == "gate") endpoint.gate = n;
      if (name == "ramp") endpoint.ramp = static_cast<std::uint64_t>(n);
      if (name == "openUntil") endpoint.openUntil = n;
      if (name == "openStep") endpoint.openStep = n;
      if (name == "fails") endpoint.fails = static_cast<std::uint64_t>(n);
      if (name == "streak") endpoint.streak = static_cast<std::uint64_t>(n);
      if (name == "sweep") endpoint.sweep = n;
      if (name == "version") endpoint.version = static_cast<std::uint64_t>(n);
      if (name == "success") endpoint.success = n;
    }
  }
}

// The replies about one endpoint: q m l s t a d z, of a deleted one whether anything is left, d and z.
class EndpointReader {
 public:
  EndpointReader(const EndpointName& id, const Reply* replies, Observation& into)
      : id_(id), replies_(replies), into_(into) {}

  void read() {
    EndpointModel endpoint;
    readState(replies_[3], endpoint);
    endpoint.logged = static_cast<std::uint64_t>(replies_[5].integer);
    auto waiting = placesOf(replies_[0]);
    auto leases = scoresOf(replies_[2]);
    std::map<KeyName, MessageModel> successors;
    for (std::size_t i = 0; i + 1 < replies_[1].items.size(); i += 2) {
      const auto& field = replies_[1].items[i].text;
      bool leased = false;
      auto message = readMessage(replies_[1].items[i + 1].text, leased);
      if (field.front() == '+') {
        complain(leased, "a leased successor");
        successors[field.substr(1)] = std::move(message);
        continue;
      }
      if (leased) {
        complain(!leases.contains(field), "a message is leased without a lease");
        message.leasedUntil = leases[field];
        leases.erase(field);
      } else {
        complain(!waiting.contains(field), "a message waits outside the queue");
        message.due = waiting[field].due;
        message.place = waiting[field].place;
        waiting.erase(field);
      }
      endpoint.queue[field].message = std::move(message);
    }
    complain(!waiting.empty(), "the queue names a message that is not there");
    complain(!leases.empty(), "a lease of a message that is not there");
    for (auto& [key, message] : successors) {
      complain(!endpoint.queue.contains(key), "a successor without a message");
      endpoint.queue[key].successor = std::move(message);
    }
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

std::vector<Command> commandsFor(const std::string& prefix, const EndpointNames& ids) {
  const redis::Keys keys(prefix);
  std::vector<Command> commands{{"HMGET", keys.meta(), "seq", "token", "letter", "rev", "lastFire"},
                                {"HGETALL", keys.counters()},
                                {"ZRANGE", keys.windowIndex(), "0", "-1", "WITHSCORES"},
                                {"HGETALL", keys.windows()},
                                {"ZRANGE", keys.wakeIndex(), "0", "-1", "WITHSCORES"},
                                {"ZRANGE", keys.letterIndex(), "0", "-1", "WITHSCORES"},
                                {"HKEYS", keys.registrations()}};
  for (const auto& id : ids.deleted) {
    commands.push_back({"EXISTS", keys.queue(id), keys.messages(id), keys.leases(id), keys.state(id), keys.history(id),
                        keys.attempts(id)});
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
