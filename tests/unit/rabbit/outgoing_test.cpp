#include "../../../service/rabbit/outgoing.hpp"

#include <gmock/gmock.h>

namespace lull::rabbit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

struct OutgoingTest : ::testing::Test {
  OutgoingTest() : catalogue({{"Undervisning", 1, "Id", {"PartiUpdated"}, "studentunderv.aktiviteter", "stua_id"}}) {
    broker.name = "fs";
    request.endpoint = endpoint;
    auto& message = request.message;
    message.id = "msg_1";
    message.key = {1, ItemId(4711)};
    message.payload.eventType = "PartiUpdated";
    message.payload.operation = Operation::Update;
    message.upto = 12;
    message.eventCount = 3;
    message.attempts = 2;
    message.sentAt = instantOf(1539075071295);
  }

  RabbitTarget& target() { return std::get<RabbitTarget>(endpoint->registration.target); }
  Result<Outgoing> built() {
    const auto format = formats.of(endpoint->registration);
    EXPECT_TRUE(format.ok());
    return buildOutgoing(request, {**format, values, catalogue, broker, instantOf(1539075072999)});
  }

  Catalogue catalogue;
  formats::Values values{{"environment", "prod"}};
  formats::Formats formats{{}, values, IdField::BaseId};
  Broker broker;
  std::shared_ptr<Endpoint> endpoint = [] {
    auto made = std::make_shared<Endpoint>();
    made->registration.target = RabbitTarget{"fs"};
    return made;
  }();
  ports::DeliveryRequest request;
};

TEST_F(OutgoingTest, TheRoutingKeyIsMadeOfTheMessageAndTheBodyIsTheFormats) {
  target().exchange = "ex_fs_messages";
  target().routingKey = "no.uio.fs.FS-{value.Environment}.{resource}.{operation}";
  endpoint->registration.format = "Claims";
  const auto out = built();
  ASSERT_TRUE(out.ok()) << out.error().message;
  EXPECT_EQ(out->exchange, "ex_fs_messages");
  EXPECT_EQ(out->routingKey, "no.uio.fs.FS-prod.studentunderv.aktiviteter.update");
  EXPECT_EQ(out->declare, "");
  EXPECT_EQ(out->messageId, "msg_1");
  EXPECT_EQ(out->contentType, "application/json");
  EXPECT_EQ(out->timestamp, 1539075072U);
  EXPECT_THAT(out->headers,
              ElementsAre(Pair("Lull-Sequence", "12"), Pair("Lull-Event-Count", "3"), Pair("Lull-Attempt", "2")));
  EXPECT_THAT(out->body, HasSubstr(R"("sub":"studentunderv.aktiviteter/4711","stua_id":"4711","iss":"FS-prod")"));
}

TEST_F(OutgoingTest, AQueueIsReachedThroughTheDefaultExchange) {
  target().queue = "customer-17";
  auto out = built();
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->exchange, "");
  EXPECT_EQ(out->routingKey, "customer-17");
  EXPECT_EQ(out->declare, "");
  target().declare = true;
  out = built();
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->declare, "customer-17");
}

TEST_F(OutgoingTest, WithoutAnExchangeItIsTheBrokers) {
  target().routingKey = "a";
  EXPECT_EQ(built().error().code, ErrorCode::Unavailable);
  broker.exchange = "ex_fs_messages";
  const auto out = built();
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->exchange, "ex_fs_messages");
}

TEST_F(OutgoingTest, WhatAMessageIsStandsInItsHeaders) {
  target().queue = "q";
  request.message.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  request.message.replay = true;
  request.test = true;
  const auto out = built();
  ASSERT_TRUE(out.ok());
  for (const auto& header : {std::pair<std::string, std::string>{"traceparent", request.message.traceparent},
                             {"Lull-Replay", "true"},
                             {"Lull-Test", "true"}}) {
    EXPECT_THAT(out->headers, testing::Contains(header));
  }
}

TEST_F(OutgoingTest, AKeyThatIsTooLongCanNeverBeSentAndOneThatLacksAValueLater) {
  target().exchange = "x";
  target().routingKey = std::string(254, 'a') + "{itemId}";
  EXPECT_EQ(built().error().code, ErrorCode::InvalidInput);
  target().routingKey = "{value.Gone}";
  const auto out = built();
  EXPECT_EQ(out.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(out.error().message, HasSubstr("value.Gone"));
}

}  // namespace
}  // namespace lull::rabbit
