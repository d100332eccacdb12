#include "session.hpp"

#include "messages.hpp"

#include <lull/brokers/results.hpp>
#include <lull/runtime/log.hpp>
#include <lull/text/printable.hpp>

#include <proton/error.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace lull::amqp {

Session::Session(std::string broker, std::unique_ptr<Engine> engine, std::chrono::milliseconds patience,
                 std::shared_ptr<brokers::Suspects> suspects)
    : broker_(std::move(broker)), patience_(patience), suspects_(std::move(suspects)), engine_(std::move(engine)) {
  since_ = engine_->now();
  engine_->tell(this);
}

void Session::add(DeliveryPtr delivery) {
  auto& queue = queues_[delivery->message().routingKey];
  queue.usedAt = engine_->now();
  queue.waiting.push_back(std::move(delivery));
}

void Session::step() {
  try {
    exchange();
  } catch (const proton::error& error) {
    engine_->wire().lose(
        {"The broker " + broker_ + " is away: the library for AMQP failed (" + brokers::quoted(error.what()) + ").",
         FailureClass::Local});
  }
  judgeLoss();
}

void Session::exchange() {
  engine_->turn();
  for (bool more = true; more && !lost();) {
    dropGivenUpSuspect();
    publishAll();
    more = attachDeclared();
    more = engine_->turn() || more;  // the answer may be there already, and no socket tells of it again
    more = more || (isFull_ && !engine_->awaitsWritable());
  }
  forgetIdle();
}

// Whoever had to wait comes first the next time, so that no queue waits for ever.
void Session::publishAll() {
  isFull_ = false;
  handedOver_ = 0;
  const auto first = queues_.lower_bound(nextQueue_);
  for (auto at = first; at != queues_.end() && !isFull_; ++at) publish(at->first, at->second);
  for (auto at = queues_.begin(); at != first && !isFull_; ++at) publish(at->first, at->second);
}

void Session::attach(const std::string& name, Queue& queue) {
  queue.link = engine_->attach(name);
  queue.carries = false;
  queue.usedAt = engine_->now();
}

void Session::publish(const std::string& name, Queue& queue) {
  constexpr std::size_t kMostAtOnce = 4 * 1024 * 1024;
  while (!queue.waiting.empty() && queue.waiting.front()->ended()) queue.waiting.pop_front();
  if (queue.waiting.empty()) return;
  if (hasTooManyGivenUp(name, queue)) leave(name, queue);
  if (!queue.link && engine_->now() < queue.closedUntil) return;
  if (!queue.link) attach(name, queue);
  auto& link = *queue.link;
  std::size_t free = 0;
  while (!queue.waiting.empty() && link.credit() > 0) {
    if (free == 0) free = freePlaces(name, queue);
    if (free == 0) return;
    // The library keeps all that the socket does not take. Each pass hands over something or waits for the socket.
    if (handedOver_ >= kMostAtOnce || engine_->awaitsWritable()) {
      isFull_ = true;
      nextQueue_ = name;
      return;
    }
    auto delivery = std::move(queue.waiting.front());
    queue.waiting.pop_front();
    if (delivery->ended()) continue;
    const auto message = messageOf(delivery->message());
    if (const auto most = mostBytes(link); most != 0 && isLarger(message, delivery->message(), most)) {
      over(delivery, tooLarge(broker_, most));
      continue;
    }
    const auto sent = link.send(message);
    handedOver_ += delivery->message().body.size() + 1;
    if (suspects_->any()) nextQueue_ = name + '\0';  // one at a time, and each queue in its turn
    delivery->publishedAt = SteadyClock::now();
    unsettled_.emplace(keyOf(sent), Published{std::move(delivery), name, ++lastNumber_});
    ++queue.unsettled;
    --free;
  }
}

/// For how many messages of a queue somebody waits. O(unsettled of all queues).
std::size_t Session::awaited(const std::string& name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      unsettled_, [&](const auto& entry) { return entry.second.queue == name && !entry.second.delivery->ended(); }));
}

