#pragma once

#include "model/coverage_filters.hpp"
#include "model/state.hpp"

#include <lull/domain/event.hpp>
#include <lull/domain/message.hpp>
#include <lull/ports/departures.hpp>
#include <lull/ports/queue.hpp>
#include <lull/ports/registry.hpp>

#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace lull::model {

/// The settings that the state machine depends on, milliseconds.
struct Rules {
  Ms interval = 5000;
  Ms maxWait = 12'000;
  Ms idempotencyWindow = 600'000;
  Ms firstRetryDelay = 5000;
  Ms maxAge = 3'600'000;
  Ms probe = 10'000;
  Ms maxProbe = 35'000;
  std::uint32_t breakerFailures = 2;
  std::uint64_t maxLetters = 100;
  std::uint64_t maxQueued = 1'000'000;  ///< of an endpoint that takes every event
  std::uint64_t maxQueuedBytes = std::uint64_t{1} << 30;
  std::size_t fanMessages = 1000;  ///< of one fan-out
};

/// A claim that the scripts must hand out.
struct ExpectedClaim {
  EndpointName endpoint;
  KeyName key;
  MessageModel message;  ///< after the claim
  Ms lease = 0;
  bool probe = false;
  bool poisoned = false;
  bool expired = false;
  bool takenOver = false;
  bool toBeSent() const { return !poisoned && !expired; }
};

/// What becomes of the message that a due window makes at a debounced endpoint; of several reasons the first one
/// counts.
enum class Departure : std::uint8_t {
  Leased,  ///< to whoever fired the window
  Paused,
  Parked,
  Open,  ///< the breaker
  Swept,
  LeaseLost,   ///< someone has to take over first
  DueEarlier,  ///< something else of the endpoint
  Queued,      ///< its key is: there is a message to merge into
  Full,
  NoPermit,
  Held,  ///< the window stays, because there is no room
};
inline constexpr std::size_t kDepartures = static_cast<std::size_t>(Departure::Held) + 1;

struct FireCount {
  std::uint64_t windows = 0;
  std::uint64_t messages = 0;
  bool held = false;
  std::vector<ExpectedClaim> leased;  ///< in the order of endpoints
  std::array<std::uint64_t, kDepartures> departures{};
};

/// An event that an endpoint misses because its queue is full.
struct MissedEvent {
  EndpointName endpoint;
  KeyName item;
  std::uint64_t sequence = 0;
};
struct FanCount {
  std::uint64_t messages = 0;
  std::uint32_t unnamed = 0;
  std::vector<MissedEvent> missed;
};

/// What a registration says of the endpoint's attempts, where it has values of its own.
struct AttemptLimits {
  std::optional<std::uint32_t> inFlight{};
  std::optional<Ms> timeout{};
};

/// What an edit makes of an endpoint.
struct Change {
  std::uint32_t mask = 0;
  bool enabled = true;
  Kind kind = Kind::Debounced;
  bool stop = false;
  ports::Resume resume = ports::Resume::IfPaused;
  AttemptLimits limits{};
  Filter filter{};
};

/// Which letters an operator's call is about.
struct LetterName {
  EndpointName endpoint;
  KeyName key;
};
struct RetryCount {
  std::uint64_t retried = 0;
  std::uint64_t skipped = 0;
};

/// The life of an event in memory, written from docs/design.md ("The pipeline", "The states of a message"). Every
/// function is one step at `now`. Not thread-safe.
class Reference {
 public:
  explicit Reference(Rules rules) : rules_(rules) {}

  const State& state() const { return state_; }
  const Rules& rules() const { return rules_; }

  /// Sequences as the receipt lists them; `repeats` counts events whose id was kept.
  std::vector<std::uint64_t> admit(Ms now, const std::vector<Event>& events, const std::string& scope,
                                   std::uint32_t& repeats);
  FireCount fire(Ms now, const ports::Permits& permits);
  FanCount fan(Ms now, std::uint32_t bits);
  std::uint64_t flush(Ms now, const KeyName& only);  ///< empty: all

  std::vector<ExpectedClaim> claim(Ms now, const std::vector<ports::ClaimLimit>& limits, std::uint32_t most);
  std::optional<std::uint64_t> renew(Ms now, const Claim& claim, Ms lease, bool alone);
  ports::SettleOutcome settle(Ms now, const std::vector<ports::Settlement>& settlements);

  void create(Ms now, const EndpointName& id, const Change& as);
  /// False: it would change how its messages stand in line although it holds some, or some are on their way.
  bool replace(Ms now, const EndpointName& id, const Change& change);
  void remove(Ms now, const EndpointName& id);

