// What a broker that is there makes of messages.
#include "rabbit/scene.hpp"

namespace lull::rabbit {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

struct Publishing : RabbitScene {
  /// A queue that gets all of an exchange.
  std::string boundQueue(const std::string& exchange, const std::string& key = "#") {
    const auto queue = fresh("queue");
    reader_.exchange(exchange);
    reader_.queue(queue);
    reader_.bind(queue, exchange, key);
    return queue;
  }
};

TEST_F(Publishing, AMessageHasItsPropertiesAndItsBodyByteForByte) {
  start();
  const auto exchange = fresh("ex");
  const auto queue = boundQueue(exchange, "no.uio.fs.AssetChanged.create");
  const auto data = R"({"b": 1.50,  "a": "blåbær"})";
  const auto before = std::chrono::system_clock::now();
  const auto result =
      this->result(deliver(endpoint({"fs", exchange, "no.uio.fs.{changeTypeName}.create"}), "msg_1", data));
  EXPECT_EQ(result.outcome, Outcome::Delivered) << result.sentence;
  EXPECT_EQ(result.code, 200);
  EXPECT_EQ(result.sentence, "");
  const auto read = reader_.next(queue);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->body, data);
  EXPECT_EQ(read->exchange, exchange);
  EXPECT_EQ(read->routingKey, "no.uio.fs.AssetChanged.create");
  EXPECT_EQ(read->messageId, "msg_1");
  EXPECT_EQ(read->contentType, "application/x-data");
  EXPECT_EQ(read->deliveryMode, 2);
  EXPECT_EQ(read->appId, "Lull");
  EXPECT_NEAR(static_cast<double>(read->timestamp), std::chrono::duration<double>(before.time_since_epoch()).count(),
              5.0);
  EXPECT_THAT(read->headers, UnorderedElementsAre(Pair("Lull-Sequence", "7"), Pair("Lull-Event-Count", "1"),
                                                  Pair("Lull-Attempt", "1")));
}

TEST_F(Publishing, ManyAreInFlightAtOnceAndArriveInTheirOrder) {
  constexpr int kMessages = 3000;
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto to = endpoint({"fs", "", "", queue});
  std::vector<Answer> answers;
  for (int i = 0; i < kMessages; ++i) answers.push_back(deliver(to, "msg_" + std::to_string(i)));
  for (auto& answer : answers) ASSERT_EQ(result(std::move(answer)).outcome, Outcome::Delivered);
  EXPECT_EQ(reader_.count(queue), kMessages);
  for (int i = 0; i < kMessages; ++i) ASSERT_EQ(reader_.next(queue).value().messageId, "msg_" + std::to_string(i));
}

TEST_F(Publishing, WhatNoQueueTakesIsRetryableAndTheOthersArrive) {
  start();
  const auto exchange = fresh("ex");
  const auto queue = boundQueue(exchange, "good.*");
  const auto good = endpoint({"fs", exchange, "good.{itemId}"});
  const auto lost = endpoint({"fs", exchange, "lost.{itemId}"});
  std::vector<Answer> goods;
  std::vector<Answer> losts;
  for (int i = 0; i < 50; ++i) {
    goods.push_back(deliver(good, "msg_g" + std::to_string(i)));
    losts.push_back(deliver(lost, "msg_l" + std::to_string(i)));
  }
  for (auto& answer : goods) EXPECT_EQ(result(std::move(answer)).outcome, Outcome::Delivered);
  for (auto& answer : losts) {
    const auto one = result(std::move(answer));
    EXPECT_EQ(one.outcome, Outcome::Retryable);
    EXPECT_FALSE(one.parks);
    EXPECT_EQ(one.sentence,
              "No queue is bound to the exchange " + exchange + " for the routing key lost.4711 (312 NO_ROUTE).");
  }
  EXPECT_EQ(reader_.count(queue), 50);
}

TEST_F(Publishing, AMissingExchangeHarmsOnlyItsOwnMessagesAndWorksOnceItIsThere) {
  start();
  const auto missing = fresh("ex");
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto good = endpoint({"fs", "", "", queue});
  const auto lost = endpoint({"fs", missing, "a"});
  std::vector<Answer> goods;
  std::vector<Answer> losts;
  for (int i = 0; i < 100; ++i) {
    goods.push_back(deliver(good, "msg_g" + std::to_string(i)));
    losts.push_back(deliver(lost, "msg_l" + std::to_string(i)));
  }
  for (auto& answer : goods) EXPECT_EQ(result(std::move(answer)).outcome, Outcome::Delivered);
  for (auto& answer : losts) {
    const auto one = result(std::move(answer));
    EXPECT_EQ(one.outcome, Outcome::Retryable);
    EXPECT_THAT(one.sentence,
                AllOf(HasSubstr("The broker fs did not take the message (404 NOT_FOUND"), HasSubstr(missing)));
  }
  const auto later = boundQueue(missing);
  EXPECT_EQ(result(deliver(lost, "msg_again")).outcome, Outcome::Delivered);
  EXPECT_EQ(reader_.next(later).value().messageId, "msg_again");
  // And it may vanish while messages are under way.
  reader_.deleteExchange(missing);
  EXPECT_EQ(result(deliver(lost, "msg_gone")).failure, FailureClass::Name);
}

