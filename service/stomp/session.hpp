#pragma once

#include "frame.hpp"

#include <lull/brokers/session.hpp>
#include <lull/brokers/suspects.hpp>
#include <lull/brokers/wire.hpp>

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
using brokers::Suspects;

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

  /// Messages are published one at a time.
  std::optional<std::string> heldBack(const brokers::Delivery& delivery) const override;

  std::vector<DeliveryPtr> takeWaiting() override;
  std::vector<DeliveryPtr> takeUnconfirmed() override;
  void close() override;

 private:
  void read();
  void take(const Frame& frame);
  void answered();
  void refused(const Frame& frame);
  void judgeLoss();
  AttemptResult refusal(const std::string& how) const;
  void chargeOnly(const std::string& how);
  Suspects::UnderWay underWay() const { return {unconfirmed_.size(), awaited()}; }
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
  const SteadyClock::time_point since_ = SteadyClock::now();
  bool judged_ = false;  // the loss of this connection, as to whose work it is
  const std::optional<std::string> blocked_{};
};

}  // namespace lull::stomp
