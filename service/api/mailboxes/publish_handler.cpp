#include "mailboxes/publish_handler.hpp"

#include "events/event_rules.hpp"
#include "mailboxes/mailbox_calls.hpp"
#include "mailboxes/mailbox_input.hpp"
#include "mailboxes/publication.hpp"

#include <lull/http/json.hpp>
#include <lull/text/hex.hpp>
#include <lull/text/random.hpp>

#include <utility>
#include <vector>

namespace lull::api {

namespace {

constexpr std::size_t kNewIdBytes = 16;

}  // namespace

/// The event of a topic that publications become, without anything else.
Result<Event> PublishHandler::eventOf(const std::string& topic) const {
  const auto bit = topicNamed(catalogue, topic);
  if (!bit) return bit.error();
  const auto chosen = settings.publishTypes.find(topic);
  const auto& events = catalogue.ofValue(*bit)->events;
  if (chosen == settings.publishTypes.end() && events.empty()) {
    return Error{ErrorCode::NotOffered, "No internal event raises this topic; Mailboxes:PublishType can name one."};
  }
  Event event;
  event.changeType = *bit;
  event.type = chosen != settings.publishTypes.end() ? chosen->second : events.front().name;
  event.operation = operationOf(event, std::nullopt, catalogue);
  return event;
}

Result<http::Response> PublishHandler::publish(Call& call) const {
  if (!settings.allowPublish) {
    return Error{ErrorCode::NotOffered, "Mailboxes:AllowPublish is false; publish by POST /api/v1/events."};
  }
  InputErrors errors;
  const auto query = parametersOf(call, errors);
  const auto topic = requiredText(query, "topic", errors);
  auto scope = scopeIn(query, "companyCode", errors);
  auto publication = readPublication(call.body, errors);
  if (!publication || !errors.empty()) return errors.toError();
  auto event = eventOf(topic);
  if (!event) return std::move(event).error();
  event->scope = std::move(scope);
  event->itemId = publication->itemId.value_or(ItemId(text::toHex(text::randomBytes(kNewIdBytes))));
  event->baseId = event->itemId;
  event->data = std::move(publication->data);

  std::vector<Event> events{*std::move(event)};
  const auto plan = calls.plan(events, [copy = events] { return copy; });
  if (!plan) return plan.error();
  const auto receipt = admission.admit(std::move(events), call.principal.scope);
  if (!receipt) return receipt.error();
  calls.make(*plan, *receipt);
  return http::jsonResponse(200, {{"MessageId", std::to_string(receipt->sequences.at(0))}});
}

}  // namespace lull::api
