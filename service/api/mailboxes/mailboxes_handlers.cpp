#include "mailboxes/mailboxes_handlers.hpp"

#include "endpoints/representations.hpp"
#include "mailboxes/mailbox_input.hpp"
#include "object_reader.hpp"

#include <lull/http/json.hpp>

#include <chrono>
#include <utility>

namespace lull::api {

namespace {

MailboxAsked mailboxOf(const Call& call) {
  return {call.id, call.owner};
}

/// The topic of the path, and the scope of the query.
Result<TopicAsked> topicOf(const Call& call) {
  InputErrors errors;
  const auto query = parametersOf(call, errors);
  TopicAsked asked{call.itemId, scopeIn(query, "scope", errors)};
  if (!errors.empty()) return errors.toError();
  return asked;
}

/// How long a lock shall be held, by a body that need not be there.
Result<Millis> lockTimeOf(const Call& call) {
  Millis duration = std::chrono::seconds(kUsualLockSeconds);
  if (call.body.empty()) return duration;
  InputErrors errors;
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  ObjectReader reader(*body, "", errors);
  reader.allowOnly({"seconds"});
  const auto seconds = reader.number("seconds", kLeastLockSeconds, kMostLockSeconds);
  if (!errors.empty()) return errors.toError();
  return seconds ? std::chrono::seconds(*seconds) : duration;
}

}  // namespace

http::Json MailboxesHandlers::viewJson(const ports::MailboxView& view) const {
  auto subscriptions = http::Json::array();
  for (const auto& one : view.subscriptions)
    subscriptions.push_back({{"topic", calls.topicOf(one)}, {"scope", textOrNull(one.scope)}});
  return {{"id", view.id}, {"name", view.name}, {"subscriptions", std::move(subscriptions)}};
}

http::Response MailboxesHandlers::glanceResponse(const ports::Glance& seen) const {
  if (!seen.next) return http::emptyResponse(204);
  const auto& next = *seen.next;
  return http::jsonResponse(200, {{"count", seen.count},
                                  {"next",
                                   {{"id", next.id},
                                    {"topic", calls.topicOf(next)},
                                    {"scope", textOrNull(next.message.payload.scope)},
                                    {"sequence", next.message.upto},
                                    {"enqueuedAt", formatRfc3339(next.enqueuedAt)}}}});
}

Result<http::Response> MailboxesHandlers::enrol(Call& call) const {
  InputErrors errors;
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  ObjectReader reader(*body, "", errors);
  reader.allowOnly({"name"});
  if (reader.find("name") == nullptr) reader.note("name", "It is required.");
  const auto name = reader.text("name");
  if (name) judgeMailboxName(*name, "/name", errors);
  if (!errors.empty()) return errors.toError();
  const auto mailbox = calls.enrol(*name, call.principal.scope);
  if (!mailbox) return mailbox.error();
  call.createdId = mailbox->id;
  auto response = http::jsonResponse(mailbox->created ? 201 : 200, viewJson(*mailbox));
  if (mailbox->created) response.headers.emplace_back("Location", pathBase + "/api/v1/mailboxes/" + mailbox->id);
  return response;
}

Result<http::Response> MailboxesHandlers::get(Call& call) const {
  const auto mailbox = calls.view(mailboxOf(call));
  if (!mailbox) return mailbox.error();
  return http::jsonResponse(200, viewJson(*mailbox));
}

Result<http::Response> MailboxesHandlers::remove(Call& call) const {
  if (auto done = calls.remove(mailboxOf(call)); !done) return std::move(done).error();
  return http::emptyResponse(204);
}

Result<http::Response> MailboxesHandlers::subscribe(Call& call) const {
  const auto topic = topicOf(call);
  if (!topic) return topic.error();
  if (auto done = calls.subscribe(mailboxOf(call), *topic); !done) return std::move(done).error();
  return http::emptyResponse(204);
}

Result<http::Response> MailboxesHandlers::unsubscribe(Call& call) const {
  const auto topic = topicOf(call);
  if (!topic) return topic.error();
  if (auto done = calls.unsubscribe(mailboxOf(call), *topic); !done) return std::move(done).error();
  return http::emptyResponse(204);
}

Result<http::Response> MailboxesHandlers::peek(Call& call) const {
  InputErrors errors;
  const auto wait = waitIn(parametersOf(call, errors), "wait", errors);
  if (!errors.empty()) return errors.toError();
  return calls.peek(call, mailboxOf(call), wait, [this](const ports::Glance& seen) { return glanceResponse(seen); });
}

Result<http::Response> MailboxesHandlers::lock(Call& call) const {
  const auto duration = lockTimeOf(call);
  if (!duration) return duration.error();
  const auto received = calls.lock(mailboxOf(call), call.itemId, *duration);
  if (!received) return received.error();
  const auto& [one, lockId, until] = received->locked;
  return http::memberResponse({{"lockId", lockId},
                               {"lockedUntil", formatRfc3339(until)},
                               {"topic", received->topic},
                               {"scope", textOrNull(one.message.payload.scope)},
                               {"type", one.message.payload.eventType}},
                              "body", received->body, {{"enqueuedAt", formatRfc3339(one.enqueuedAt)}});
}

Result<http::Response> MailboxesHandlers::confirm(Call& call) const {
  InputErrors errors;
  const auto lockId = requiredText(parametersOf(call, errors), "lockId", errors);
  if (!errors.empty()) return errors.toError();
  if (auto done = calls.confirm(mailboxOf(call), call.itemId, lockId); !done) return std::move(done).error();
  return http::emptyResponse(204);
}

}  // namespace lull::api
