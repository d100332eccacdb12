#pragma once

#include "proton_engine.hpp"

#include <lull/brokers/session.hpp>
#include <lull/brokers/suspects.hpp>
#include <lull/runtime/backoff.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lull::amqp {

using brokers::DeliveryPtr;
using brokers::Loss;

/// One connection, from its opening on, with a link into each queue. Links are attached when the first message needs
/// them, and again after the broker has closed them. Used by the thread of its link.
class Session final : public brokers::Session, private EngineEvents {
 public:
  /// After `patience` of silence the broker says nothing.
  Session(std::string broker, std::unique_ptr<Engine> engine, std::chrono::milliseconds patience,
          std::shared_ptr<brokers::Suspects> suspects);

  void add(DeliveryPtr delivery) override;
  /// Has a link attached, by which brokers make the queue that is not there yet; those of messages come first.
  void declare(const std::string& queue) override { declared_.insert(queue); }
  void step() override;

  int socket() const override { return engine_->wire().socket(); }
  bool hasBuffered() const override { return engine_->wire().hasBuffered(); }
  bool awaitsWritable() const override { return engine_->awaitsWritable(); }
  const std::optional<Loss>& lost() const override { return engine_->wire().lost(); }
  const std::optional<std::string>& blocked() const override { return blocked_; }
  /// The broker gives its queue no credit.
  std::optional<std::string> stalled(const brokers::Delivery& delivery) const override;
  /// Others go one at a time before it.
  std::optional<std::string> heldBack(const brokers::Delivery& delivery) const override;
  bool silentFor(SteadyClock::duration time) const override {
    return brokers::Session::silentFor(std::max<SteadyClock::duration>(time, patience_));
  }

  std::vector<DeliveryPtr> takeWaiting() override;
  std::vector<DeliveryPtr> takeUnconfirmed() override;
  void close() override { engine_->close(); }

 private:
  /// Of a queue whose links the broker closes for no fault of the messages.
  static constexpr std::chrono::milliseconds kFirstPause{250};
  static constexpr std::chrono::milliseconds kLongestPause{5'000};
  /// A queue: its link, and what is to go into it.
  struct Queue {
    std::optional<proton::sender> link;
    std::deque<DeliveryPtr> waiting;
    std::size_t unsettled = 0;
    SteadyClock::time_point usedAt{};       // when a message came, or the link was attached, last
    bool carries = false;                   // the broker has accepted a message by this link
    SteadyClock::time_point closedUntil{};  // no link is attached before that
    runtime::LoopBackoff pauses{kFirstPause, kLongestPause};
  };
  struct Published {
    DeliveryPtr delivery;
    std::string queue;
    std::uint64_t number = 0;  // in the order of publishing
  };

  void opened() override {}
  void settled(const pn_delivery_t* message, enum proton::transfer::state state, const Condition& why) override;
  void linkClosed(const proton::sender& link, const Condition& why) override;
  void exchange();
  void publishAll();
  void publish(const std::string& name, Queue& queue);
  void over(const DeliveryPtr& delivery, AttemptResult result);
  brokers::Suspects::UnderWay underWay() const;
  void judgeLoss();
  void dropGivenUpSuspect();
  void attach(const std::string& name, Queue& queue);
  void putBack(const std::string& name, Queue& queue);
  void refuse(const std::string& name, Queue& queue, const Condition& why);
  void forgetIdle();
  std::size_t awaited(const std::string& name) const;
  std::size_t freePlaces(const std::string& name, const Queue& queue) const;
  bool hasTooManyGivenUp(const std::string& name, const Queue& queue) const;
  std::vector<DeliveryPtr> takeUnsettled(const std::string& name, Queue& queue);
  void leave(const std::string& name, Queue& queue);
  bool attachDeclared();

  const std::string broker_;
  const std::chrono::milliseconds patience_;
  const std::shared_ptr<brokers::Suspects> suspects_;
  SteadyClock::time_point since_{};
  bool judged_ = false;         // the loss of the connection
  bool isFull_ = false;         // the library has taken so much that it is to be written first
  std::size_t handedOver_ = 0;  // bytes of this pass
  std::string nextQueue_;       // whose turn it is then
  std::map<std::string, Queue> queues_;
  std::map<const pn_delivery_t*, Published> unsettled_;
  std::uint64_t lastNumber_ = 0;
  std::set<std::string> declared_;      // queues that links are to be attached for
  std::set<std::string> toldRefused_;   // queues of which the log has a line
  std::vector<std::string> attaching_;  // those whose links the broker has not answered yet
  const std::optional<std::string> blocked_{};
  const std::unique_ptr<Engine> engine_;  // last: its end may tell of things
};

}  // namespace lull::amqp
