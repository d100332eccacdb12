#include "redaction.hpp"

#include <lull/net/receiver_result.hpp>
#include <lull/net/target.hpp>
#include <lull/net/webhook_channel.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>
#include <vector>

namespace lull::net {

namespace {

bool readsBody(const Endpoint& endpoint) {
  return endpoint.registration.telling.results == Results::ByBody;
}

/// Takes what the receiver says of the message together with a success. Only OK means that the message is done.
void takeAnswer(AttemptResult& result, const ports::HttpAnswer& answer, const Webhook& webhook) {
  const auto bytes = answer.body ? std::string_view(*answer.body) : std::string_view();
  result.answer = resultOf(*answer.status, {bytes, answer.body.has_value()});
  if (!result.answer) return;
  auto& [said, message] = *result.answer;
  message = withoutValues(std::move(message), webhook.headers);
  result.sentence = message;
  if (said == ReceiverResult::Ok) return;
  result.outcome = Outcome::Retryable;
  if (message.empty() && said != ReceiverResult::SkipNow) {
    result.sentence = "The receiver answered " + std::string(toString(said)) + ".";
  }
}

}  // namespace

/// Shared by the channel and its running attempts, so that an answer may come after the channel is gone.
class WebhookChannel::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(WebhookChannelParts parts, WebhookChannelSettings settings) : parts_(parts), settings_(std::move(settings)) {}

  void deliver(ports::DeliveryRequest request, Callback done);
  std::optional<std::string> render(const Endpoint* endpoint, const Message& message) const;
  void stopStarting() { stopped_.store(true); }
  void stop() {
    stopStarting();
    // The resolver is stopped first: a request that it releases may still be handed to the transport, but never the
    // other way round.
    parts_.resolver.stop();
    parts_.transport.stop();
  }

 private:
  struct Attempt {
    ports::DeliveryRequest request;
    Callback done;
    std::chrono::steady_clock::time_point since;
    ports::HttpRequest post;
  };
  using AttemptPtr = std::shared_ptr<Attempt>;

  void resolved(const AttemptPtr& attempt, const Resolution& resolution);
  void send(const AttemptPtr& attempt);
  void answered(const AttemptPtr& attempt, const ports::HttpAnswer& answer);
  void end(const AttemptPtr& attempt, Outcome outcome, std::string error, FailureClass failure = FailureClass::None);
  void endWithoutFormat(const AttemptPtr& attempt, std::string error);
  void defer(const AttemptPtr& attempt, AttemptResult result);
  static Millis elapsed(const Attempt& attempt) {
    return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - attempt.since);
  }

  const WebhookChannelParts parts_;
  const WebhookChannelSettings settings_;
  std::atomic<bool> stopped_{false};
};

void WebhookChannel::Core::deliver(ports::DeliveryRequest request, Callback done) {
  auto attempt = std::make_shared<Attempt>();
  attempt->request = std::move(request);
  attempt->done = std::move(done);
  attempt->since = std::chrono::steady_clock::now();
  const auto& asked = attempt->request;
  if (stopped_.load()) return end(attempt, Outcome::Released, "Lull stopped before the request began.");
  if (!asked.endpoint->unreadable.empty())
    return end(attempt, Outcome::Retryable, asked.endpoint->unreadable, FailureClass::Local);
  const auto format = parts_.formats.of(asked.endpoint->registration);
  if (!format) return endWithoutFormat(attempt, format.error().message);
  auto notification =
      buildNotification({*asked.endpoint, asked.message, parts_.clock.now(), parts_.hostTime(), asked.test},
                        {**format, parts_.catalogue, settings_.version});
  if (!notification) return end(attempt, Outcome::Permanent, notification.error().message, FailureClass::Local);
  auto target = parseTarget(asked.endpoint->registration.webhook().url);
  if (!target) return end(attempt, Outcome::Permanent, target.error().fields.front().detail, FailureClass::Local);
  if (auto refused = parts_.guard.refusePort(target->port)) return end(attempt, Outcome::Held, *std::move(refused));
  attempt->post.target = *std::move(target);
  attempt->post.headers = std::move(notification->headers);
  attempt->post.body = std::move(notification->body);
  attempt->post.wantsBody = readsBody(*asked.endpoint);
  parts_.resolver.resolve(
      attempt->post.target.lookupName(), asked.timeout,
      [self = shared_from_this(), attempt](const Resolution& resolution) { self->resolved(attempt, resolution); });
}

