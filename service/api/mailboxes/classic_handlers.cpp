#include "mailboxes/classic_handlers.hpp"

#include "endpoints/representations.hpp"
#include "mailboxes/mailbox_input.hpp"
#include "routes.hpp"

#include <lull/http/json.hpp>

#include <optional>
#include <utility>

namespace lull::api {

namespace {

/// The mailbox that the parameters name. It stands in the audit line, as the id in a path does.
MailboxAsked subscriberIn(const Query& query, Call& call, InputErrors& errors) {
  auto id = requiredText(query, "subscriberId", errors);
  if (canBeId(id)) call.createdId = id;
  return {std::move(id), call.owner};
}

TopicAsked topicIn(const Query& query, InputErrors& errors) {
  return {requiredText(query, "topic", errors), scopeIn(query, "companyCode", errors)};
}

http::Response nothing() {
  return http::jsonResponse(200, http::Json());
}

http::Response glanceResponse(const ports::Glance& seen) {
  http::Json json{{"MessageCount", seen.count},
                  {"NextMessageId", seen.next ? http::Json(seen.next->id) : http::Json()}};
  if (!seen.next) json["TimedOut"] = true;
  return http::jsonResponse(200, json);
}

}  // namespace

Result<http::Response> ClassicHandlers::enrol(Call& call) const {
  InputErrors errors;
  const auto query = parametersOf(call, errors);
  const auto name = query.text("subscriberName").value_or("");
  judgeMailboxName(name, "subscriberName", errors);
  if (!errors.empty()) return errors.toError();
  const auto mailbox = calls.enrol(name, call.principal.scope);
  if (!mailbox) return mailbox.error();
  call.createdId = mailbox->id;
  return http::jsonResponse(200, {{"SubscriberId", mailbox->id}, {"Name", mailbox->name}});
}

Result<http::Response> ClassicHandlers::subscribe(Call& call) const {
  InputErrors errors;
  const auto query = parametersOf(call, errors);
  const auto mailbox = subscriberIn(query, call, errors);
  const auto topic = topicIn(query, errors);
  if (!errors.empty()) return errors.toError();
  if (auto done = calls.subscribe(mailbox, topic); !done) return std::move(done).error();
  return nothing();
}

Result<http::Response> ClassicHandlers::unsubscribe(Call& call) const {
  InputErrors errors;
  const auto query = parametersOf(call, errors);
  const auto mailbox = subscriberIn(query, call, errors);
  const auto topic = topicIn(query, errors);
  if (!errors.empty()) return errors.toError();
  if (auto done = calls.unsubscribe(mailbox, topic); !done) return std::move(done).error();
  return nothing();
}

Result<http::Response> ClassicHandlers::viewSubscriptions(Call& call) const {
  InputErrors errors;
  const auto query = parametersOf(call, errors);
  const auto mailbox = subscriberIn(query, call, errors);
  if (!errors.empty()) return errors.toError();
  const auto view = calls.view(mailbox);
  if (!view) return view.error();
  auto list = http::Json::array();
  for (const auto& one : view->subscriptions)
    list.push_back({{"Topic", calls.topicOf(one)}, {"CompanyCode", textOrNull(one.scope)}});
  return http::jsonResponse(200, list);
}

Result<http::Response> ClassicHandlers::viewTopics(Call& call) const {
  InputErrors errors;
  parametersOf(call, errors);
  if (!errors.empty()) return errors.toError();
  auto list = http::Json::array();
  for (const auto& type : calls.catalogue.types()) list.push_back({{"Topic", type.name}});
  return http::jsonResponse(200, list);
}

Result<http::Response> ClassicHandlers::peek(Call& call) const {
  InputErrors errors;
  const auto query = parametersOf(call, errors);
  const auto mailbox = subscriberIn(query, call, errors);
  const auto wait = waitIn(query, "timeout", errors);
  if (!errors.empty()) return errors.toError();
  return calls.peek(call, mailbox, wait, &glanceResponse);
}

Result<http::Response> ClassicHandlers::receive(Call& call) const {
  InputErrors errors;
  const auto query = parametersOf(call, errors);
  const auto mailbox = subscriberIn(query, call, errors);
  const auto message = requiredText(query, "messageId", errors);
  const auto duration = lockTimeIn(query, "lockTimeout");
  if (!errors.empty()) return errors.toError();
  const auto received = calls.lock(mailbox, message, duration);
  if (!received) return received.error();
  const auto& [one, lockId, until] = received->locked;
  return http::memberResponse({{"MessageId", one.id},
                               {"LockId", lockId},
                               {"Topic", received->topic},
                               {"CompanyCode", textOrNull(one.message.payload.scope)},
                               {"MessageType", one.message.payload.eventType}},
                              "MessageBody", received->body, {{"EnqueueTime", formatRfc3339(one.enqueuedAt)}});
}

Result<http::Response> ClassicHandlers::confirm(Call& call) const {
  InputErrors errors;
  const auto query = parametersOf(call, errors);
  const auto mailbox = subscriberIn(query, call, errors);
  const auto message = requiredText(query, "messageId", errors);
  const auto lockId = requiredText(query, "lockId", errors);
  if (!errors.empty()) return errors.toError();
  if (auto done = calls.confirm(mailbox, message, lockId); !done) return std::move(done).error();
  return http::jsonResponse(200, {{"MessageId", message}});
}

}  // namespace lull::api
