// What is known of some brokers.
#include "../../service/amqp/known_brokers.hpp"

#include "scene.hpp"

namespace lull::amqp {
namespace {

using ::testing::HasSubstr;
using KnownBrokers = Amqp;

// RabbitMQ 3 accepts over AMQP 1.0 what it routes to no queue.
TEST_F(KnownBrokers, ARabbitThatAcceptsWhatNoQueueTakesIsRefused) {
  peer_.introduce("RabbitMQ", "3.13.7");
  start(broker());
  const auto to = endpoint("customer-17");
  const auto one = result(deliver(to, "msg_1"));
  expectUncharged(one);
  EXPECT_THAT(one.sentence, HasSubstr("RabbitMQ 3.13.7"));
  EXPECT_THAT(one.sentence, HasSubstr("channel rabbitmq"));
  EXPECT_EQ(bodiesOf("customer-17").size(), 0U);
  peer_.introduce("RabbitMQ", "4.1.0");
  EXPECT_EQ(onceThere(to, "msg_2").outcome, Outcome::Delivered);
}

TEST_F(KnownBrokers, OthersMaySayWhateverTheyLike) {
  peer_.introduce("apache-activemq-artemis", "2.40.0");
  start(broker());
  EXPECT_EQ(result(deliver(endpoint("customer-17"), "msg_1")).outcome, Outcome::Delivered);
}

TEST_F(KnownBrokers, AzureMayBeSilentForTwoMinutesInEachOfItsClouds) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  for (const auto* host : {"example.servicebus.windows.net", "example.servicebus.chinacloudapi.cn",
                           "example.servicebus.usgovcloudapi.net"})
    EXPECT_EQ(idleTimeout(host, seconds(5)), minutes(2)) << host;
  EXPECT_EQ(idleTimeout("example.servicebus.windows.net", minutes(2)), minutes(4));
  EXPECT_EQ(idleTimeout("servicebus.example.org", seconds(5)), seconds(10));
}

// Otherwise a message that is not confirmed in time would be taken for a broker that says nothing.
TEST_F(KnownBrokers, SilenceCountsOnlyAfterTheTimeThatTheBrokerWasTold) {
  const auto opened = makeProtocol()->open(broker(), {});
  const auto* session = std::get_if<std::unique_ptr<brokers::Session>>(&opened);
  ASSERT_NE(session, nullptr);
  std::this_thread::sleep_for(Millis{2});
  EXPECT_FALSE((*session)->silentFor(Millis{1}));
}

}  // namespace
}  // namespace lull::amqp