void WebhookChannel::Core::resolved(const AttemptPtr& attempt, const Resolution& resolution) {
  if (stopped_.load()) return end(attempt, Outcome::Released, "Lull stopped before the request began.");
  if (resolution.addresses.empty()) {
    return end(attempt, resolution.exhausted ? Outcome::Released : Outcome::Retryable, resolution.error,
               resolution.exhausted ? FailureClass::None : FailureClass::Name);
  }
  const auto& target = attempt->post.target;
  std::string refusal;
  auto& addresses = attempt->post.addresses;
  for (const auto& address : resolution.addresses) {
    auto refused = parts_.guard.refuse(target.host, address, target.port);
    if (!refused) {
      addresses.push_back(address.text());
    } else if (refusal.empty()) {
      refusal = *std::move(refused);
    }
  }
  // The addresses of the other family are still missing and may be allowed, so the endpoint is not paused.
  if (addresses.empty()) {
    return end(attempt, resolution.complete ? Outcome::Held : Outcome::Retryable, std::move(refusal),
               FailureClass::Name);
  }
  // A retry begins with another address, because the first one may connect and still not answer.
  const std::size_t earlier = std::max<std::uint32_t>(attempt->request.message.attempts, 1) - 1;
  std::rotate(addresses.begin(), addresses.begin() + static_cast<std::ptrdiff_t>(earlier % addresses.size()),
              addresses.end());
  send(attempt);
}

void WebhookChannel::Core::send(const AttemptPtr& attempt) {
  const auto left = attempt->request.timeout - elapsed(*attempt);
  if (left <= Millis{0})
    return end(attempt, Outcome::Retryable, "The time-out passed before the request began.", FailureClass::Timeout);
  attempt->post.timeout = left;
  parts_.transport.post(
      std::move(attempt->post),
      [self = shared_from_this(), attempt](const ports::HttpAnswer& answer) { self->answered(attempt, answer); });
}

void WebhookChannel::Core::answered(const AttemptPtr& attempt, const ports::HttpAnswer& answer) {
  auto result = classify(answer, settings_.response, parts_.hostTime());
  result.duration = elapsed(*attempt);
  const auto& endpoint = *attempt->request.endpoint;
  const auto& webhook = endpoint.registration.webhook();
  if (result.outcome == Outcome::Delivered && readsBody(endpoint)) takeAnswer(result, answer, webhook);
  // What a receiver says with a success is shown to nobody, except after a test send.
  if (result.outcome == Outcome::Delivered && !attempt->request.test) result.responseExcerpt.clear();
  result.responseExcerpt = withoutValues(std::move(result.responseExcerpt), webhook.headers);
  attempt->done(std::move(result));
}

/// Ends attempts that are not in the transport.
void WebhookChannel::Core::end(const AttemptPtr& attempt, Outcome outcome, std::string error, FailureClass failure) {
  AttemptResult result;
  result.failure = failure;
  result.outcome = outcome;
  result.sentence = std::move(error);
  // Nothing but the egress rules holds a message before it is sent.
  if (outcome == Outcome::Held) result.pause = pauseByEgressRules(result.sentence);
  defer(attempt, std::move(result));
}

/// The settings of this process lack the endpoint's format, or a value of it. Nothing is lost: the endpoint waits as it
/// does for a receiver that asks for a pause, which spends no attempt, and its view says why. Another replica may have
/// the format, and so may the next start of this one.
void WebhookChannel::Core::endWithoutFormat(const AttemptPtr& attempt, std::string error) {
  constexpr Millis kUntilNextLook{60'000};
  AttemptResult result;
  result.failure = FailureClass::Local;
  result.sentence = std::move(error);
  result.retryAfter = kUntilNextLook;
  result.parks = true;
  defer(attempt, std::move(result));
}

/// Until the channel stops, `done` is never called on the thread that called deliver(), which may hold locks that
/// `done` needs.
void WebhookChannel::Core::defer(const AttemptPtr& attempt, AttemptResult result) {
  result.duration = elapsed(*attempt);
  parts_.resolver.defer([attempt, result = std::move(result)] { attempt->done(result); });
}

std::optional<std::string> WebhookChannel::Core::render(const Endpoint* endpoint, const Message& message) const {
  const auto format = parts_.formats.of(endpoint != nullptr ? endpoint->registration : Registration{});
  if (!format) return std::nullopt;
  std::string body;
  (*format)->body.appendTo(body, message, parts_.catalogue);
  return body;
}

WebhookChannel::WebhookChannel(WebhookChannelParts parts, WebhookChannelSettings settings)
    : core_(std::make_shared<Core>(parts, std::move(settings))) {}

WebhookChannel::~WebhookChannel() {
  core_->stopStarting();
}

void WebhookChannel::deliver(ports::DeliveryRequest request, Callback done) {
  core_->deliver(std::move(request), std::move(done));
}

std::optional<std::string> WebhookChannel::render(const Endpoint* endpoint, const Message& message) const {
  return core_->render(endpoint, message);
}

void WebhookChannel::stopStarting() {
  core_->stopStarting();
}

void WebhookChannel::stop() {
  core_->stop();
}

}  // namespace lull::net
