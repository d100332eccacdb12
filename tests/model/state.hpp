#pragma once

#include <lull/domain/filter.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// The whole observable state of one shard, as plain values. The reference holds one and changes it; observe() reads
/// one out of Redis. Both must be equal after every step.
namespace lull::model {

using Ms = std::int64_t;
using EndpointName = std::string;
using KeyName = std::string;  ///< MessageKey::packed(); of windows and debounced endpoints ItemKey::packed()

/// What a window or a message carries.
struct Content {
  std::uint64_t upto = 0;
  std::uint64_t events = 0;
  Ms occurred = 0;           ///< of the event that gave the payload
  std::uint64_t winner = 0;  ///< its sequence
  std::string trace;
  std::string payload;
  bool operator==(const Content&) const = default;
};

/// What filters judge a window by: that of all its events together. There may have been others of a kind when there
/// were too many, or when some event did not say what it changed.
struct FactsModel {
  std::set<Operation> operations;
  std::set<std::string> types;
  std::set<std::string> scopes;
  std::set<std::string> fields;
  bool anyType = false;
  bool anyScope = false;
  bool anyField = false;
  bool operator==(const FactsModel&) const = default;
};

struct WindowModel {
  Ms first = 0;
  std::uint64_t firstSequence = 0;
  Ms due = 0;
  std::optional<FactsModel> facts;  ///< absent: no endpoint had a filter when it was opened
  Content content;
  bool operator==(const WindowModel&) const = default;
};

struct MessageModel {
  Content content;
  std::uint64_t idSequence = 0;  ///< what its webhook-id is made of
  bool attempted = false;
  bool attemptedBefore = false;  ///< leased only: attempted before the claim
  std::uint64_t attempts = 0;
  std::uint64_t losses = 0;
  bool lostAlone = false;   ///< with losses only: the last one was of a lease that was alone in its process
  bool alone = false;       ///< leased only
  std::uint64_t token = 0;  ///< leased only
  Ms firstFailed = 0;
  Ms age0 = 0;  ///< the endpoint's active clock when its newest content was queued
  Ms due = 0;
  int place =
      0;  ///< waiting only: among those of one due time, before the ones at 0 that have none; in 4096ths of a ms
  Ms windowDue = 0;
  std::uint64_t step = 0;  ///< entries of the retry schedule that are used up
  Ms entryDue = 0;         ///< when the schedule wants the next attempt
  std::optional<Ms> leasedUntil;
  KeyName item;         ///< in lanes only: what it is about
  bool replay = false;  ///< sent out of its order
  bool aside = false;   ///< its receiver set it aside
  std::string origin;   ///< which retry revived it, and from which cause
  bool operator==(const MessageModel&) const = default;
};

struct AttemptMark {
  std::uint64_t attempt = 0;
  int outcome = 0;
  int status = 0;
  int failure = 0;
  bool operator==(const AttemptMark&) const = default;
};

/// What is queued for one (endpoint, key).
struct SlotModel {
  MessageModel message;
  std::optional<MessageModel> successor;
  std::vector<AttemptMark> history;
  bool operator==(const SlotModel&) const = default;
};

/// How the messages of an endpoint stand in line, as the scripts number it.
enum class Kind : std::uint8_t { Debounced, Item, Endpoint, Each };

/// A lease whose message was purged.
struct Tombstone {
  std::uint64_t token = 0;
  Ms leasedUntil = 0;
  bool operator==(const Tombstone&) const = default;
};

/// What only endpoints that take every event have.
struct LanesModel {
  std::map<std::string, std::deque<KeyName>> lanes;  ///< the first of each is its head, or a tombstone
  std::map<KeyName, Tombstone> tombstones;
  std::map<std::uint32_t, std::uint64_t> since;  ///< bit → the sequence after which it takes events
  bool stop = false;
  KeyName blocked;  ///< the message that may not be buried
  Ms attemptedAt = 0;
  Ms turned = 0;               ///< when it stopped being debounced, while windows of that time may be open
  std::uint64_t toldFrom = 0;  ///< it is, or was, told of every event behind this sequence
  std::uint64_t toldTo = 0;    ///< and up to this one; 0: it still is
  bool full = false;
  bool draining = false;  ///< resumed after it was full: takes nothing until its queue is a tenth shorter
  std::uint64_t missed = 0, missedFirst = 0, missedLast = 0;
  bool operator==(const LanesModel&) const = default;
};

struct EndpointModel {
  Kind kind = Kind::Debounced;
  LanesModel own;
  std::uint32_t mask = 0;
  Filter filter;
  std::string paused;
  Ms pausedSince = 0;
  Ms pausedTotal = 0;
  Ms gate = 0;
  std::uint64_t ramp = 0;  ///< most in flight after a park; 0: up to the endpoint's limit
  Ms openUntil = 0;
  Ms openStep = 0;
  std::uint64_t fails = 0;   ///< in a row, as the breaker counts
  std::uint64_t streak = 0;  ///< in a row, as an operator is shown
  Ms sweep = 0;
  std::uint64_t version = 0;
  Ms success = 0;
  std::string error;
  std::uint64_t logged = 0;
  std::map<KeyName, SlotModel> queue;
  bool operator==(const EndpointModel&) const = default;
};

struct LetterModel {
  std::uint64_t number = 0;
  std::uint64_t death = 0;  ///< number of its last death
  int reason = 0;
  int status = 0;
  int failure = 0;  ///< FailureClass
  std::string error;
  Ms deadAt = 0;
  Ms supersededAt = 0;
  MessageModel message;
  std::vector<AttemptMark> history;
  bool operator==(const LetterModel&) const = default;
};

/// An accepted event that waits to be given to endpoints that take every one.
struct StreamEvent {
  std::uint64_t sequence = 0;
  Ms admitted = 0;
  Ms occurred = 0;
  std::uint32_t changeType = 0;
  KeyName item;
  std::string trace;
  std::string payload;
  bool operator==(const StreamEvent&) const = default;
};

struct State {
  std::uint64_t sequence = 0;
  std::uint64_t token = 0;
  std::uint64_t letterNumber = 0;
  std::uint64_t revision = 0;
  Ms lastFire = 0;
  Ms lastFan = 0;
  std::uint32_t every = 0x7FFFFFFF;  ///< bits whose events go into the stream
  std::uint32_t filtered = 0;        ///< bits whose windows say what filters are judged by
  EndpointName fanAt;                ///< the last endpoint that got the first event of the stream; empty: none did
  std::deque<StreamEvent> stream;
  std::map<KeyName, WindowModel> windows;
  std::map<EndpointName, EndpointModel> endpoints;
  std::map<EndpointName, std::map<KeyName, LetterModel>> letters;
  std::map<std::string, std::uint64_t> counters;
  std::map<std::string, std::string> retried;  ///< group → its last retry, as it is stored
  bool operator==(const State&) const = default;
};

/// One line per fact, for a person who compares two of them.
std::vector<std::string> describe(const State& state);
/// The lines that differ, "-" expected and "+" found; empty when they are equal.
std::string difference(const State& expected, const State& found);

}  // namespace lull::model
