// What the endpoints of one broker do to each other.
#include "rabbit/scene.hpp"

namespace lull::rabbit {
namespace {

using ::testing::HasSubstr;

struct Neighbours : RabbitScene {
  std::string queue() {
    auto name = fresh("queue");
    reader_.queue(name);
    return name;
  }
};

/// A queue that takes messages and confirms none, like a quorum queue without a majority, until the end of the test.
class SilentQueue {
 public:
  explicit SilentQueue(std::string name) : name_(std::move(name)) { tell("suspend"); }
  ~SilentQueue() { tell("resume"); }
  SilentQueue(const SilentQueue&) = delete;
  SilentQueue& operator=(const SilentQueue&) = delete;

 private:
  void tell(const std::string& what) const {
    server().control("eval '{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"" +
                     std::string(testing::RabbitServer::kVirtualHost) + "\">>, queue, <<\"" + name_ +
                     "\">>)), ok = sys:" + what + "(amqqueue:get_pid(Q)).'");
  }
  const std::string name_;
};

TEST_F(Neighbours, AQueueThatNeverConfirmsTakesNoPlaceFromTheOthers) {
  constexpr std::size_t kWindow = 8;
  settings_.window = kWindow;
  start();
  const auto silent = queue();
  const auto good = queue();
  const auto toSilent = endpoint({"fs", "", "", silent});
  const auto toGood = endpoint({"fs", "", "", good});
  EXPECT_EQ(result(deliver(toGood, "msg_first")).outcome, Outcome::Delivered);
  const SilentQueue held(silent);
  for (int round = 0; round < 6; ++round) {
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < kWindow; ++i) answers.push_back(deliver(toSilent, "msg_silent", "", Millis{300}));
    for (auto& answer : answers) EXPECT_NE(result(std::move(answer)).outcome, Outcome::Delivered);
    const auto one = result(deliver(toGood, "msg_good", "", Millis{3'000}));
    ASSERT_EQ(one.outcome, Outcome::Delivered) << round << " " << one.sentence;
  }
  // 48 were given up; where there are too many, the channel is opened anew.
  server().control(
      "eval 'true = lists:all(fun(C) -> proplists:get_value(messages_unconfirmed, C) =< 40 end, "
      "rabbit_channel:info_all([messages_unconfirmed])).'");
}

TEST_F(Neighbours, ABrokerThatHasNothingToSayForAMomentIsNotAway) {
  start();
  const auto silent = queue();
  const auto to = endpoint({"fs", "", "", silent});
  EXPECT_EQ(result(deliver(to, "msg_first")).outcome, Outcome::Delivered);
  const SilentQueue held(silent);
  for (int i = 0; i < 4; ++i) {
    const auto one = result(deliver(to, "msg_late", "", Millis{300}));
    EXPECT_EQ(one.outcome, Outcome::Retryable);
    EXPECT_EQ(one.sentence, "The broker fs did not confirm the message within the time-out.");
  }
}

TEST_F(Neighbours, ARoutingKeyThatIsForbiddenHarmsOnlyItsOwnMessages) {
  start();
  const auto exchange = fresh("ex");
  const auto bound = queue();
  reader_.exchange(exchange);
  reader_.bind(bound, exchange, "#");
  server().control(std::string("set_topic_permissions --vhost ") + testing::RabbitServer::kVirtualHost + " " +
                   testing::RabbitServer::kUser + " " + exchange + " '^good[.]' '.*'");
  const auto good = endpoint({"fs", exchange, "good.{itemId}"});
  const auto bad = endpoint({"fs", exchange, "bad.{itemId}"});
  std::vector<Answer> goods;
  std::vector<Answer> bads;
  for (int i = 0; i < 20; ++i) {
    goods.push_back(deliver(good, "msg_g" + std::to_string(i)));
    if (i % 5 == 2) bads.push_back(deliver(bad, "msg_b" + std::to_string(i)));
  }
  for (auto& answer : goods) {
    const auto one = result(std::move(answer));
    EXPECT_EQ(one.outcome, Outcome::Delivered) << one.sentence;
  }
  for (auto& answer : bads) {
    const auto one = result(std::move(answer));
    EXPECT_EQ(one.outcome, Outcome::Retryable);
    EXPECT_THAT(one.sentence, HasSubstr("(403 ACCESS_REFUSED"));
  }
}

TEST_F(Neighbours, AQueueThatAMessageWaitsForIsDeclaredBeforeTheOthers) {
  std::vector<std::shared_ptr<const Endpoint>> all;
  for (int i = 0; i < 300; ++i) all.push_back(endpoint({"fs", "", "", fresh("queue"), true}));
  start();
  const auto& ids = registry_.cached()->endpoints;  // in the order in which their queues are declared
  EXPECT_EQ(result(deliver(ids.begin()->second, "msg_0")).outcome, Outcome::Delivered);
  const auto& last = ids.rbegin()->second;
  const auto& beforeLast = std::next(ids.rbegin())->second;
  EXPECT_EQ(result(deliver(last, "msg_1")).outcome, Outcome::Delivered);
  EXPECT_FALSE(reader_.count(beforeLast->registration.rabbit()->queue)) << "it had to wait for all of them";
}

}  // namespace
}  // namespace lull::rabbit
