// A queue that is consumed: what only a broker can tell. What becomes of the messages is looked at end to end
// (tests/e2e/rabbit_source.test.mjs), and what the loop decides in tests/unit/sources.
#include "rabbit/scene.hpp"

#include <lull/rabbit/rabbit_queue.hpp>

#include <thread>

namespace lull::rabbit {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Consuming : RabbitScene {
  RabbitQueueSettings settings(const std::string& queue) { return {broker(), queue, 4, "", {}, Millis{60'000}}; }
  /// Publishes messages with the bodies "1", "2", …
  void publish(const std::string& queue, int count) {
    start();
    const auto to = endpoint({"fs", "", "", queue});
    for (int i = 1; i <= count; ++i)
      EXPECT_EQ(result(deliver(to, "msg_" + std::to_string(i), std::to_string(i))).outcome, Outcome::Delivered);
  }
  /// Takes so many messages, and says in what order; the last tags are kept.
  std::vector<std::string> take(RabbitQueue& queue, std::size_t count) {
    std::vector<std::string> bodies;
    tags_.clear();
    const auto until = SteadyClock::now() + std::chrono::seconds(20);
    while (bodies.size() < count && SteadyClock::now() < until) {
      const auto taken = queue.take(count - bodies.size());
      if (!taken) ADD_FAILURE() << taken.error().message;
      for (const auto& message : *taken) {
        bodies.push_back(message.text.body);
        tags_.push_back(message.tag);
        EXPECT_EQ(message.id, "msg_" + message.text.body);
        EXPECT_TRUE(message.writtenAt);
      }
      if (bodies.size() < count) queue.wait(Millis{500});
    }
    return bodies;
  }
  bool becomesEmpty(RabbitQueue& queue) {
    const auto until = SteadyClock::now() + std::chrono::seconds(20);
    while (!queue.empty() && SteadyClock::now() < until) {
      const auto taken = queue.take(10);
      EXPECT_TRUE(taken && taken->empty());
      queue.wait(Millis{500});
    }
    return queue.empty();
  }

  std::vector<std::uint64_t> tags_;
};

TEST_F(Consuming, WhatIsNotAcknowledgedComesAgainInItsOrder) {
  const auto name = fresh("queue");
  reader_.queue(name);
  publish(name, 7);
  RabbitQueue one(settings(name));
  EXPECT_THAT(take(one, 4), ::testing::ElementsAre("1", "2", "3", "4"));
  one.wait(Millis{50});
  const auto beyond = one.take(10);
  EXPECT_TRUE(beyond && beyond->empty()) << "no more than the prefetch is handed out";
  EXPECT_FALSE(one.empty());
  ASSERT_TRUE(one.acknowledge({tags_[0], tags_[3]}));
  const auto aside = one.setAside({{tags_[1], "It is no event."}});
  ASSERT_TRUE(aside);
  EXPECT_THAT(aside->there, ::testing::ElementsAre(tags_[1]));
  EXPECT_EQ(aside->trouble, "");
  one.leave();
  EXPECT_FALSE(one.connected());
  RabbitQueue two(settings(name));
  EXPECT_THAT(take(two, 4), ::testing::ElementsAre("3", "5", "6", "7"));
  ASSERT_TRUE(two.acknowledge(tags_));
  EXPECT_TRUE(becomesEmpty(two));
  two.leave();
  EXPECT_EQ(reader_.count(name), 0U) << "what was acknowledged last arrived, too";
}

TEST_F(Consuming, AStopWaitsForNothingOfABrokerThatIsSilent) {
  const auto name = fresh("queue");
  reader_.queue(name);
  publish(name, 4);
  auto asked = settings(name);
  asked.deadLetterExchange = "amq.fanout";
  RabbitQueue queue(asked);
  take(queue, 4);
  const auto refused = tags_.back();
  tags_.pop_back();
  server().pause();
  std::thread stopping([&] { queue.cancel(); });
  const auto began = SteadyClock::now();
  (void)queue.acknowledge(tags_);  // may find the connection cut already
  const auto aside = queue.setAside({{refused, "It is no event."}});
  EXPECT_TRUE(!aside || (aside->there.empty() && !aside->trouble.empty())) << "nobody knows whether it has it";
  queue.leave();
  EXPECT_LT(SteadyClock::now() - began, std::chrono::seconds(5));
  stopping.join();
  server().resume();
}

TEST_F(Consuming, ABrokerThatIsShortOfMemoryIsTheReason) {
  const auto name = fresh("queue");
  reader_.queue(name);
  publish(name, 1);
  auto asked = settings(name);
  asked.deadLetterExchange = "amq.fanout";
  asked.patience = Millis{3'000};
  RabbitQueue queue(asked);
  take(queue, 1);
  server().control("set_vm_memory_high_watermark 0.00001");
  const auto aside = queue.setAside({{tags_.at(0), "It is no event."}});
  server().control("set_vm_memory_high_watermark 0.6");
  ASSERT_TRUE(aside);
  EXPECT_THAT(aside->there, ::testing::IsEmpty());
  EXPECT_THAT(aside->trouble,
              ::testing::HasSubstr("takes no messages at present (low on memory), and has not confirmed"));
}

}  // namespace
}  // namespace lull::rabbit
