#include "consumption.hpp"

#include <lull/brokers/results.hpp>
#include <lull/text/printable.hpp>

#include <utility>

namespace lull::rabbit {

namespace {

constexpr std::uint16_t kConsuming = 1;  // the channel
constexpr std::uint16_t kSettingAside = 2;
constexpr std::size_t kMostTaken = std::size_t{4} << 20;  // bytes of bodies that are admitted at once

/// The moment that a publisher named; none when it is no moment that people live to see.
std::optional<Instant> momentOf(std::optional<std::uint64_t> seconds) {
  constexpr std::uint64_t kYear9999 = 253'402'300'799;
  if (!seconds || *seconds > kYear9999) return std::nullopt;
  return Instant(std::chrono::seconds(static_cast<std::int64_t>(*seconds)));
}

}  // namespace

// A body that is too long was not kept.
bool Consumption::isPublished(const Incoming& message) const {
  return !settings_.deadLetterExchange.empty() && message.size <= ports::kMostMessageBytes;
}

Consumption::Consumption(const RabbitQueueSettings& settings, std::unique_ptr<Connection> connection)
    : settings_(settings),
      connection_(std::move(connection)),
      aside_(settings.broker.name, settings.deadLetterExchange, kSettingAside) {
  connection_->openChannel(kConsuming);
}

std::string Consumption::queueName() const {
  return "the queue " + text::printable(settings_.queue);
}

void Consumption::step() {
  while (!failure_) {
    const auto notice = connection_->next();
    if (!notice) break;
    if (notice->channel != kSettingAside) {
      take(*notice);
      continue;
    }
    // What the broker has confirmed to have there is acknowledged here.
    for (const auto tag : aside_.take(*notice, *connection_)) {
      acknowledge({tag});
      there_.push_back(tag);
    }
  }
  if (!failure_ && connection_->lost()) failure_ = connection_->lost()->sentence;
}

void Consumption::take(const Notice& notice) {
  switch (notice.kind) {
    case Notice::Kind::ChannelOpened:
      state_ = State::Limiting;
      connection_->limitPrefetch(kConsuming, settings_.prefetch);
      return;
    case Notice::Kind::PrefetchLimited:
      state_ = State::Looking;
      connection_->lookAtQueue(kConsuming, settings_.queue);
      return;
    case Notice::Kind::QueueDeclared:
      if (state_ == State::Looking) {
        state_ = State::Starting;
        connection_->consume(kConsuming, settings_.queue);
        return;
      }
      look_.answered(notice.count, std::chrono::steady_clock::now());
      return;
    case Notice::Kind::Consuming:
      state_ = State::Consuming;
      return;
    case Notice::Kind::Delivered:
      look_.arrived();
      waiting_.push_back(notice.message);
      return;
    case Notice::Kind::Cancelled:
      failure_ = "The broker " + settings_.broker.name + " has ended the consumption of " + queueName() +
                 ", as it does when a queue is deleted or moves to another node. It is tried again.";
      return;
    case Notice::Kind::ChannelClosed:
      return closedByBroker(notice);
    case Notice::Kind::Blocked:
      blocked_ = notice.text;
      return;
    case Notice::Kind::Unblocked:
      blocked_.reset();
      return;
    default:
      return;
  }
}

void Consumption::closedByBroker(const Notice& notice) {
  constexpr int kRefused = 403;
  constexpr int kMissing = 404;
  const auto said = " (" + std::to_string(notice.code) + " " + brokers::quoted(notice.text) + ")";
  const auto broker = "The broker " + settings_.broker.name;
  connection_->acknowledgeClose(kConsuming);
  if (notice.code == kMissing) {
    failure_ = broker + " has no such queue as " + text::printable(settings_.queue) + said +
               ": declare it there, or correct Queue and the virtual host in the settings.";
  } else if (notice.code == kRefused) {
    failure_ = broker + " does not let its user read " + queueName() + said +
               ": give it the permission to read it, or end the other consumer that has it exclusively.";
  } else {
    failure_ = broker + " does not hand out " + queueName() + " any more" + said + ".";
  }
}

std::vector<ports::QueueMessage> Consumption::take(std::size_t most) {
  std::vector<ports::QueueMessage> taken;
  std::size_t bytes = 0;
  while (!waiting_.empty() && taken.size() < most && bytes < kMostTaken) {
    auto message = waiting_.front();
    open_.emplace(message->tag, message);  // before anything that can fail: who does not know it acknowledges it
    waiting_.pop_front();
    bytes += message->body.size();
    ports::QueueMessage one{message->tag, message->messageId, momentOf(message->timestamp)};
    one.tooLong = message->size > ports::kMostMessageBytes;
    one.text = {message->contentType, message->contentEncoding, {}};
    if (isPublished(*message)) {
      one.text.body = message->body;
    } else {
      one.text.body = std::exchange(message->body, {});
    }
    taken.push_back(std::move(one));
  }
  if (taken.empty() && open_.empty() && state_ == State::Consuming && look_.isDue(std::chrono::steady_clock::now())) {
    look_.asked();
    connection_->lookAtQueue(kConsuming, settings_.queue);
  }
  return taken;
}

void Consumption::acknowledge(const std::vector<std::uint64_t>& tags) {
  if (areAllUpToTheLast(tags, open_)) {
    connection_->acknowledge(kConsuming, tags.back(), true);
    open_.erase(open_.begin(), open_.upper_bound(tags.back()));
    return;
  }
  for (const auto tag : tags) {
    if (open_.erase(tag) > 0) connection_->acknowledge(kConsuming, tag, false);
  }
}

void Consumption::setAside(const std::vector<ports::RefusedMessage>& refused) {
  for (const auto& [tag, reason] : refused) {
    const auto found = open_.find(tag);
    if (found != open_.end() && isPublished(*found->second)) {
      aside_.add(found->second, reason);
      continue;
    }
    if (open_.erase(tag) > 0) connection_->reject(kConsuming, tag);
    there_.push_back(tag);
  }
  aside_.publish(*connection_);
}

}  // namespace lull::rabbit