  RetryCount retryLetters(Ms now, const std::vector<LetterName>& letters, bool supersededToo);
  void removeLetters(const std::vector<LetterName>& letters, const std::string& why);
  /// Retention also forgets the last retries of groups that are empty.
  void forgetRetries(Ms now);

  /// Makes messages of the keys that are `chosen` due; only an operator who wants all to be tried clears park and
  /// breaker. Keys are those of items.
  std::optional<std::uint64_t> retryQueue(Ms now, const EndpointName& id,
                                          const std::function<bool(const KeyName&)>& chosen, bool all);
  std::uint64_t purgeQueue(Ms now, const EndpointName& id, const KeyName& onlyItem);  ///< empty: all
  /// Only the message itself, not its successor.
  void purgeMessage(Ms now, const EndpointName& id, const KeyName& key);

  /// Redis came back with another run id: what a lost tail of its log may have issued is not issued again.
  void restart();

  /// By the last claim.
  const std::set<EndpointName>& visited() const { return visited_; }
  const AttemptLimits& limitsOf(const EndpointName& id) const { return limits_.at(id); }
  /// When claim() could first give something for this endpoint; nothing while it is paused or has nothing.
  std::optional<Ms> nextClaim(Ms now, const EndpointName& id) const;
  std::uint64_t pending() const;
  /// All that were accepted, by their sequences.
  const std::map<std::uint64_t, Event>& events() const { return events_; }
  /// Whether the endpoint subscribes to the message's change type, and in a lane its filter lets it pass.
  bool isWanted(const EndpointModel& endpoint, const KeyName& key, const MessageModel& message) const;
  const FilterCoverage& verdicts() const { return verdicts_; }

 private:
  /// What one endpoint gives in a claim.
  struct Visit {
    EndpointModel& endpoint;
    std::vector<ExpectedClaim>& claims;
    std::uint64_t room = 0;   ///< most claims
    std::uint64_t sends = 0;  ///< of them, most that are to be sent
    bool open = false;
    std::uint64_t taken = 0;
    std::uint64_t sent = 0;
  };
  /// Whether new messages of an endpoint may go at once.
  struct Room {
    std::optional<Departure> shut;  ///< why none may
    std::uint64_t live = 0;         ///< leases it has
    std::uint64_t most = 0;         ///< and may have
    std::uint64_t windows = 0;      ///< of the call, that are for it
    std::uint64_t places() const { return shut || most < live + windows ? 0 : most - live - windows; }
    /// It has room, and less than a quarter of the leases that it may have.
    bool runsOutOfWork() const { return places() > 0 && 4 * (live + windows) < most; }
  };
  using Fired = std::vector<std::pair<KeyName, WindowModel>>;
  void count(const std::string& name, std::uint64_t by = 1);

  // reference_fire.cpp
  std::uint64_t mostInFlight(const EndpointName& id, const ports::Permits& permits) const;
  Room roomOf(const EndpointName& id, const ports::Permits& permits, Ms now) const;
  Fired windowsToFire(const ports::Permits& permits, Ms now, FireCount& fired) const;
  void fireAt(const EndpointName& id, const Fired& windows, const ports::Permits& permits, Ms now, FireCount& fired);
  void forgetTurned(const Fired& windows, Ms now);
  Ms activeClock(const EndpointModel& endpoint, Ms now) const;
  void queue(EndpointModel& endpoint, const KeyName& key, const Content& content, Ms windowDue, Ms now);
  void makeDue(EndpointModel& endpoint, MessageModel& message, Ms now) const;
  std::uint64_t retryOrder(Ms now, const EndpointName& id, const std::function<bool(const KeyName&)>& chosen,
                           bool aside, bool all);
  void mergeWaiting(MessageModel& waiting, const MessageModel& newer, Ms now) const;
  void visit(Ms now, const ports::ClaimLimit& limit, std::uint32_t most, std::vector<ExpectedClaim>& claims);
  bool give(Ms now, const ports::ClaimLimit& limit, const KeyName& key, Visit& visit);
  void endTombstones(EndpointModel& endpoint, Ms now, std::uint32_t most);
  bool takeOver(SlotModel& slot, Ms now) const;
  void sweep(EndpointModel& endpoint, Ms now) const;
  void closeBreaker(EndpointModel& endpoint, Ms now) const;
  void pause(EndpointModel& endpoint, const std::string& reason, Ms now);
  void lives(EndpointModel& endpoint, Ms now) const;
  void giveProbeBack(EndpointModel& endpoint, const ports::Settlement& by, Ms now) const;
  void judge(EndpointModel& endpoint, const ports::Settlement& by, Ms now) const;
  void promoteSuccessor(EndpointModel& endpoint, const KeyName& key, Ms now);
  void backToWaiting(EndpointModel& endpoint, const KeyName& key, Ms due, Ms now);
  void undoClaim(MessageModel& message) const;
  void complete(EndpointModel& endpoint, const ports::Settlement& by, Ms now);
  void reschedule(EndpointModel& endpoint, const ports::Settlement& by, Ms now);
  void setAside(EndpointModel& endpoint, const ports::Settlement& by, Ms now);
  void park(EndpointModel& endpoint, const ports::Settlement& by, Ms now);
  void bury(EndpointModel& endpoint, const ports::Settlement& by, Ms now);
  bool revive(EndpointModel& endpoint, const KeyName& key, const LetterModel& letter, Ms now);
  std::uint64_t cancel(EndpointModel& endpoint, const KeyName& key, Ms now);
  void resume(EndpointModel& endpoint, Ms now);