/// How many messages may be published now at least; none only when there is no place at all.
std::size_t Session::freePlaces(const std::string& name, const Queue& queue) const {
  if (suspects_->any()) return unsettled_.empty() ? 1 : 0;
  if (queue.unsettled < window()) return window() - queue.unsettled;
  return window() - std::min(window(), awaited(name));
}

bool Session::hasTooManyGivenUp(const std::string& name, const Queue& queue) const {
  constexpr std::size_t kWindows = 4;
  const auto most = kWindows * window();
  return queue.unsettled >= most && queue.unsettled - awaited(name) >= most;
}

/// Takes out what was published for the queue and not settled, in the order of publishing.
std::vector<DeliveryPtr> Session::takeUnsettled(const std::string& name, Queue& queue) {
  std::map<std::uint64_t, DeliveryPtr> byNumber;
  std::erase_if(unsettled_, [&](auto& entry) {
    if (entry.second.queue != name) return false;
    byNumber.emplace(entry.second.number, std::move(entry.second.delivery));
    return true;
  });
  queue.unsettled = 0;
  std::vector<DeliveryPtr> all;
  all.reserve(byNumber.size());
  for (auto& [number, delivery] : byNumber) all.push_back(std::move(delivery));
  return all;
}

void Session::leave(const std::string& name, Queue& queue) {
  Engine::leave(*queue.link);
  queue.link.reset();
  putBack(name, queue);
}

// The broker forgets what it did not settle by a link that is gone. What somebody still waits for is published again,
// first of all; the broker may have it already, as a receiver has to expect anyway.
void Session::putBack(const std::string& name, Queue& queue) {
  auto again = takeUnsettled(name, queue);
  std::erase_if(again, [](const auto& delivery) { return delivery->ended(); });
  queue.waiting.insert(queue.waiting.begin(), std::make_move_iterator(again.begin()),
                       std::make_move_iterator(again.end()));
}

/// A few at once, so that the link of a message does not wait for those of all queues. Whether it attached any.
bool Session::attachDeclared() {
  constexpr std::size_t kMostAtOnce = 16;
  std::erase_if(attaching_, [this](const auto& name) {
    const auto& link = queues_.at(name).link;
    return !link || isAnswered(*link);
  });
  bool any = false;
  while (!declared_.empty() && attaching_.size() < kMostAtOnce) {
    auto name = std::move(declared_.extract(declared_.begin()).value());
    auto& queue = queues_[name];
    if (queue.link || engine_->now() < queue.closedUntil) continue;
    attach(name, queue);
    attaching_.push_back(std::move(name));
    any = true;
  }
  return any;
}

void Session::settled(const pn_delivery_t* message, enum proton::transfer::state state, const Condition& why) {
  auto found = unsettled_.extract(message);
  if (found.empty()) return;
  const auto& [delivery, name, number] = found.mapped();
  auto& queue = queues_.at(name);
  --queue.unsettled;
  switch (state) {
    case proton::transfer::ACCEPTED:
      queue.carries = true;
      queue.pauses.reset();
      return over(delivery, brokers::confirmed());
    case proton::transfer::REJECTED:
      return over(delivery, rejected(broker_, why));
    case proton::transfer::RELEASED:
      return over(delivery, returned(broker_, "released"));
    case proton::transfer::MODIFIED:
      return over(delivery, returned(broker_, "modified"));
    case proton::transfer::NONE:
    case proton::transfer::RECEIVED:
      return over(delivery, returned(broker_, "settled without an outcome"));
  }
}

void Session::linkClosed(const proton::sender& link, const Condition& why) {
  const auto found = std::ranges::find_if(
      queues_, [&](const auto& entry) { return entry.second.link && keyOf(*entry.second.link) == keyOf(link); });
  if (found == queues_.end()) return;
  auto& [name, queue] = *found;
  queue.link.reset();
  // The reasons are the broker's: Azure Service Bus closes a link that nobody has used for ten minutes, and every
  // broker those of a queue that is moved. All goes by the next one.
  const bool isBrokers = why.empty() || why.name == "amqp:link:detach-forced";
  if (!isBrokers) return refuse(name, queue, why);
  putBack(name, queue);
  if (!queue.carries) queue.closedUntil = engine_->now() + queue.pauses.next();
}

