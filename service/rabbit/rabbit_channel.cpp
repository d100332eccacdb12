#include "answering.hpp"
#include "link.hpp"
#include "outgoing.hpp"
#include "results.hpp"

#include <lull/rabbit/rabbit_channel.hpp>

#include <utility>

namespace lull::rabbit {

RabbitChannel::RabbitChannel(RabbitChannelParts parts, RabbitChannelSettings settings)
    : parts_(std::move(parts)), settings_(std::move(settings)), answering_(std::make_unique<Answering>()) {
  for (const auto& broker : settings_.brokers)
    links_.emplace(broker.name, std::make_unique<Link>(broker, settings_, parts_.registry, parts_.alerts));
}

RabbitChannel::~RabbitChannel() {
  stop();
}

void RabbitChannel::start() {
  answering_->start();
  for (auto& [name, link] : links_) link->start();
}

void RabbitChannel::answer(const Callback& done, AttemptResult result) const {
  answering_->add([done, result = std::move(result)] { done(result); });
}

void RabbitChannel::deliver(ports::DeliveryRequest request, Callback done) {
  const auto& endpoint = *request.endpoint;
  if (!starting_) return answer(done, stopped(false));
  if (!endpoint.unreadable.empty()) {
    auto result = impossible(endpoint.unreadable);
    result.outcome = Outcome::Retryable;
    return answer(done, std::move(result));
  }
  const auto& target = std::get<RabbitTarget>(endpoint.registration.target);
  const auto link = links_.find(target.broker);
  if (link == links_.end()) {
    return answer(done, unavailable("The settings have no broker " + target.broker + " (Brokers)."));
  }
  const auto format = parts_.formats.of(endpoint.registration);
  if (!format) return answer(done, unavailable(format.error().message));
  auto outgoing = buildOutgoing(
      request, {**format, parts_.formats.values(), parts_.catalogue, link->second->broker(), parts_.hostTime()});
  if (!outgoing) {
    const auto& error = outgoing.error();
    const bool lasting = error.code == ErrorCode::InvalidInput;
    return answer(done, lasting ? impossible(error.message) : unavailable(error.message));
  }
  auto delivery = std::make_shared<Delivery>(*std::move(outgoing), request.timeout, std::move(done));
  if (const auto refused = link->second->add(std::move(delivery))) refused->end(stopped(false));
}

std::optional<std::string> RabbitChannel::render(const Endpoint* endpoint, const Message& message) const {
  const auto format = parts_.formats.of(endpoint != nullptr ? endpoint->registration : Registration{});
  if (!format) return std::nullopt;
  std::string body;
  (*format)->body.appendTo(body, message, parts_.catalogue);
  return body;
}

void RabbitChannel::stopStarting() {
  starting_ = false;
  for (auto& [name, link] : links_) link->stopStarting();
}

void RabbitChannel::stop() {
  stopStarting();
  for (auto& [name, link] : links_) link->tellToStop();
  const auto patience = runtime::Deadline::in(Millis{200});
  for (auto& [name, link] : links_) link->stop(patience);
  answering_->stop();
}

}  // namespace lull::rabbit
