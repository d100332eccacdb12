#include "endpoints/test_send_handler.hpp"

#include "endpoints/representations.hpp"
#include "mailboxes/mailbox_registration.hpp"
#include "problem.hpp"

#include <lull/text/hex.hpp>
#include <lull/text/random.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>

namespace lull::api {

namespace {

constexpr auto kStopCheck = std::chrono::milliseconds(100);
// The limit for a test send, whatever time-out the endpoint has: a person waits for the answer, and so does a thread.
constexpr Millis kMostTime{15'000};
constexpr std::string_view kTestRetryAfterSeconds = "5";
constexpr std::string_view kNothingToSend =
    "Nothing is sent to a mailbox: its client comes for the messages. Publish an event to try it.";
// Added to the deadline of the attempt, which the channel keeps: when this is over as well, the channel does not keep
// it.
constexpr auto kMargin = std::chrono::seconds(5);

/// The first event of a change type, as it occurred now; formats write its name.
void occur(Message& message, const Catalogue& catalogue, Instant now) {
  const auto* type = catalogue.ofValue(message.key.changeType);
  message.occurredAt = message.sentAt = now;
  if (type == nullptr || type->events.empty()) {
    message.payload.eventType = catalogue.nameOf(message.key.changeType);
    return;
  }
  message.payload.eventType = type->events.front().name;
  message.payload.operation = type->events.front().operationOrNamed();
}

/// The message is of the lowest subscribed bit that the catalogue has, if there is one; ItemId and BaseId are 0.
Message testMessage(const Endpoint& endpoint, const Catalogue& catalogue, Instant now) {
  const auto mask = endpoint.registration.changeTypes;
  const auto known = mask & catalogue.mask();
  Message message;
  message.id = "msg_test" + text::toHex(text::randomBytes(10));
  message.key.changeType = lowestBit(known != 0 ? known : mask);
  message.eventCount = 1;
  message.attempts = 1;
  occur(message, catalogue, now);
  return message;
}

std::optional<ReceiverResult> resultOf(const AttemptResult& result) {
  return result.answer ? std::optional(result.answer->result) : std::nullopt;
}

/// A test send asks whether the receiver works. One that puts the test off without an error (SkipNow) does.
std::string_view testOutcome(const AttemptResult& result) {
  return resultOf(result) == ReceiverResult::SkipNow ? outcomeWord(Outcome::Delivered, PausedReason::None)
                                                     : outcomeWord(result);
}

http::Response tooMany(const Call& call, const std::string& detail) {
  auto response =
      problemResponse({ProblemKind::TooManyRequests, detail, {}, traceIdOf(call.head.header("traceparent"))});
  response.headers.emplace_back("Retry-After", kTestRetryAfterSeconds);
  return response;
}

std::string refusal(runtime::Gate::Entry entry) {
  const auto which = entry == runtime::Gate::Entry::Full
                         ? std::to_string(TestSendHandler::kMost) + " test sends run"
                         : std::to_string(TestSendHandler::kMostOfEndpoint) + " test sends to this endpoint run";
  return which + " at once, and no more may; try again when one has ended.";
}

}  // namespace

Result<AttemptResult> TestSendHandler::deliverNow(ports::DeliveryRequest request) const {
  const auto answer = std::make_shared<std::promise<AttemptResult>>();
  auto result = answer->get_future();
  const auto deadline = std::chrono::steady_clock::now() + request.timeout + kMargin;
  channel.deliver(std::move(request), [answer](AttemptResult one) { answer->set_value(std::move(one)); });
  while (result.wait_for(kStopCheck) != std::future_status::ready) {
    if (stopping) return Error{ErrorCode::Unavailable, "The service is stopping."};
    if (std::chrono::steady_clock::now() > deadline) return Error{ErrorCode::Internal, "The test send did not end."};
  }
  return result.get();
}

Result<http::Response> TestSendHandler::send(Call& call) {
  auto endpoint = endpoints.find(call.id);
  if (!endpoint) return std::move(endpoint).error();
  if (auto refused = refuseMailbox(*endpoint, kNothingToSend); !refused) return std::move(refused).error();
  const auto pass = gate.enter(call.id);
  if (!pass.in()) return tooMany(call, refusal(pass.entry()));
  ports::DeliveryRequest request;
  request.endpoint = std::make_shared<const Endpoint>(*endpoint);
  request.message = testMessage(*endpoint, catalogue, clock.now());
  request.timeout = std::min(kMostTime, endpoint->registration.timeout.value_or(deliveryTimeout));
  request.test = true;

  const auto result = deliverNow(std::move(request));
  if (!result) return result.error();
  return http::jsonResponse(200, {{"outcome", testOutcome(*result)},
                                  {"status", numberOrNull(result->code)},
                                  {"durationMs", result->duration.count()},
                                  {"error", errorJson(result->code, resultOf(*result), result->sentence)},
                                  {"responseExcerpt", textOrNull(result->responseExcerpt)}});
}

}  // namespace lull::api