// What was under way may have been taken, or not: it is published again by the schedule. Where there is no message
// whose attempt would say why, the log does.
void Session::refuse(const std::string& name, Queue& queue, const Condition& why) {
  auto all = takeUnsettled(name, queue);
  std::ranges::move(std::exchange(queue.waiting, {}), std::back_inserter(all));
  const bool isTold = std::ranges::any_of(all, [](const auto& delivery) { return !delivery->ended(); });
  for (const auto& delivery : all) over(delivery, linkRefused(broker_, name, why));
  if (isTold || !toldRefused_.insert(name).second) return;
  runtime::log(runtime::LogLevel::Warning, "Lull.Amqp", "the broker refuses a queue",
               {{"broker", broker_}, {"queue", name}, {"error", quoted(why)}});
}

// Endpoints may have gone, which a session is not told. Their queues have no messages any more.
void Session::forgetIdle() {
  constexpr std::chrono::minutes kIdle{10};
  const auto until = engine_->now() - kIdle;
  const auto isIdle = [&](const std::string& name, const Queue& queue) {
    return queue.usedAt <= until && queue.waiting.empty() && awaited(name) == 0 &&
           std::ranges::find(attaching_, name) == attaching_.end();
  };
  for (auto at = queues_.begin(); at != queues_.end();) {
    auto& [name, queue] = *at;
    if (!isIdle(name, queue)) {
      ++at;
      continue;
    }
    takeUnsettled(name, queue);  // nobody waits for them
    if (queue.link) Engine::leave(*queue.link);
    at = queues_.erase(at);
  }
}

std::optional<std::string> Session::stalled(const brokers::Delivery& delivery) const {
  if (delivery.publishedAt) return std::nullopt;
  const auto found = queues_.find(delivery.message().routingKey);
  // With credit it is the window that is full.
  if (found != queues_.end() && found->second.link && found->second.link->credit() > 0) return std::nullopt;
  const bool closes = found != queues_.end() && !found->second.link;
  return "The broker " + broker_ + " takes no messages for the queue " +
         text::printable(delivery.message().routingKey) + " at present (" +
         (closes ? "it closes each link" : "it gives no credit") + ").";
}

void Session::over(const DeliveryPtr& delivery, AttemptResult result) {
  suspects_->oneEnded();
  end(delivery, std::move(result));
}

brokers::Suspects::UnderWay Session::underWay() const {
  const auto awaited =
      std::ranges::count_if(unsettled_, [](const auto& entry) { return !entry.second.delivery->ended(); });
  return {unsettled_.size(), static_cast<std::size_t>(awaited)};
}

// A broker may end the session or the connection at a message that it cannot take, without saying which one it is.
void Session::judgeLoss() {
  if (!lost() || std::exchange(judged_, true)) return;
  if (!suspects_->lost(*lost(), engine_->now() - since_, underWay())) return;
  end(unsettled_.extract(unsettled_.begin()).mapped().delivery,
      brokers::ended(Outcome::Retryable,
                     "The broker " + broker_ + " ends the connection whenever it is sent this message.",
                     FailureClass::Protocol));
}

// While messages go one at a time, one that nobody waits for any more would hold up all others.
void Session::dropGivenUpSuspect() {
  if (!suspects_->any() || underWay().all == 0 || underWay().awaited > 0) return;
  for (auto& [name, queue] : queues_)
    if (queue.unsettled > 0 && queue.link) leave(name, queue);
  suspects_->oneEnded();
}

std::optional<std::string> Session::heldBack(const brokers::Delivery& delivery) const {
  return suspects_->heldBack(delivery, broker_);
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
