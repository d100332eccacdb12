#include "model/observation_values.hpp"

#include "message_codec.hpp"
#include "packing.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>

namespace lull::model {

namespace {

using redis::ByteReader;
using redis::Reply;

constexpr unsigned kLeased = 1;
constexpr unsigned kAttempted = 2;
constexpr unsigned kAttemptedBefore = 4;
constexpr unsigned kAlone = 8;
constexpr unsigned kLostAlone = 16;
constexpr unsigned kReplay = 32;
constexpr unsigned kAside = 64;

constexpr unsigned kAnyType = 8;
constexpr unsigned kAnyScope = 16;
constexpr unsigned kAnyField = 32;

/// A packed value of lib/facts.lua.
struct Parts {
  unsigned flags = 0;
  std::map<char, std::vector<std::string>> texts;  // by their letters
};

Parts partsIn(std::string_view packed) {
  constexpr char kEnd = '\xFF';
  if (packed.size() < 2 || packed[1] != kEnd || packed.back() != kEnd)
    throw std::runtime_error("facts of an unknown form");
  Parts parts{static_cast<unsigned char>(packed[0]), {{'t', {}}, {'s', {}}, {'f', {}}}};
  for (packed.remove_prefix(2); !packed.empty();) {
    const auto end = packed.find(kEnd);
    parts.texts.at(packed[0]).emplace_back(packed.substr(1, end - 1));
    packed.remove_prefix(end + 1);
  }
  return parts;
}

std::vector<Operation> operationsIn(unsigned flags) {
  std::vector<Operation> operations;
  for (const auto one : {Operation::Create, Operation::Update, Operation::Delete})
    if ((flags >> static_cast<unsigned>(one) & 1U) != 0) operations.push_back(one);
  return operations;
}

std::optional<FactsModel> readFacts(std::string_view packed) {
  if (packed.empty()) return std::nullopt;
  const auto parts = partsIn(packed);
  const auto setOf = [](const auto& all) { return std::set(all.begin(), all.end()); };
  return FactsModel{setOf(operationsIn(parts.flags)), setOf(parts.texts.at('t')),    setOf(parts.texts.at('s')),
                    setOf(parts.texts.at('f')),       (parts.flags & kAnyType) != 0, (parts.flags & kAnyScope) != 0,
                    (parts.flags & kAnyField) != 0};
}

Filter readFilter(std::string_view packed) {
  const auto parts = partsIn(packed);
  return {parts.texts.at('t'), operationsIn(parts.flags), parts.texts.at('f'), parts.texts.at('s')};
}

void readTail(ByteReader& reader, Content& content) {
  content.trace = reader.text16();
  content.payload = reader.text32();
}

/// What a message holds behind its token.
void readRest(ByteReader& reader, MessageModel& m) {
  m.firstFailed = reader.i64();
  m.age0 = reader.i64();
  m.content.occurred = reader.i64();
  m.content.winner = reader.u64();
  m.due = reader.i64();
  m.windowDue = reader.i64();
  m.step = reader.u16();
  m.entryDue = reader.i64();
  reader.i64();  // sent: only receivers are told
  m.item = reader.text16();
  m.content.trace = reader.text16();
  m.origin = reader.text8();
  m.content.payload = reader.text32();
}

/// The same of a message that was leased as it was made.
void readRestOfFresh(ByteReader& reader, MessageModel& m) {
  m.age0 = m.due = m.entryDue = reader.i64();
  m.content.occurred = reader.i64();
  m.content.winner = m.content.upto;
  m.windowDue = reader.i64();
  readTail(reader, m.content);
}

bool readText(const std::string& name, const std::string& value, EndpointModel& endpoint) {
  if (name == "paused") endpoint.paused = value;
  if (name == "error") endpoint.error = value;
  if (name == "blocked") endpoint.own.blocked = value;
  if (name == "filter") endpoint.filter = readFilter(value);
  return name == "paused" || name == "error" || name == "blocked" || name == "filter";
}

void readNumber(const std::string& name, std::int64_t n, EndpointModel& endpoint) {
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

void readLaneNumber(const std::string& name, std::int64_t n, EndpointModel& endpoint) {
  auto& own = endpoint.own;
  if (name == "lanes") endpoint.kind = static_cast<Kind>(n);
  if (name == "stop") own.stop = n != 0;
  if (name == "attemptedAt") own.attemptedAt = n;
  if (name == "turned") own.turned = n;
  if (name == "toldFrom") own.toldFrom = static_cast<std::uint64_t>(n);
  if (name == "toldTo") own.toldTo = static_cast<std::uint64_t>(n);
  if (name == "full") own.full = n != 0;
  if (name == "draining") own.draining = n != 0;
  if (name == "missed") own.missed = static_cast<std::uint64_t>(n);
  if (name == "missedFirst") own.missedFirst = static_cast<std::uint64_t>(n);
  if (name == "missedLast") own.missedLast = static_cast<std::uint64_t>(n);
}

}  // namespace

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

WindowModel readWindow(std::string_view packed) {
  ByteReader reader(packed);
  reader.u8();
  WindowModel window;
  window.first = reader.i64();
  reader.i64();  // when its latest event was accepted: only the index of changes needs it
  window.firstSequence = reader.u64();
  window.content.upto = reader.u64();
  window.content.events = reader.u32();
  window.content.occurred = reader.i64();
  window.content.winner = reader.u64();
  window.facts = readFacts(reader.text16());
  readTail(reader, window.content);
  return window;
}

StreamEvent readStreamEvent(std::string_view packed) {
  ByteReader reader(packed);
  reader.u8();
  StreamEvent event;
  event.sequence = reader.u64();
  event.admitted = reader.i64();
  event.occurred = reader.i64();
  event.changeType = reader.u32();
  event.item = reader.text16();
  event.trace = reader.text16();
  event.payload = reader.text32();
  return event;
}

MessageModel readMessage(std::string_view packed, bool& leased) {
  ByteReader reader(packed);
  constexpr auto kFresh = 5;
  const bool isFresh = reader.u8() == kFresh;
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
  if (isFresh) {
    readRestOfFresh(reader, m);
  } else {
    readRest(reader, m);
  }
  return m;
}

std::vector<AttemptMark> readMarks(const std::string& packed) {
  std::vector<AttemptMark> marks;
  for (const auto& attempt : redis::readHistory(packed, "").attempts)
    marks.push_back({attempt.attempt, static_cast<int>(attempt.outcome), attempt.code.value_or(0),
                     static_cast<int>(attempt.failure)});
  return marks;
}

LetterModel readLetter(std::string_view packed) {
  ByteReader reader(packed);
  reader.u8();
  LetterModel letter;
  letter.number = reader.u64();
  letter.death = reader.u64();
  letter.reason = reader.u8();
  letter.status = reader.u16();
  letter.failure = reader.u8();
  letter.deadAt = reader.i64();
  letter.supersededAt = reader.i64();
  letter.error = reader.text16();
  bool leased = false;
  letter.message = readMessage(reader.text32(), leased);
  letter.history = readMarks(std::string(reader.text32()));
  return letter;
}

std::uint64_t readState(const Reply& fields, EndpointModel& endpoint) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2) {
    const auto& name = fields.items[i].text;
    const auto& value = fields.items[i + 1].text;
    if (readText(name, value, endpoint)) continue;
    if (name.starts_with("since:")) {
      endpoint.own.since[static_cast<std::uint32_t>(number(name.substr(6)))] =
          static_cast<std::uint64_t>(number(value));
    } else if (name == "bytes") {
      bytes = static_cast<std::uint64_t>(number(value));
    } else {
      readNumber(name, number(value), endpoint);
      readLaneNumber(name, number(value), endpoint);
    }
  }
  return bytes;
}

}  // namespace lull::model
