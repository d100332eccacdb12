#pragma once

#include "frame.hpp"

#include <lull/brokers/session.hpp>
#include <lull/brokers/wire.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lull::stomp {

using brokers::DeliveryPtr;
using brokers::Loss;

/// What outlives one connection to a broker: how many messages are suspected. A broker that cannot read a frame ends
/// the connection without saying which one; those that were under way then are published one at a time until all of
/// them have ended, so that only the one at fault is blamed. Thread-safe.
using Suspects = std::atomic<std::size_t>;

/// How often each side promises to send something; zero: it does not.
struct HeartBeats {
  std::chrono::milliseconds ours{0};
  std::chrono::milliseconds theirs{0};
};

/// One connection, from CONNECTED on. Each message asks for a receipt, whose number is the message's place in the order
/// of publishing: 1, 2, … Used by the thread of its link.
class Session final : public brokers::Session {
 public:
  Session(std::string broker, std::unique_ptr<brokers::Wire> wire, FrameReader reader, HeartBeats beats,
          std::shared_ptr<Suspects> suspects);

  void add(DeliveryPtr delivery) override { waiting_.push_back(std::move(delivery)); }
  /// A broker makes a queue with the first message for it; STOMP has no way to ask for one before.
  void declare(const std::string&) override {}
  void step() override;

  int socket() const override { return wire_->socket(); }
  bool hasBuffered() const override { return wire_->hasBuffered(); }
  bool awaitsWritable() const override { return !out_.empty(); }
  const std::optional<Loss>& lost() const override { return wire_->lost(); }
  const std::optional<std::string>& blocked() const override { return blocked_; }
  /// A broker whose flow control stops the connection still sends heart-beats, and no receipt.
  bool silentFor(SteadyClock::duration time) const override {
    return awaitingSince_ && SteadyClock::now() - *awaitingSince_ >= time;
  }

  std::vector<DeliveryPtr> takeWaiting() override;
  std::vector<DeliveryPtr> takeUnconfirmed() override;
  void close() override;

 private:
  void read();
  void take(const Frame& frame);
  void answered();
  void refused(const Frame& frame);
  std::size_t awaited() const;
  std::size_t freePlaces() const;
  bool hasTooManyGivenUp() const;
  void dropEnded();
  void publish();
  void beat();
  void flush();
  void over(DeliveryPtr delivery, AttemptResult result);

  const std::string broker_;
  const std::unique_ptr<brokers::Wire> wire_;
  FrameReader reader_;
  const HeartBeats beats_;
  const std::shared_ptr<Suspects> suspects_;
  std::deque<DeliveryPtr> waiting_;
  std::map<std::uint64_t, DeliveryPtr> unconfirmed_;  // by their receipts
  std::uint64_t lastReceipt_ = 0;
  std::string out_;  // what the system has not taken yet
  SteadyClock::time_point readAt_ = SteadyClock::now();
  SteadyClock::time_point wroteAt_ = SteadyClock::now();
  std::optional<SteadyClock::time_point> awaitingSince_;  // the last receipt, or the first message after all had theirs
  const std::optional<std::string> blocked_{};
};

}  // namespace lull::stomp
