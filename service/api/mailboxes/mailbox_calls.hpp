#pragma once

#include "call.hpp"
#include "mailboxes/waiting_peek.hpp"

#include <lull/domain/change_type.hpp>
#include <lull/mailboxes/polls.hpp>
#include <lull/ports/channel.hpp>
#include <lull/ports/mailboxes.hpp>

#include <cstdint>
#include <string>

namespace lull::api {

/// A mailbox, and who asks for it.
struct MailboxAsked {
  EndpointId id;
  ports::MailboxOwner owner;
};

/// Which subscription of it; `topic` is the name of a change type.
struct TopicAsked {
  std::string topic;
  std::string scope;  ///< empty: any
};

/// A message that its client has locked.
struct ReceivedMessage {
  ports::LockedMessage locked;
  std::string topic;
  std::string body;  ///< JSON text
};

/// What clients may do with mailboxes. Both faces, the classic calls and the REST ones, are thin layers over these.
struct MailboxCalls {
  ports::Mailboxes& store;
  lull::mailboxes::Polls& polls;
  const ports::Channel& channel;  ///< knows the body of a message
  const Catalogue& catalogue;

  Result<ports::MailboxView> enrol(const std::string& name, const std::string& owner) const;
  Result<ports::MailboxView> view(const MailboxAsked& mailbox) const;
  Status remove(const MailboxAsked& mailbox) const;
  /// NotFound also for a topic that is not in the catalogue.
  Status subscribe(const MailboxAsked& mailbox, const TopicAsked& asked) const;
  /// The topic may be one that the catalogue has lost, by the name that it is shown with.
  Status unsubscribe(const MailboxAsked& mailbox, const TopicAsked& asked) const;
  /// Answers in `form`, at once when there is a message or `wait` is zero, else later.
  Result<http::Response> peek(Call& call, const MailboxAsked& mailbox, Millis wait, GlanceForm form) const;
  Result<ReceivedMessage> lock(const MailboxAsked& mailbox, const std::string& messageId, Millis duration) const;
  Status confirm(const MailboxAsked& mailbox, const std::string& messageId, const std::string& lockId) const;

  std::string topicOf(const ports::Subscription& subscription) const {
    return catalogue.nameOf(subscription.changeType);
  }
  std::string topicOf(const ports::MailboxMessage& one) const { return catalogue.nameOf(one.message.key.changeType); }
};

/// NotFound for a name that is not the name of a change type; else its bit.
Result<std::uint32_t> topicNamed(const Catalogue& catalogue, const std::string& name);

}  // namespace lull::api