TEST_F(Publishing, AMessageThatIsTooLargeIsGivenUpAndThoseAroundItArrive) {
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue);
  const auto to = endpoint({"fs", "", "", queue});
  std::vector<Answer> answers;
  for (int i = 0; i < 20; ++i)
    answers.push_back(deliver(to, "msg_" + std::to_string(i), i == 7 ? "\"" + std::string(70'000, 'x') + "\"" : ""));
  for (int i = 0; i < 20; ++i) {
    const auto one = result(std::move(answers[static_cast<std::size_t>(i)]));
    EXPECT_EQ(one.outcome, i == 7 ? Outcome::Permanent : Outcome::Delivered) << i << " " << one.sentence;
    if (i == 7) {
      EXPECT_THAT(one.sentence, AllOf(HasSubstr("(406 PRECONDITION_FAILED"), HasSubstr("message size")));
    }
  }
  EXPECT_EQ(result(deliver(to, "msg_after")).outcome, Outcome::Delivered);
}

TEST_F(Publishing, AFullQueueThatRefusesIsRetryable) {
  start();
  const auto queue = fresh("queue");
  reader_.queue(queue, 1);
  const auto to = endpoint({"fs", "", "", queue});
  EXPECT_EQ(result(deliver(to, "msg_1")).outcome, Outcome::Delivered);
  const auto refused = result(deliver(to, "msg_2"));
  EXPECT_EQ(refused.outcome, Outcome::Retryable);
  EXPECT_EQ(refused.sentence, "The broker fs refused the message (basic.nack), as it does when a queue is full.");
  reader_.next(queue);
  EXPECT_EQ(result(deliver(to, "msg_2")).outcome, Outcome::Delivered);
}

TEST_F(Publishing, QueuesAreDeclaredOnConnectWhenRegisteredAndAgainWhenTheyWereDeleted) {
  const auto before = fresh("queue");
  endpoint({"fs", "", "", before, true});
  const auto plain = fresh("queue");
  endpoint({"fs", "", "", plain});
  start();
  const auto appears = [&](const std::string& queue) {
    for (int i = 0; i < 200 && !reader_.count(queue); ++i) std::this_thread::sleep_for(Millis{25});
    return reader_.count(queue).has_value();
  };
  EXPECT_TRUE(appears(before));
  const auto later = fresh("queue");
  endpoint({"fs", "", "", later, true});
  EXPECT_TRUE(appears(later));
  EXPECT_FALSE(reader_.count(plain)) << "it was not to be declared";

  // A message that comes before the registry does waits for its queue.
  const auto unseen = fresh("queue");
  auto unknown = std::make_shared<Endpoint>();
  unknown->registration.target = RabbitTarget{"fs", "", "", unseen, true};
  EXPECT_EQ(result(deliver(unknown, "msg_1")).outcome, Outcome::Delivered);
  EXPECT_EQ(reader_.count(unseen), 1);
  reader_.deleteQueue(unseen);
  EXPECT_EQ(result(deliver(unknown, "msg_2")).sentence, "There is no queue " + unseen + " (312 NO_ROUTE).");
  EXPECT_EQ(result(deliver(unknown, "msg_2")).outcome, Outcome::Delivered);

  // One that is there already in another form is used as it is.
  const auto other = fresh("queue");
  reader_.queue(other, 10);
  EXPECT_EQ(result(deliver(endpoint({"fs", "", "", other, true}), "msg_3")).outcome, Outcome::Delivered);
}

TEST_F(Publishing, WhatTheSettingsLackParksTheEndpoint) {
  start();
  for (const auto& target :
       {RabbitTarget{"other", "x", "a"}, RabbitTarget{"fs", "", "a"}, RabbitTarget{"fs", "x", "{value.None}"}}) {
    const auto one = result(deliver(endpoint(target), "msg_1"));
    EXPECT_EQ(one.outcome, Outcome::Released);
    EXPECT_TRUE(one.parks);
    EXPECT_EQ(one.retryAfter, Millis{60'000});
    EXPECT_NE(one.sentence, "");
  }
}

}  // namespace
}  // namespace lull::rabbit
