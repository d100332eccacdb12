#include "session.hpp"

#include "results.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lull::rabbit {

namespace {

constexpr std::uint16_t kDeclaring = 1;  // the channel; those above it are publishers'

}  // namespace

Session::Session(const Broker& broker, std::unique_ptr<Connection> connection)
    : broker_(broker.name),
      connection_(std::move(connection)),
      declarations_(broker.name, kDeclaring, [this](DeliveryPtr delivery) { publishLater(std::move(delivery)); }) {}

void Session::publishLater(DeliveryPtr delivery) {
  const auto& exchange = delivery->message().exchange;
  auto found = channels_.find(exchange);
  if (found == channels_.end()) {
    const auto channel = channels_.size() + kDeclaring + 1;
    if (channel > connection_->mostChannels()) {
      return end(delivery, unavailable("The broker " + broker_ + " allows too few channels: each exchange needs one."));
    }
    const auto number = static_cast<std::uint16_t>(channel);
    found = channels_.emplace(exchange, number).first;
    publishers_.try_emplace(number, broker_, number, window(),
                            [this](const DeliveryPtr& of, AttemptResult result) { ended(of, std::move(result)); });
  }
  publishers_.at(found->second).add(std::move(delivery));
}

void Session::ended(const DeliveryPtr& delivery, AttemptResult result) {
  // Somebody may have deleted a queue that Lull had declared.
  if (result.outcome == Outcome::Retryable) declarations_.forget(delivery->message().declare);
  end(delivery, std::move(result));
}

void Session::step() {
  while (const auto notice = connection_->next()) take(*notice);
  awaitsRoom_ = false;
  if (blocked_) return;
  declarations_.step(*connection_);
  for (auto& [channel, publisher] : publishers_) {
    if (!publisher.publish(*connection_)) awaitsRoom_ = true;
  }
}

void Session::take(const Notice& notice) {
  if (notice.kind == Notice::Kind::Blocked) {
    blocked_ = notice.text;
  } else if (notice.kind == Notice::Kind::Unblocked) {
    blocked_.reset();
  } else if (notice.channel == kDeclaring) {
    declarations_.take(notice, *connection_);
  } else if (const auto found = publishers_.find(notice.channel); found != publishers_.end()) {
    found->second.take(notice, *connection_);
  }
}

std::vector<DeliveryPtr> Session::takeWaiting() {
  auto all = declarations_.takeWaiting();
  for (auto& [channel, publisher] : publishers_) std::ranges::move(publisher.takeWaiting(), std::back_inserter(all));
  return all;
}

std::vector<DeliveryPtr> Session::takeUnconfirmed() {
  std::vector<DeliveryPtr> all;
  for (auto& [channel, publisher] : publishers_)
    std::ranges::move(publisher.takeUnconfirmed(), std::back_inserter(all));
  return all;
}

}  // namespace lull::rabbit
