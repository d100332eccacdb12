// What a link does with any session, by one that does what the test says.
#include "brokers/channel_scene.hpp"

#include <lull/brokers/protocol.hpp>
#include <lull/brokers/results.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

namespace lull::brokers {
namespace {

/// Confirms everything at once while the broker takes messages, and nothing else.
class ObedientSession final : public Session {
 public:
  explicit ObedientSession(const std::atomic<bool>& takes) : takes_(takes), socket_(::eventfd(0, EFD_CLOEXEC)) {}
  ~ObedientSession() override { ::close(socket_); }

  void add(DeliveryPtr delivery) override { waiting_.push_back(std::move(delivery)); }
  void declare(const std::string&) override {}
  void step() override {
    if (!takes_) return;
    for (const auto& delivery : takeWaiting())
      if (!delivery->ended()) end(delivery, confirmed());
  }
  int socket() const override { return socket_; }
  const std::optional<Loss>& lost() const override { return lost_; }
  const std::optional<std::string>& blocked() const override { return blocked_; }
  std::optional<std::string> stalled(const Delivery& delivery) const override {
    return "The broker desk takes nothing for " + delivery.message().routingKey + ".";
  }
  std::vector<DeliveryPtr> takeWaiting() override { return std::exchange(waiting_, {}); }
  std::vector<DeliveryPtr> takeUnconfirmed() override { return {}; }
  void close() override {}

 private:
  const std::atomic<bool>& takes_;
  const int socket_;
  std::vector<DeliveryPtr> waiting_;
  const std::optional<Loss> lost_{};
  const std::optional<std::string> blocked_{};
};

struct ObedientProtocol final : Protocol {
  explicit ObedientProtocol(const std::atomic<bool>& taking) : takes(taking) {}
  std::string threadName() const override { return "obeys"; }
  Result<Outgoing> build(const ports::DeliveryRequest& request, const OutgoingParts& parts) const override {
    Outgoing out;
    out.routingKey = request.endpoint->registration.amqp()->queue;
    return completed(std::move(out), request, parts);
  }
  Opened open(const Broker&, const ConnectionTimes&) const override { return std::make_unique<ObedientSession>(takes); }
  const std::atomic<bool>& takes;
};

struct BrokerLinkTest : ChannelScene {
  BrokerLinkTest() : ChannelScene([this](const Broker&) { return std::make_shared<ObedientProtocol>(takes_); }) {
    Broker one;
    one.name = "desk";
    start(one);
  }
  ~BrokerLinkTest() override { channel_.reset(); }
  void stall(const std::shared_ptr<const Endpoint>& to) {
    takes_ = false;
    expectUncharged(result(deliver(to, "msg_1", {}, Millis{20})));
  }
  void take(const std::shared_ptr<const Endpoint>& to) {
    takes_ = true;
    EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  }
  std::atomic<bool> takes_{false};
};

TEST_F(BrokerLinkTest, AQueueThatStallsIsToldOfOnceAndAnewAfterItHasTakenAMessage) {
  const auto to = endpoint("q");
  const auto other = endpoint("other");
  stall(to);
  stall(to);
  EXPECT_THAT(alerts_.all(), ::testing::ElementsAre(::testing::StartsWith("The broker desk takes nothing for q.")));
  take(other);
  stall(to);
  EXPECT_EQ(alerts_.all().size(), 1U) << "that another queue takes messages says nothing of this one";
  take(to);
  stall(to);
  EXPECT_EQ(alerts_.all().size(), 2U);
}

}  // namespace
}  // namespace lull::brokers
