#pragma once

#include "model/state.hpp"

#include <lull/domain/event.hpp>
#include <lull/domain/message.hpp>
#include <lull/ports/queue.hpp>
#include <lull/ports/registry.hpp>

#include <functional>
#include <map>
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
};

/// A claim that the scripts must hand out.
struct ExpectedClaim {
  EndpointName endpoint;
  KeyName key;
  MessageModel message;  ///< after the claim
  bool probe = false;
  bool poisoned = false;
  bool expired = false;
  bool takenOver = false;
  bool toBeSent() const { return !poisoned && !expired; }
};

struct FireCount {
  std::uint64_t windows = 0;
  std::uint64_t messages = 0;
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
  FireCount fire(Ms now);
  std::uint64_t flush(Ms now, const KeyName& only);  ///< empty: all

  std::vector<ExpectedClaim> claim(Ms now, const std::vector<ports::ClaimLimit>& limits, std::uint32_t most);
  std::optional<std::uint64_t> renew(Ms now, const Claim& claim, Ms lease, bool alone);
  ports::SettleOutcome settle(Ms now, const std::vector<ports::Settlement>& settlements);

  void create(Ms now, const EndpointName& id, std::uint32_t mask, bool enabled);
  void replace(Ms now, const EndpointName& id, std::uint32_t mask, bool enabled, ports::Resume resume);
  void remove(const EndpointName& id);

  RetryCount retryLetters(Ms now, const std::vector<LetterName>& letters, bool supersededToo);
  void removeLetters(const std::vector<LetterName>& letters, const std::string& why);

  /// Makes messages of the keys that are `chosen` due; only an operator who wants all to be tried clears park and
  /// breaker.
  std::uint64_t retryQueue(Ms now, const EndpointName& id, const std::function<bool(const KeyName&)>& chosen, bool all);
  std::uint64_t purgeQueue(const EndpointName& id, const KeyName& only);  ///< empty: all
  /// Only the message itself, not its successor.
  void purgeMessage(const EndpointName& id, const KeyName& key);

  /// Redis came back with another run id: what a lost tail of its log may have issued is not issued again.
  void restart();

  /// When claim() could first give something for this endpoint; nothing while it is paused or has nothing.
  std::optional<Ms> nextClaim(Ms now, const EndpointName& id) const;
  std::uint64_t pending() const;

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
  void count(const std::string& name, std::uint64_t by = 1);
  Ms activeClock(const EndpointModel& endpoint, Ms now) const;
  void queue(EndpointModel& endpoint, const KeyName& key, const Content& content, Ms windowDue, Ms now);
  void makeDue(EndpointModel& endpoint, MessageModel& message, Ms now) const;
  void mergeWaiting(MessageModel& waiting, const MessageModel& newer, Ms now) const;
  void visit(Ms now, const ports::ClaimLimit& limit, std::uint32_t most, std::vector<ExpectedClaim>& claims);
  bool give(Ms now, const ports::ClaimLimit& limit, const KeyName& key, Visit& visit);
  bool takeOver(SlotModel& slot, Ms now) const;
  void sweep(EndpointModel& endpoint, Ms now) const;
  void closeBreaker(EndpointModel& endpoint, Ms now) const;
  void pause(EndpointModel& endpoint, const std::string& reason, Ms now);
  void lives(EndpointModel& endpoint, Ms now) const;
  void giveProbeBack(EndpointModel& endpoint, const ports::Settlement& by, Ms now) const;
  void judge(EndpointModel& endpoint, const ports::Settlement& by, Ms now) const;
  void promoteSuccessor(EndpointModel& endpoint, const KeyName& key);
  void backToWaiting(EndpointModel& endpoint, const KeyName& key, Ms due, Ms now);
  void undoClaim(MessageModel& message) const;
  void complete(EndpointModel& endpoint, const ports::Settlement& by, Ms now);
  void reschedule(EndpointModel& endpoint, const ports::Settlement& by, Ms now);
  void park(EndpointModel& endpoint, const ports::Settlement& by, Ms now);
  void bury(EndpointModel& endpoint, const ports::Settlement& by, Ms now);
  void revive(EndpointModel& endpoint, const KeyName& key, const LetterModel& letter, Ms now);
  std::uint64_t cancel(EndpointModel& endpoint, const KeyName& key);

  using KeptName = std::tuple<std::string, std::string, std::string, KeyName>;  // scope, id, type, item
  struct KeptId {
    std::uint64_t sequence = 0;
    Ms until = 0;
  };
  const Rules rules_;
  State state_;
  std::map<KeptName, KeptId> ids_;
  std::map<EndpointName, Ms> full_;  // nothing more may be claimed until a lease ends, as the claim of then found
};

std::uint32_t changeTypeOf(const KeyName& key);
/// The last error that an endpoint shows after this attempt.
std::string errorOf(const ports::Settlement& settlement);

}  // namespace lull::model
