// A broker that ends the connection at a message, without saying which one it is.
#include "scene.hpp"

#include <map>
#include <set>

namespace lull::amqp {
namespace {

struct AmqpSuspects : Amqp {
  AmqpSuspects() { settings_.firstPause = Millis{10}; }

  /// What the dispatcher would do: what is not charged comes again, once there is a connection. Each has a queue of its
  /// own if `apart`.
  std::map<std::string, AttemptResult> untilCharged(std::set<std::string> ids, bool apart) {
    std::map<std::string, AttemptResult> results;
    std::map<std::string, std::shared_ptr<const Endpoint>> to;
    for (const auto& id : ids) to.emplace(id, endpoint(apart ? "chokes." + id : "chokes"));
    for (int round = 0; !ids.empty() && round < 60; ++round) {
      std::map<std::string, Answer> answers;
      for (const auto& id : ids) answers.emplace(id, deliver(to.at(id), id));
      for (auto& [id, answer] : answers) {
        auto one = result(std::move(answer));
        if (one.outcome == Outcome::Released) continue;
        ids.erase(id);
        results.emplace(id, std::move(one));
      }
      std::this_thread::sleep_for(Millis{10});
    }
    return results;
  }
  void expectOnlyTheBadOneCharged(bool apart) {
    start(broker());
    const auto all = untilCharged({"msg_1", "msg_2", "msg_3", "msg_bad"}, apart);
    ASSERT_EQ(all.size(), 4U);
    for (const auto& [id, one] : all)
      EXPECT_EQ(one.outcome, id == "msg_bad" ? Outcome::Retryable : Outcome::Delivered) << id << " " << one.sentence;
    EXPECT_EQ(all.at("msg_bad").sentence, "The broker desk ends the connection whenever it is sent this message.");
    EXPECT_GE(peer_.connections(), 3) << "once may be chance";
    EXPECT_EQ(onceThere(endpoint("customer-17"), "msg_after").outcome, Outcome::Delivered);
  }
};

TEST_F(AmqpSuspects, OfMessagesOfOneQueueOnlyTheOneAtFaultIsCharged) {
  expectOnlyTheBadOneCharged(false);
}

TEST_F(AmqpSuspects, AlsoWhenEachHasAQueueOfItsOwn) {
  expectOnlyTheBadOneCharged(true);
}

}  // namespace
}  // namespace lull::amqp
