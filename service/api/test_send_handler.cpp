#include "encoding.hpp"
#include "handlers.hpp"
#include "problem.hpp"
#include "representations.hpp"
#include "test_send_gate.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>

namespace lull::api {

namespace {

constexpr auto kStopCheck = std::chrono::milliseconds(100);
// Whatever time-out the endpoint has: a person waits for the answer, and a thread with it.
constexpr Millis kMostTime{15'000};
constexpr std::string_view kRetryAfterSeconds = "5";
// On top of the attempt's own deadline, which the channel keeps: waiting longer would mean that it does not.
constexpr auto kMargin = std::chrono::seconds(5);

/// Of the lowest subscribed bit, one that the catalogue has if there is any; ItemId and BaseId stay 0.
Message testMessage(const Endpoint& endpoint, const Catalogue& catalogue) {
  const auto mask = endpoint.registration.changeTypes;
  const auto known = mask & catalogue.mask();
  Message message;
  message.id = "msg_test" + toHex(randomBytes(10));
  message.key.changeType = lowestBit(known != 0 ? known : mask);
  message.eventCount = 1;
  message.attempts = 1;
  return message;
}

Result<AttemptResult> deliverNow(const Call& call, ports::DeliveryRequest request) {
  const auto answer = std::make_shared<std::promise<AttemptResult>>();
  auto result = answer->get_future();
  const auto deadline = std::chrono::steady_clock::now() + request.timeout + kMargin;
  call.services.ports.channel.deliver(std::move(request),
                                      [answer](AttemptResult one) { answer->set_value(std::move(one)); });
  while (result.wait_for(kStopCheck) != std::future_status::ready) {
    if (call.services.stopping) return Error{ErrorCode::Unavailable, "The service is stopping."};
    if (std::chrono::steady_clock::now() > deadline) return Error{ErrorCode::Internal, "The test send did not end."};
  }
  return result.get();
}

Reply tooMany(const Call& call, const std::string& detail) {
  auto reply = problemReply({ProblemKind::TooManyRequests, detail, {}, traceIdOf(call.head.header("traceparent"))});
  reply.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return reply;
}

}  // namespace

Result<Reply> testEndpoint(const Call& call) {
  auto endpoint = call.services.ports.endpoints.find(call.id);
  if (!endpoint) return std::move(endpoint).error();
  const TestSendGate::Pass pass(call.services.testSends, call.id);
  if (!pass.ok()) return tooMany(call, pass.refusal());
  ports::DeliveryRequest request;
  request.endpoint = std::make_shared<const Endpoint>(*endpoint);
  request.message = testMessage(*endpoint, call.services.ports.catalogue);
  request.timeout =
      std::min(kMostTime, endpoint->registration.timeout.value_or(call.services.settings.deliveryTimeout));
  request.test = true;

  const auto result = deliverNow(call, std::move(request));
  if (!result) return result.error();
  return jsonReply(200, {{"outcome", outcomeWord(*result)},
                         {"status", numberOrNull(result->code)},
                         {"durationMs", result->duration.count()},
                         {"error", unansweredError(result->code, result->sentence)},
                         {"responseExcerpt", textOrNull(result->responseExcerpt)}});
}

}  // namespace lull::api
