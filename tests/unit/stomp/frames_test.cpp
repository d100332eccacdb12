#include "../../../service/stomp/frames.hpp"

#include <gmock/gmock.h>

namespace lull::stomp {
namespace {

using testing::Contains;
using testing::Pair;

TEST(StompFrames, TheLoginNamesTheVirtualHostOrElseTheHost) {
  brokers::Broker broker;
  broker.host = "mq.example.org";
  broker.user = "lull";
  broker.password = "a:b";
  auto frame = connectFrame(broker, std::chrono::seconds(5));
  EXPECT_EQ(frame.command, "CONNECT");
  for (const auto& header : {std::pair<std::string, std::string>{"accept-version", "1.2"},
                             {"host", "mq.example.org"},
                             {"heart-beat", "5000,5000"},
                             {"login", "lull"},
                             {"passcode", "a:b"}}) {
    EXPECT_THAT(frame.headers, Contains(header));
  }
  broker.virtualHost = "desk";
  EXPECT_EQ(*connectFrame(broker, {}).header("host"), "desk");
}

TEST(StompFrames, AMessageIsPersistentAndAsksForItsReceipt) {
  brokers::Outgoing message;
  message.routingKey = "customers.17";
  message.messageId = "msg_1";
  message.contentType = "application/json";
  message.headers = {{"Lull-Sequence", "12"}};
  message.body = "{\"a\":\"å\"}";
  const auto frame = sendFrame(message, 41);
  EXPECT_EQ(frame.command, "SEND");
  EXPECT_EQ(frame.body, message.body);
  for (const auto& header : {std::pair<std::string, std::string>{"destination", "/queue/customers.17"},
                             {"destination-type", "ANYCAST"},
                             {"receipt", "41"},
                             {"persistent", "true"},
                             {"content-type", "application/json"},
                             {"content-length", "10"},
                             {"webhook-id", "msg_1"},
                             {"correlation-id", "msg_1"},
                             {"Lull-Sequence", "12"}}) {
    EXPECT_THAT(frame.headers, Contains(header));
  }
}

TEST(StompFrames, AReceiptThatIsNoneOfOursIsNumberZero) {
  EXPECT_EQ(receiptOf({"RECEIPT", {{"receipt-id", "41"}}}), 41U);
  for (const auto* text : {"", "x", "41x", "-1", "99999999999999999999999"})
    EXPECT_EQ(receiptOf({"RECEIPT", {{"receipt-id", text}}}), 0U) << text;
  EXPECT_EQ(receiptOf({"ERROR"}), 0U);
}

TEST(StompFrames, AnErrorSaysItsMessageOrElseTheFirstLineOfItsBody) {
  EXPECT_EQ(errorText({"ERROR", {{"message", "No."}}, "at java"}), "No.");
  EXPECT_EQ(errorText({"ERROR", {}, "No.\nat java"}), "No.");
  EXPECT_EQ(errorText({"ERROR", {{"message", ""}}, ""}), "");
}

TEST(StompFrames, HeartBeatsThatCannotBeReadAreNone) {
  const auto of = [](const char* text) { return offeredBeats({"CONNECTED", {{"heart-beat", text}}}); };
  EXPECT_EQ(of("5000,7000").sends.count(), 5000);
  EXPECT_EQ(of("5000,7000").wants.count(), 7000);
  EXPECT_EQ(of("99999999999,x").sends.count(), 86'400'000);
  EXPECT_EQ(of("99999999999,x").wants.count(), 0);
  EXPECT_EQ(of("5000").sends.count(), 0);
  EXPECT_EQ(offeredBeats({"CONNECTED"}).wants.count(), 0);
}

}  // namespace
}  // namespace lull::stomp