  // reference_filters.cpp
  void learn(WindowModel& window, const Event& event, bool opened) const;
  bool lets(const EndpointModel& endpoint, const WindowModel& window, Judged where);
  bool lets(const EndpointModel& endpoint, const StreamEvent& event);
  Verdict verdictOf(const EndpointModel& endpoint, const MessageModel& message) const;
  /// isWanted, counted.
  bool wants(const EndpointModel& endpoint, const KeyName& key, const MessageModel& message, Judged where);
  void keepFilter(EndpointModel& endpoint, const Change& as);

  // reference_lanes.cpp
  bool mayTake(const EndpointModel& endpoint, const StreamEvent& event) const;
  void miss(EndpointModel& endpoint, const StreamEvent& event, bool drains) const;
  bool drains(EndpointModel& endpoint) const;
  void bringForward(EndpointModel& endpoint, Ms now) const;
  void append(EndpointModel& endpoint, std::uint64_t position, MessageModel message, Ms now);
  /// The message or tombstone under `key` has left its lane.
  void follow(EndpointModel& endpoint, const KeyName& key, Ms now);
  void giveOpenWindows(EndpointModel& endpoint, const Fired& fired, Ms now);
  void changeLanes(EndpointModel& endpoint, const Change& change, Ms now);
  void takeEvery(EndpointModel& endpoint, std::uint32_t fresh);
  void purgeInLane(EndpointModel& endpoint, const KeyName& key, Ms now);
  void noteRetried(std::uint64_t number, const std::vector<std::string>& groups, Ms now);
  void noteFailedAgain(const EndpointName& id, const KeyName& key, const MessageModel& message);
  bool reviveInLane(EndpointModel& endpoint, const KeyName& key, MessageModel message, Ms now);

  using KeptName = std::tuple<std::string, std::string, std::string, KeyName>;  // scope, id, type, item
  struct KeptId {
    std::uint64_t sequence = 0;
    Ms until = 0;
  };
  const Rules rules_;
  State state_;
  std::map<KeptName, KeptId> ids_;
  std::map<std::uint64_t, Event> events_;
  FilterCoverage verdicts_;
  std::map<EndpointName, AttemptLimits> limits_;
  std::set<EndpointName> visited_;
  std::map<EndpointName, Ms> full_;  // nothing more may be claimed until a lease ends, as the claim of then found
};

std::uint32_t changeTypeOf(const KeyName& item);
/// What a message is about.
KeyName itemOf(const KeyName& key, const MessageModel& message);

/// How groups of dead letters are stored (lib/group.lua, lib/retried.lua): a letter's cause, its member in the sorted
/// set of groups, and the names under which the last retry of its groups is noted.
std::string causeOf(const LetterModel& letter);
std::string groupMember(const EndpointName& id, const KeyName& key, const LetterModel& letter);
std::vector<std::string> groupsOf(const EndpointName& id, const std::string& cause, std::uint32_t changeType);
/// Whether one of its leases has run out.
bool hasLostLease(const EndpointModel& endpoint, Ms now);
std::uint64_t liveLeases(const EndpointModel& endpoint, Ms now);
/// The message as a claim leaves it.
void startAttempt(MessageModel& message, std::uint64_t token, Ms leasedUntil);
/// Whether the message stands behind the head of its lane.
bool isBehind(const EndpointModel& endpoint, const KeyName& key);
/// Whether it waits in the queue: not leased, not behind, not set aside.
bool isQueued(const EndpointModel& endpoint, const KeyName& key, const MessageModel& message);
/// The last error that an endpoint shows after this attempt.
std::string errorOf(const ports::Settlement& settlement);

}  // namespace lull::model
