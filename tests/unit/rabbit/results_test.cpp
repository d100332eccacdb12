#include "../../../service/rabbit/results.hpp"

#include <gmock/gmock.h>

namespace lull::rabbit {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RabbitResults, AConfirmedMessageIsDeliveredWithTheNumberOfSuccess) {
  const auto result = confirmed();
  EXPECT_EQ(result.outcome, Outcome::Delivered);
  EXPECT_EQ(result.code, 200);
  EXPECT_EQ(result.sentence, "");
}

TEST(RabbitResults, AnUnroutableMessageSaysWhereItShouldHaveGone) {
  Outgoing message;
  message.exchange = "ex_fs_messages";
  message.routingKey = "no.uio.fs.FS-prod.personer.create";
  auto result = unroutable(message, {312, "NO_ROUTE"});
  EXPECT_EQ(result.outcome, Outcome::Retryable);
  EXPECT_EQ(result.failure, FailureClass::Name);
  EXPECT_FALSE(result.parks);
  EXPECT_EQ(result.sentence,
            "No queue is bound to the exchange ex_fs_messages for the routing key no.uio.fs.FS-prod.personer.create "
            "(312 NO_ROUTE).");
  message.exchange = "";
  message.routingKey = "customer-17";
  EXPECT_EQ(unroutable(message, {312, "NO_ROUTE"}).sentence, "There is no queue customer-17 (312 NO_ROUTE).");
}

TEST(RabbitResults, OnlyAContentThatIsAloneIsGivenUpForGood) {
  const auto missing = channelClosed("fs", 404, "NOT_FOUND - no exchange 'x' in vhost '/'", false);
  EXPECT_EQ(missing.outcome, Outcome::Retryable);
  EXPECT_EQ(missing.failure, FailureClass::Name);
  EXPECT_FALSE(missing.code) << "a number would hide the sentence from operators";
  EXPECT_EQ(missing.sentence, "The broker fs did not take the message (404 NOT_FOUND - no exchange 'x' in vhost '/').");
  EXPECT_EQ(channelClosed("fs", 406, "PRECONDITION_FAILED", true).outcome, Outcome::Permanent);
  EXPECT_EQ(channelClosed("fs", 403, "ACCESS_REFUSED", true).outcome, Outcome::Retryable) << "permissions change";
  for (const int code : {311, 403, 406}) EXPECT_TRUE(isOfOneMessage(code)) << code;
  for (const int code : {404, 504, 541}) EXPECT_FALSE(isOfOneMessage(code)) << code;
}

TEST(RabbitResults, WhileABrokerIsAwayTheEndpointIsParkedAndNothingIsCharged) {
  for (const auto& result : {away("Away.", Millis{700}, FailureClass::Connect), unavailable("No broker.")}) {
    EXPECT_EQ(result.outcome, Outcome::Released);
    EXPECT_TRUE(result.parks);
    EXPECT_FALSE(wasAttempt(result));
  }
  EXPECT_EQ(away("Away.", Millis{700}, FailureClass::Connect).retryAfter, Millis{700});
}

TEST(RabbitResults, AStopChargesOnlyWhatWasPublished) {
  EXPECT_EQ(stopped(false).outcome, Outcome::Released);
  EXPECT_FALSE(stopped(false).parks);
  EXPECT_EQ(stopped(true).outcome, Outcome::Retryable);
  EXPECT_TRUE(stopped(true).cutOff);
}

TEST(RabbitResults, WhatABrokerWritesCannotBreakALine) {
  const auto result = channelClosed("fs", 404, "a\x1b[31m\n" + std::string(500, 'x'), false);
  EXPECT_THAT(result.sentence, Not(HasSubstr("\n")));
  EXPECT_LT(result.sentence.size(), 300U);
}

}  // namespace
}  // namespace lull::rabbit
