#include "answering.hpp"
#include "link.hpp"

#include <lull/brokers/broker_channel.hpp>
#include <lull/brokers/results.hpp>

#include <utility>

namespace lull::brokers {

namespace {

std::string logCategory(ChannelKind kind) {
  return kind == ChannelKind::RabbitMq ? "Lull.Rabbit" : "Lull.Amqp";
}

std::string notSpoken(const std::string& broker) {
  return "The broker " + broker + " speaks AMQP 1.0, which this version of Lull was built without (LULL_AMQP).";
}

}  // namespace

BrokerChannel::BrokerChannel(ChannelKind kind, ChannelParts parts, ChannelSettings settings,
                             const ProtocolOf& protocolOf)
    : kind_(kind), parts_(std::move(parts)), settings_(std::move(settings)), answering_(std::make_unique<Answering>()) {
  for (const auto& broker : settings_.brokers) {
    auto protocol = protocolOf(broker);
    auto link = protocol == nullptr ? nullptr
                                    : std::make_unique<Link>(LinkParts{kind, logCategory(kind), std::move(protocol),
                                                                       parts_.registry, parts_.alerts, parts_.hostTime},
                                                             broker, settings_);
    links_.emplace(broker.name, std::move(link));
  }
}

BrokerChannel::~BrokerChannel() {
  BrokerChannel::stop();
}

void BrokerChannel::start() {
  answering_->start(kind_ == ChannelKind::RabbitMq ? "rabbit-answers" : "amqp-answers");
  for (auto& [name, link] : links_) {
    if (link != nullptr) link->start();
  }
}

void BrokerChannel::answer(const Callback& done, AttemptResult result) const {
  answering_->add([done, result = std::move(result)] { done(result); });
}

Result<Outgoing> BrokerChannel::outgoing(const ports::DeliveryRequest& request, const Link& link) const {
  const auto format = parts_.formats.of(request.endpoint->registration);
  if (!format) return Error{ErrorCode::Unavailable, format.error().message};
  return link.protocol().build(request,
                               {**format, parts_.formats.values(), parts_.catalogue, link.broker(), parts_.hostTime()});
}

void BrokerChannel::deliver(ports::DeliveryRequest request, Callback done) {
  const auto& endpoint = *request.endpoint;
  if (!starting_) return answer(done, stopped(false));
  if (!endpoint.unreadable.empty()) {
    auto result = impossible(endpoint.unreadable);
    result.outcome = Outcome::Retryable;
    return answer(done, std::move(result));
  }
  const auto broker = destinationOf(endpoint.registration, kind_).value_or(Destination{}).broker;
  const auto link = links_.find(broker);
  if (link == links_.end()) {
    return answer(done, unavailable("The settings have no broker " + broker + " (Brokers)."));
  }
  if (link->second == nullptr) {
    return answer(done, unavailable(notSpoken(broker)));
  }
  auto outgoing = this->outgoing(request, *link->second);
  if (!outgoing) {
    const auto& error = outgoing.error();
    const bool lasting = error.code == ErrorCode::InvalidInput;
    return answer(done, lasting ? impossible(error.message) : unavailable(error.message));
  }
  auto delivery = std::make_shared<Delivery>(*std::move(outgoing), request.timeout, std::move(done));
  if (const auto refused = link->second->add(std::move(delivery))) refused->end(stopped(false));
}

std::optional<ports::BrokerLink> BrokerChannel::status(const std::string& broker) const {
  const auto link = links_.find(broker);
  if (link == links_.end()) return std::nullopt;
  if (link->second == nullptr) return ports::BrokerLink{ports::BrokerState::Unavailable, {}, notSpoken(broker)};
  return link->second->status();
}

std::optional<std::string> BrokerChannel::render(const Endpoint* endpoint, const Message& message) const {
  const auto format = parts_.formats.of(endpoint != nullptr ? endpoint->registration : Registration{});
  if (!format) return std::nullopt;
  std::string body;
  (*format)->body.appendTo(body, message, parts_.catalogue);
  return body;
}

void BrokerChannel::stopStarting() {
  starting_ = false;
  for (auto& [name, link] : links_) {
    if (link != nullptr) link->stopStarting();
  }
}

void BrokerChannel::stop() {
  stopStarting();
  for (auto& [name, link] : links_) {
    if (link != nullptr) link->tellToStop();
  }
  const auto patience = runtime::Deadline::in(Millis{200});
  for (auto& [name, link] : links_) {
    if (link != nullptr) link->stop(patience);
  }
  answering_->stop();
}

}  // namespace lull::brokers
