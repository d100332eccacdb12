#pragma once

#include <string>
#include <vector>

namespace lull::interleavings {

/// The state of one (endpoint, item) before the operation.
enum class State {
  None,
  Paused,            ///< nothing is queued, the endpoint is paused
  ParkedIdle,        ///< event 1 was answered with 429 and Retry-After, and purged: the endpoint is parked for a minute
  WaitingNew,        ///< event 1 queued, never attempted
  WaitingAttempted,  ///< event 1 failed once, its next attempt is due in a minute
  Parked,            ///< event 1 was answered with 429 and Retry-After: its endpoint is parked for a minute
  Leased,            ///< event 1 on its way
  LeasedSuccessor,   ///< event 1 on its way, event 2 behind it
  Dead,              ///< event 1 buried
  DeadWaiting,       ///< event 1 buried, event 2 queued
  DeadLeased,        ///< event 1 buried, event 2 on its way
  Superseded,        ///< event 1 buried, event 2 delivered
  DeadRetrying,      ///< event 1 buried, event 2 failed once, its next attempt is due in a minute
  // Of an endpoint that takes every event, all in one lane:
  Behind,     ///< event 1 on its way, event 2 behind it
  SetAside,   ///< event 1 was set aside by its receiver for a minute
  Tombstone,  ///< event 1 was purged on its way, event 2 behind it
};

enum class Op {
  NewerEvent,
  EventAtOnce,       ///< a newer event whose window is fired with permits
  RetryLetter,       ///< the letter there is, alone
  RetryLetters,      ///< all, superseded ones included
  PurgeLetter,       ///< the letter there is, alone
  PurgeLetters,      ///< all
  ExpireLetters,     ///< retention
  PurgeSeenLetter,   ///< a purge that saw the letter before the next event came and, if it could be claimed, died
  PurgeSeenMessage,  ///< queue/purge of the webhook-id that was there before the next event came
  PurgeQueue,
  RetryQueue,
  Pause,
  Resume,       ///< paused, and resumed an hour later
  Unsubscribe,  ///< the bit is removed from changeTypes
  Delete,
  LeaseExpiry,  ///< 30 s pass (a lease is 25 s), and whoever comes claims
  LateSettle,   ///< 30 s pass, then the sender's success is settled before anyone else claimed
  StaleSettle,  ///< the same after someone else claimed
  SettleNext,   ///< the sender's success is settled in time, and in the same call what is next is claimed
};

struct Row {
  State state;
  Op op;
  std::string answer;  ///< what the caller is told
  std::string after;   ///< what is stored then; tries are attempts counted, "due": may be sent now, unless it is parked
  std::string counted;  ///< what the counters of I8 grew by
  std::string next;     ///< what a claim hands out 30 s later, when any lease has run out
};

/// Every state × every operation.
const std::vector<Row>& table();
std::vector<State> allStates();
std::vector<Op> allOps();
std::string nameOf(State state);
std::string nameOf(Op op);
/// The row in one line, so that two of them can be compared.
std::string textOf(const Row& row);

}  // namespace lull::interleavings
