#include "../../../service/app/channel_router.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace lull::app {
namespace {

/// Notes what it is asked, by name.
struct NotedChannel : ports::Channel {
  void deliver(ports::DeliveryRequest request, Callback done) override {
    calls.push_back("deliver " + request.message.id);
    AttemptResult result;
    result.outcome = Outcome::Delivered;
    done(result);
  }
  std::optional<std::string> render(const Endpoint* endpoint, const Message& message) const override {
    return (endpoint != nullptr ? endpoint->id : "deleted") + " " + message.id;
  }
  void stopStarting() override { calls.emplace_back("stopStarting"); }
  void stop() override { calls.emplace_back("stop"); }
  std::vector<std::string> calls;
};

struct ChannelRouterTest : ::testing::Test {
  Message message() const {
    Message message;
    message.id = "msg_1";
    return message;
  }
  NotedChannel webhooks;
  NotedChannel mailboxes;
  NotedChannel rabbits;
  ChannelRouter router{{webhooks, mailboxes, rabbits}};
};

TEST_F(ChannelRouterTest, PassesADeliveryAndItsResultOnByTheEndpointsKind) {
  auto endpoint = std::make_shared<Endpoint>();
  ASSERT_EQ(endpoint->registration.channel(), ChannelKind::Webhook);
  std::optional<Outcome> outcome;
  router.deliver({endpoint, message(), Millis{1}, false},
                 [&](const AttemptResult& result) { outcome = result.outcome; });
  EXPECT_EQ(outcome, Outcome::Delivered);
  EXPECT_EQ(webhooks.calls, std::vector<std::string>{"deliver msg_1"});
}

TEST_F(ChannelRouterTest, LeavesEachKindToItsOwnChannel) {
  Endpoint endpoint;
  endpoint.id = "ep_2";
  endpoint.registration.target.emplace<Mailbox>();
  router.deliver({std::make_shared<Endpoint>(endpoint), message(), Millis{1}, false}, [](const AttemptResult&) {});
  EXPECT_EQ(mailboxes.calls, std::vector<std::string>{"deliver msg_1"});
  EXPECT_TRUE(webhooks.calls.empty());
  endpoint.registration.target.emplace<RabbitTarget>();
  router.deliver({std::make_shared<Endpoint>(endpoint), message(), Millis{1}, false}, [](const AttemptResult&) {});
  EXPECT_EQ(rabbits.calls, std::vector<std::string>{"deliver msg_1"});
  EXPECT_EQ(mailboxes.calls, std::vector<std::string>{"deliver msg_1"});
}

TEST_F(ChannelRouterTest, ShowsWhatWouldBeSentAlsoForADeletedEndpoint) {
  Endpoint endpoint;
  endpoint.id = "ep_1";
  EXPECT_EQ(router.render(&endpoint, message()), "ep_1 msg_1");
  EXPECT_EQ(router.render(nullptr, message()), "deleted msg_1");
}

TEST_F(ChannelRouterTest, StopsEveryChannelAndLetsNoneBeginAnythingBefore) {
  router.stopStarting();
  router.stop();
  for (const auto* channel : {&webhooks, &mailboxes, &rabbits}) {
    EXPECT_EQ(channel->calls, (std::vector<std::string>{"stopStarting", "stopStarting", "stop"}));
  }
}

}  // namespace
}  // namespace lull::app
