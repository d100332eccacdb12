// A broker that ends the connection at a message, without saying which one it is.
#include "scene.hpp"

#include <algorithm>
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

// It is not to blame for the time that others take, and comes again.
TEST_F(AmqpSuspects, WhoWaitsBehindASuspectIsNotChargedWhenItsTimeIsUp) {
  start(broker());
  const auto bad = endpoint("chokes");
  const auto held = endpoint("holds");
  const auto good = endpoint("customer-17");
  Answer first;
  AttemptResult second;
  second.outcome = Outcome::Released;
  const auto isBehind = [&] { return second.sentence.find("takes one message at a time") != std::string::npos; };
  for (int round = 0; round < 60 && second.outcome != Outcome::Retryable && !isBehind(); ++round) {
    std::vector<Answer> answers;
    for (const auto* id : {"msg_bad", "msg_1", "msg_2"}) answers.push_back(deliver(bad, id));
    for (auto& answer : answers) result(std::move(answer));
    const auto before = bodiesOf("holds").size();
    const auto isHeld = [&] { return bodiesOf("holds").size() > before; };
    soon([&] {  // there may be no connection at first
      first = deliver(held, "msg_held");
      while (!isHeld() && first.wait_for(Millis{1}) != std::future_status::ready) std::this_thread::yield();
      return isHeld();
    });
    second = result(deliver(good, "msg_good", {}, Millis{100}));
    std::this_thread::sleep_for(Millis{10});
  }
  ASSERT_TRUE(isBehind()) << second.sentence;
  expectUncharged(second);
  peer_.settle();
  EXPECT_EQ(result(std::move(first)).outcome, Outcome::Delivered);
  EXPECT_EQ(result(deliver(good, "msg_good")).outcome, Outcome::Delivered);
}

// Otherwise it would hold up all others for as long as the connection lasts.
TEST_F(AmqpSuspects, OneThatIsGivenUpIsSuspectedNoLonger) {
  start(broker());
  const auto bad = endpoint("chokes");
  const auto keeps = endpoint("keeps");
  const auto losses = [&] { return std::ranges::count(bodiesOf("chokes"), R"("msg_bad")"); };
  for (int round = 0; round < 60 && losses() < 3; ++round) {
    auto other = deliver(keeps, "msg_other");
    result(deliver(bad, "msg_bad"));
    result(std::move(other));
    std::this_thread::sleep_for(Millis{10});
  }
  AttemptResult silent;
  EXPECT_TRUE(soon([&] {
    silent = result(deliver(keeps, "msg_silent", {}, Millis{100}));
    return silent.outcome == Outcome::Retryable;
  }));
  EXPECT_EQ(silent.sentence, "The broker desk did not confirm the message within the time-out.");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(onceThere(endpoint("customer-17"), "msg_good").outcome, Outcome::Delivered);
}

}  // namespace
}  // namespace lull::amqp
