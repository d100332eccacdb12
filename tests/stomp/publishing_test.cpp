// What an ActiveMQ that is there makes of messages.
#include "stomp/scene.hpp"

#include <set>

namespace lull::stomp {
namespace {

using ::testing::HasSubstr;

struct StompPublishing : StompScene {};

TEST_F(StompPublishing, AMessageHasItsPropertiesAndItsBodyByteForByte) {
  start(broker());
  const auto queue = freshQueue();
  const auto data = R"({"b": 1.50,  "a": "blåbær 🫐 \u0000"})";
  const auto one = result(deliver(endpoint(queue), "msg_1", data));
  EXPECT_EQ(one.outcome, Outcome::Delivered) << one.sentence;
  EXPECT_EQ(one.code, 200);
  EXPECT_EQ(one.sentence, "");
  const auto read = readerOf(queue)->next();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->body, data);
  const auto& headers = read->headers;
  EXPECT_EQ(headers.at("webhook-id"), "msg_1");
  EXPECT_EQ(headers.at("correlation-id"), "msg_1");
  EXPECT_EQ(headers.at("content-type"), "application/x-data");
  EXPECT_EQ(headers.at("persistent"), "true");
  EXPECT_EQ(headers.at("Lull-Sequence"), "7");
  EXPECT_EQ(headers.at("Lull-Event-Count"), "1");
  EXPECT_EQ(headers.at("Lull-Attempt"), "1");
}

TEST_F(StompPublishing, ManyAreInFlightAtOnceAndArriveInTheirOrder) {
  constexpr int kMessages = 3000;
  start(broker());
  const auto queue = freshQueue();
  const auto to = endpoint(queue);
  std::vector<Answer> answers;
  // The broker writes each to the disk, which takes its time when others write, too.
  for (int i = 0; i < kMessages; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i), {}, Millis{60'000}));
  for (auto& answer : answers) ASSERT_EQ(result(std::move(answer)).outcome, Outcome::Delivered);
  const auto reader = readerOf(queue);
  for (int i = 0; i < kMessages; ++i) ASSERT_EQ(reader->next().value().body, "\"msg_" + std::to_string(i) + "\"");
  EXPECT_FALSE(reader->next(200)) << "each is there once";
}

TEST_F(StompPublishing, AQueueThatLullMayNotWriteToIsRetryableAndTheOthersArrive) {
  start(broker());
  const auto queue = freshQueue();
  const auto good = endpoint(queue);
  const auto bad = endpoint("internal:payroll");
  std::vector<Answer> goods;
  std::vector<Answer> bads;
  for (int i = 0; i < 50; ++i) {
    goods.push_back(deliver(good, "msg_g" + std::to_string(i)));
    bads.push_back(deliver(bad, "msg_b" + std::to_string(i)));
  }
  for (auto& answer : goods) EXPECT_EQ(result(std::move(answer)).outcome, Outcome::Delivered);
  for (auto& answer : bads) {
    const auto one = result(std::move(answer));
    EXPECT_EQ(one.outcome, Outcome::Retryable);
    EXPECT_FALSE(one.parks);
    EXPECT_EQ(one.failure, FailureClass::Protocol);
    EXPECT_EQ(one.sentence,
              "The broker desk did not take the message (User lull is not authorized to write to: "
              "queue://internal:payroll).");
  }
  EXPECT_THAT(alerts_.all(), ::testing::IsEmpty()) << "the connection stays";
}

TEST_F(StompPublishing, OfMessagesAmongWhichOneIsTooLargeOnlyThatOneIsBlamed) {
  start(broker());
  const auto queue = freshQueue();
  const auto to = endpoint(queue);
  std::set<std::string> left;
  for (int i = 0; i < 20; ++i) left.insert("msg_" + std::to_string(i));
  // What the dispatcher would do: what was not charged comes again, once the endpoint is not parked any more.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  bool refused = false;
  while (!left.empty() && std::chrono::steady_clock::now() < until) {
    std::map<std::string, Answer> answers;
    for (const auto& id : left)
      answers.emplace(id, deliver(to, id, id == "msg_7" ? "\"" + std::string(70'000, 'x') + "\"" : ""));
    for (auto& [id, answer] : answers) {
      const auto one = result(std::move(answer));
      if (one.outcome == Outcome::Released) continue;
      left.erase(id);
      EXPECT_EQ(one.outcome, id == "msg_7" ? Outcome::Retryable : Outcome::Delivered) << id << " " << one.sentence;
      if (id != "msg_7") continue;
      refused = true;
      EXPECT_THAT(one.sentence, HasSubstr("did not take the message (The maximum data length was exceeded)"));
    }
    std::this_thread::sleep_for(Millis{100});
  }
  EXPECT_THAT(left, ::testing::IsEmpty());
  EXPECT_TRUE(refused);
  EXPECT_EQ(onceThere(to, "msg_after").outcome, Outcome::Delivered);
}

TEST_F(StompPublishing, AUserWhoReadsCannotWrite) {
  start(broker());
  EXPECT_EQ(result(deliver(endpoint("customers.17", true), "msg_1")).outcome, Outcome::Delivered);
  testing::PlainClient customer(server().port(), "customer-17", testing::ActiveMqServer::kPassword);
  customer.subscribe("customers.17");
  EXPECT_EQ(customer.next().value().body, "\"msg_1\"");
  EXPECT_EQ(customer.send("customers.17", "{}").value().command, "ERROR");
  EXPECT_FALSE(customer.next(200)) << "nothing was written";
}

TEST_F(StompPublishing, WhatTheSettingsLackParksTheEndpoint) {
  start(broker());
  auto other = std::make_shared<Endpoint>(*endpoint("customers.x"));
  other->registration.target = AmqpTarget{"other", "customers.x"};
  auto one = result(deliver(other, "msg_1"));
  EXPECT_EQ(one.outcome, Outcome::Released);
  EXPECT_TRUE(one.parks);
  EXPECT_EQ(one.retryAfter, Millis{60'000});
  EXPECT_EQ(one.sentence, "The settings have no broker other (Brokers).");
}

}  // namespace
}  // namespace lull::stomp
