#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/message.hpp>
#include <lull/domain/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lull::ports {

/// What a mailbox takes: the events of one change type that have this scope, or all of them.
struct Subscription {
  std::uint32_t changeType = 0;  ///< one bit of the catalogue
  std::string scope{};           ///< empty: any scope, and events without one
  auto operator<=>(const Subscription&) const = default;
};

struct MailboxView {
  EndpointId id;
  std::string name;
  std::vector<Subscription> subscriptions;  ///< by change type, then by scope
  bool created = false;                     ///< by this call
};

/// A message that waits for its client.
struct MailboxMessage {
  std::string id;  ///< names the message in its mailbox, and stays the same until it is confirmed
  Message message;
  Instant enqueuedAt;  ///< when its event was accepted
};

struct Glance {
  std::uint64_t count = 0;             ///< messages in the mailbox, locked ones included
  std::optional<MailboxMessage> next;  ///< the oldest one that is not locked
};

struct LockedMessage {
  MailboxMessage message;
  std::string lockId;  ///< cannot be guessed; a secret of the client that holds the lock
  Instant lockedUntil;
};

/// Who calls: only mailboxes that this owner (auth::Principal::scope) registered exist for it; absent: all do.
using MailboxOwner = std::optional<std::string>;

/// The mailboxes, as their clients see them. Every call is one atomic step in the store, counts as a sign of life of
/// the mailbox (Mailboxes:IdleExpiry), and is NotFound for a mailbox that does not exist, or not for this owner.
/// Thread-safe.
class Mailboxes {
 public:
  virtual ~Mailboxes() = default;
  /// Registers a mailbox without subscriptions, or returns the one of that name and owner. Conflict when there are as
  /// many endpoints as Limits:Endpoints allows.
  virtual Result<MailboxView> enrol(const std::string& name, const std::string& owner) = 0;
  virtual Result<MailboxView> view(const EndpointId& id, const MailboxOwner& owner) = 0;
  /// Removes the mailbox with its messages; its dead letters stay.
  virtual Status remove(const EndpointId& id, const MailboxOwner& owner) = 0;
  /// From now on the mailbox takes such events. Nothing changes when it does already.
  virtual Status subscribe(const EndpointId& id, const MailboxOwner& owner, const Subscription& subscription) = 0;
  /// Cancels the waiting and locked messages that no other subscription of the mailbox would have taken. Nothing
  /// changes when there is no such subscription.
  virtual Status unsubscribe(const EndpointId& id, const MailboxOwner& owner, const Subscription& subscription) = 0;
  /// Locks nothing. A mailbox that an operator has paused shows no next message.
  virtual Result<Glance> peek(const EndpointId& id, const MailboxOwner& owner) = 0;
  /// Locks a message for `duration`. Conflict while it is locked, or the mailbox is paused by an operator; NotFound
  /// when there is no such message.
  virtual Result<LockedMessage> lock(const EndpointId& id, const MailboxOwner& owner, const std::string& messageId,
                                     Millis duration) = 0;
  /// Removes a locked message, which counts as delivered. Conflict when the lock has run out or is another one;
  /// NotFound when there is no such message.
  virtual Status confirm(const EndpointId& id, const MailboxOwner& owner, const std::string& messageId,
                         const std::string& lockId) = 0;
};

/// What a mailbox holds, for clients that wait. Thread-safe.
class MailboxLooks {
 public:
  virtual ~MailboxLooks() = default;
  /// As Mailboxes::peek() for each of them, whoever owns it, in their order and in few round trips. They are not of one
  /// moment.
  virtual std::vector<Result<Glance>> look(const std::vector<EndpointId>& ids) = 0;
};

/// A mailbox that was removed because its client has not called for too long.
struct ForgottenMailbox {
  EndpointId id;
  std::string name;
  std::uint64_t messages = 0;  ///< cancelled with it
};

/// What time does to mailboxes. Any number of processes may call it. Thread-safe.
class MailboxUpkeep {
 public:
  virtual ~MailboxUpkeep() = default;
  /// Messages whose locks have run out by `now` wait again in their old places; one that was locked
  /// Mailboxes:MaxReceives times becomes a dead letter. Returns when the next lock runs out; nothing: there is none.
  virtual Result<std::optional<Instant>> endLocks(Instant now) = 0;
  /// Removes some of the mailboxes whose clients have not called for Mailboxes:IdleExpiry.
  virtual Result<std::vector<ForgottenMailbox>> forgetIdle(Instant now) = 0;
};

/// Mailboxes that a client may be waiting for. Notices are sent when they get messages, but a notice may be lost.
/// Thread-safe.
class MailboxNews {
 public:
  virtual ~MailboxNews() = default;
  struct Since {
    std::uint64_t mark = 0;       ///< to be passed to the next call
    std::vector<EndpointId> ids;  ///< that got an unlocked message, or were removed, since the mark
    bool all = false;             ///< the mark is of another store, or of the beginning: any mailbox may have
  };
  /// Reads only; costs the same however many mailboxes there are.
  virtual Result<Since> since(std::uint64_t mark) = 0;
};

}  // namespace lull::ports
