#include "session.hpp"

#include "messages.hpp"

#include <lull/brokers/results.hpp>
#include <lull/text/printable.hpp>

#include <proton/error.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace lull::amqp {

namespace {

constexpr std::size_t kMostUnsettled = 1024;  // of a queue

}  // namespace

Session::Session(std::string broker, std::unique_ptr<Engine> engine)
    : broker_(std::move(broker)), engine_(std::move(engine)) {
  engine_->tell(this);
}

void Session::add(DeliveryPtr delivery) {
  queues_[delivery->message().routingKey].waiting.push_back(std::move(delivery));
}

void Session::declare(const std::string& queue) {
  auto& link = queues_[queue].link;
  if (!link) link = engine_->attach(queue);
}

void Session::step() {
  try {
    engine_->turn();
    if (lost()) return;
    for (auto& [name, queue] : queues_) publish(name, queue);
    engine_->turn();
  } catch (const proton::error& error) {
    engine_->wire().lose(
        {"The broker " + broker_ + " is away: the library for AMQP failed (" + brokers::quoted(error.what()) + ").",
         FailureClass::Local});
  }
}

void Session::publish(const std::string& name, Queue& queue) {
  while (!queue.waiting.empty() && queue.waiting.front()->ended()) queue.waiting.pop_front();
  if (queue.waiting.empty()) return;
  if (!queue.link) queue.link = engine_->attach(name);
  auto& link = *queue.link;
  while (!queue.waiting.empty() && link.credit() > 0 && queue.unsettled < kMostUnsettled) {
    auto delivery = std::move(queue.waiting.front());
    queue.waiting.pop_front();
    if (delivery->ended()) continue;
    const auto message = messageOf(delivery->message());
    if (const auto most = mostBytes(link); most != 0 && isLarger(message, delivery->message(), most)) {
      end(delivery, tooLarge(broker_, most));
      continue;
    }
    const auto sent = link.send(message);
    delivery->publishedAt = SteadyClock::now();
    unsettled_.emplace(keyOf(sent), Published{std::move(delivery), name});
    ++queue.unsettled;
  }
  if (!queue.waiting.empty() && queue.unsettled >= kMostUnsettled) checkUnsettled(name);
}

// A broker that settles none of so many, all of which have been given up, will not settle them any more.
void Session::checkUnsettled(const std::string& name) {
  const bool hopeless = std::ranges::all_of(
      unsettled_, [&](const auto& entry) { return entry.second.queue != name || entry.second.delivery->ended(); });
  if (hopeless) {
    engine_->wire().lose({"The broker " + broker_ + " is away: it does not settle what it was sent for the queue " +
                              text::printable(name) + ".",
                          FailureClass::Timeout});
  }
}

void Session::settled(const pn_delivery_t* message, enum proton::transfer::state state, const Condition& why) {
  settledAt_ = SteadyClock::now();
  auto found = unsettled_.extract(message);
  if (found.empty()) return;
  const auto& [delivery, queue] = found.mapped();
  --queues_.at(queue).unsettled;
  switch (state) {
    case proton::transfer::ACCEPTED:
      return end(delivery, brokers::confirmed());
    case proton::transfer::REJECTED:
      return end(delivery, rejected(broker_, why));
    case proton::transfer::RELEASED:
      return end(delivery, returned(broker_, "released"));
    case proton::transfer::MODIFIED:
      return end(delivery, returned(broker_, "modified"));
    case proton::transfer::NONE:
    case proton::transfer::RECEIVED:
      return end(delivery, returned(broker_, "settled without an outcome"));
  }
}

// What was under way may have been taken, or not: it is published again by the schedule.
void Session::linkClosed(const proton::sender& link, const Condition& why) {
  const auto found = std::ranges::find_if(
      queues_, [&](const auto& entry) { return entry.second.link && keyOf(*entry.second.link) == keyOf(link); });
  if (found == queues_.end()) return;
  auto& [name, queue] = *found;
  queue.link.reset();
  refuseUnsettled(name, queue, why);
  // Azure Service Bus closes a link that nobody has used for ten minutes: what waits goes by the next one.
  if (why.empty() || why.name == "amqp:link:detach-forced") return;
  for (const auto& delivery : std::exchange(queue.waiting, {})) end(delivery, linkRefused(broker_, name, why));
}

void Session::refuseUnsettled(const std::string& name, Queue& queue, const Condition& why) {
  std::erase_if(unsettled_, [&](const auto& entry) {
    if (entry.second.queue != name) return false;
    end(entry.second.delivery, linkRefused(broker_, name, why));
    return true;
  });
  queue.unsettled = 0;
}

std::optional<std::string> Session::stalled(const brokers::Delivery& delivery) const {
  if (delivery.publishedAt) return std::nullopt;
  return "The broker " + broker_ + " takes no messages for the queue " +
         text::printable(delivery.message().routingKey) + " at present (it gives no credit).";
}

std::vector<DeliveryPtr> Session::takeWaiting() {
  std::vector<DeliveryPtr> all;
  for (auto& [name, queue] : queues_) std::ranges::move(std::exchange(queue.waiting, {}), std::back_inserter(all));
  return all;
}

std::vector<DeliveryPtr> Session::takeUnconfirmed() {
  std::vector<DeliveryPtr> all;
  all.reserve(unsettled_.size());
  for (auto& [key, published] : unsettled_) all.push_back(std::move(published.delivery));
  unsettled_.clear();
  return all;
}

}  // namespace lull::amqp
