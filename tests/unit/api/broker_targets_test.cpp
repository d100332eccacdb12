// What `target` may say, by channel, and at which property a fault is told.
#include "brokers/target_input.hpp"

#include <gmock/gmock.h>

namespace lull::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

struct BrokerTargets : ::testing::Test {
  using Faults = std::vector<std::pair<std::string, std::string>>;
  template <class Read>
  Faults faultsOf(const char* body, Read read) {
    InputErrors errors;
    read(http::Json::parse(body), errors);
    Faults faults;
    for (const auto& field : errors.toError().fields) faults.emplace_back(field.pointer, field.detail);
    return faults;
  }
  Faults amqp(const char* body, const AmqpTarget* stored = nullptr) {
    return faultsOf(body, [&](const http::Json& json, InputErrors& errors) {
      amqp_ = readAmqpTarget(json, stored, vocabulary_, errors);
    });
  }
  Faults rabbit(const char* body, const RabbitTarget* stored = nullptr) {
    return faultsOf(body, [&](const http::Json& json, InputErrors& errors) {
      rabbit_ = readRabbitTarget(json, stored, vocabulary_, errors);
    });
  }

  Catalogue catalogue_{builtinChangeTypes()};
  formats::Formats formats_{{}, {}, IdField::BaseId};
  Vocabulary vocabulary_{catalogue_, formats_, {{"fs", true}, {"desk", false}, {"mq", false, true}}};
  AmqpTarget amqp_;
  RabbitTarget rabbit_;
};

TEST_F(BrokerTargets, AnAmqpTargetIsAQueueOfABroker) {
  EXPECT_THAT(amqp(R"({"broker": "desk", "queue": "customer-17"})"), IsEmpty());
  EXPECT_EQ(amqp_, (AmqpTarget{"desk", "customer-17", false}));
  EXPECT_THAT(amqp(R"({"broker": "mq", "queue": "a b/c::d.e", "declare": true})"), IsEmpty());
  EXPECT_EQ(amqp_, (AmqpTarget{"mq", "a b/c::d.e", true}));
  EXPECT_EQ(amqpTargetJson(amqp_).dump(), R"({"broker":"mq","queue":"a b/c::d.e","declare":true})");
}

TEST_F(BrokerTargets, WhatAnAmqpTargetLacksOrHasTooMuchIsSaidAtItsProperty) {
  EXPECT_THAT(amqp("{}"),
              ElementsAre(Pair("/target/broker", "It is required."), Pair("/target/queue", "It is required.")));
  EXPECT_THAT(amqp(R"({"broker": "sf", "queue": "q"})"),
              ElementsAre(Pair("/target/broker", "There is no such broker; the settings have fs, desk, mq.")));
  for (const auto* other : {"exchange", "routingKey"}) {
    const auto body = R"({"broker": "desk", "queue": "q", ")" + std::string(other) + R"(": "x"})";
    EXPECT_THAT(amqp(body.c_str()),
                ElementsAre(Pair("/target/" + std::string(other), "Only an endpoint with channel rabbitmq has it.")));
  }
  EXPECT_THAT(amqp(R"({"broker": "desk", "queue": "q", "pasword": "x"})"),
              ElementsAre(Pair("/target/pasword", ::testing::_)));
  EXPECT_THAT(amqp(R"({"broker": "desk", "queue": "q", "declare": "yes"})"),
              ElementsAre(Pair("/target/declare", ::testing::_)));
}

TEST_F(BrokerTargets, ANameThatBrokersTakeForMoreThanOneQueueIsRefused) {
  for (const auto& queue :
       std::vector<std::string>{"a,b", "a?x=1", "a.*", "a.>", "a.#", "topic://a", "queue://a", " a", "a "}) {
    EXPECT_THAT(amqp((R"({"broker": "desk", "queue": ")" + queue + "\"}").c_str()),
                ElementsAre(Pair("/target/queue", HasSubstr("must not hold"))))
        << queue;
  }
  for (const auto& queue :
       std::vector<std::string>{std::string(), std::string(256, 'x'), std::string("a\\nb"), std::string("a\\u0000")}) {
    EXPECT_THAT(amqp((R"({"broker": "desk", "queue": ")" + queue + "\"}").c_str()),
                ElementsAre(Pair("/target/queue", "It must have 1 to 255 bytes without control characters.")))
        << queue;
  }
}

TEST_F(BrokerTargets, ABrokerThatTheSettingsHaveLostMayStay) {
  const AmqpTarget stored{"lost", "q"};
  EXPECT_THAT(amqp(R"({"broker": "lost", "queue": "q2"})", &stored), IsEmpty());
  EXPECT_THAT(amqp(R"({"broker": "gone", "queue": "q2"})", &stored), ElementsAre(Pair("/target/broker", ::testing::_)));
}

TEST_F(BrokerTargets, ABrokerThatSpeaksStompIsNothingForRabbit) {
  EXPECT_THAT(rabbit(R"({"broker": "mq", "queue": "q"})"),
              ElementsAre(Pair("/target/broker", HasSubstr("only channel amqp reaches it"))));
  EXPECT_THAT(rabbit(R"({"broker": "desk", "queue": "a,b"})"), IsEmpty()) << "to RabbitMQ it is a name";
}

TEST_F(BrokerTargets, ARabbitTargetIsAQueueOrAnExchangeWithARoutingKey) {
  EXPECT_THAT(rabbit(R"({"broker": "fs", "routingKey": "a.{operation}"})"), IsEmpty());
  EXPECT_EQ(rabbit_, (RabbitTarget{"fs", "", "a.{operation}"}));
  EXPECT_THAT(rabbit(R"({"broker": "desk", "routingKey": "a"})"), ElementsAre(Pair("/target/exchange", ::testing::_)));
  EXPECT_THAT(rabbit(R"({"broker": "fs", "routingKey": "{resurce}"})"),
              ElementsAre(Pair("/target/routingKey", ::testing::_)));
  EXPECT_THAT(rabbit(R"({"broker": "fs", "queue": "q", "exchange": "e"})"),
              ElementsAre(Pair("/target/exchange", ::testing::_)));
  EXPECT_THAT(rabbit(R"({"broker": "fs", "routingKey": "a", "declare": true})"),
              ElementsAre(Pair("/target/declare", ::testing::_)));
  EXPECT_THAT(rabbit(R"({"broker": "fs", "queue": "amq.x", "declare": true})"),
              ElementsAre(Pair("/target/queue", ::testing::_)));
}

}  // namespace
}  // namespace lull::api
