#include "mailboxes/mailbox_calls.hpp"

#include "input_errors.hpp"
#include "problem.hpp"
#include "routes.hpp"

#include <lull/ports/absent.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace lull::api {

namespace {

/// A text that can be no id is not looked up.
Status judgeId(const MailboxAsked& mailbox) {
  return canBeId(mailbox.id) ? Status(Done{}) : Status(ports::noSuchMailbox());
}

Endpoint someMailbox() {
  Endpoint endpoint;
  endpoint.registration.target = Mailbox{};
  return endpoint;
}

/// Every bit that a catalogue may have had.
Result<std::uint32_t> topicShownAs(const Catalogue& catalogue, const std::string& name) {
  for (std::uint32_t bit = 1; bit != 0 && bit <= static_cast<std::uint32_t>(kMostChangeType); bit <<= 1) {
    if (catalogue.nameOf(bit) == name) return bit;
  }
  return topicNamed(catalogue, name);
}

}  // namespace

Result<std::uint32_t> topicNamed(const Catalogue& catalogue, const std::string& name) {
  const auto found = std::ranges::find(catalogue.types(), name, &ChangeType::name);
  if (found != catalogue.types().end()) return found->value;
  return Error{ErrorCode::NotFound, "There is no topic of this name; they are the names of GET /change-types."};
}

Result<ports::MailboxView> MailboxCalls::enrol(const std::string& name, const std::string& owner) const {
  return store.enrol(name, owner);
}

Result<ports::MailboxView> MailboxCalls::view(const MailboxAsked& mailbox) const {
  if (auto judged = judgeId(mailbox); !judged) return std::move(judged).error();
  return store.view(mailbox.id, mailbox.owner);
}

Status MailboxCalls::remove(const MailboxAsked& mailbox) const {
  if (auto judged = judgeId(mailbox); !judged) return judged;
  return store.remove(mailbox.id, mailbox.owner);
}

Status MailboxCalls::subscribe(const MailboxAsked& mailbox, const TopicAsked& asked) const {
  if (auto judged = judgeId(mailbox); !judged) return judged;
  const auto topic = topicNamed(catalogue, asked.topic);
  if (!topic) return topic.error();
  return store.subscribe(mailbox.id, mailbox.owner, {*topic, asked.scope});
}

Status MailboxCalls::unsubscribe(const MailboxAsked& mailbox, const TopicAsked& asked) const {
  if (auto judged = judgeId(mailbox); !judged) return judged;
  const auto topic = topicShownAs(catalogue, asked.topic);
  if (!topic) return topic.error();
  return store.unsubscribe(mailbox.id, mailbox.owner, {*topic, asked.scope});
}

Result<http::Response> MailboxCalls::peek(Call& call, const MailboxAsked& mailbox, Millis wait, GlanceForm form) const {
  if (auto judged = judgeId(mailbox); !judged) return std::move(judged).error();
  // Opened before the look, so that nothing that arrives between the two goes unnoticed.
  auto ticket = wait > Millis{0} ? polls.open(mailbox.id) : std::nullopt;
  const auto seen = store.peek(mailbox.id, mailbox.owner);
  if (!seen) return seen.error();
  if (seen->next || wait == Millis{0}) return form(*seen);
  if (!ticket) {
    return Error{ErrorCode::Unavailable,
                 "As many calls wait for messages as Mailboxes:MaxWaiting allows; ask again later."};
  }
  call.traceId = traceIdOf(call.head.header("traceparent"));
  http::Response response;
  response.waiting = std::make_shared<WaitingPeek>(
      polls, *std::move(ticket), WaitingPeek::Asked{wait, seen->count, std::move(form), call.traceId});
  return response;
}

Result<ReceivedMessage> MailboxCalls::lock(const MailboxAsked& mailbox, const std::string& messageId,
                                           Millis duration) const {
  static const Endpoint mailboxKind = someMailbox();
  if (auto judged = judgeId(mailbox); !judged) return std::move(judged).error();
  auto locked = store.lock(mailbox.id, mailbox.owner, messageId, duration);
  if (!locked) return std::move(locked).error();
  auto body = channel.render(&mailboxKind, locked->message.message).value_or("null");
  auto topic = topicOf(locked->message);
  return ReceivedMessage{*std::move(locked), std::move(topic), std::move(body)};
}

Status MailboxCalls::confirm(const MailboxAsked& mailbox, const std::string& messageId,
                             const std::string& lockId) const {
  if (auto judged = judgeId(mailbox); !judged) return judged;
  return store.confirm(mailbox.id, mailbox.owner, messageId, lockId);
}

}  // namespace lull::api
