// Brokers that end the connection at a message without saying which one it is.
#include "stomp/odd_scene.hpp"

#include <map>
#include <set>

namespace lull::stomp {
namespace {

struct StompSuspects : StompOddBroker {
  /// A broker that takes all but messages named `bad`, at which it ends the connection: with `words`, if there are any.
  void startWithOneThatCannotRead(const std::string& bad, const std::string& words = {}) {
    startWith([bad, words](Talk& talk) {
      talk.welcome();
      for (auto frame = talk.frame(); !frame.empty(); frame = talk.frame()) {
        if (frame.find(bad) != std::string::npos) {
          if (!words.empty()) talk.sendFrame(words);
          return;
        }
        if (frame.find("msg_silent") == std::string::npos) talk.receipt(Talk::receiptOf(frame));
      }
    });
  }
  /// What a script saw; it goes on until TearDown.
  std::atomic<bool> underWay_{false};
};

// Such as a frame that is too large: nothing says which of those under way was meant.
TEST_F(StompSuspects, BehindARefusalThatNamesNoMessageThoseThatWereUnderWayGoOneByOne) {
  opens_ = true;
  startWith([this, connection = 0](Talk& talk) mutable {
    while (!opens_) std::this_thread::yield();
    talk.welcome();
    if (++connection == 1) {
      for (int i = 0; i < 3; ++i) talk.frame();
      opens_ = false;
    } else {
      talk.receipt(Talk::receiptOf(talk.frame()));
      talk.frame();
    }
    talk.sendFrame("ERROR\nmessage:Too large\n\n");
  });
  const auto to = endpoint("q");
  const auto deliverAll = [&] {
    std::vector<Answer> answers;
    for (const auto* id : {"msg_1", "msg_2", "msg_3"}) answers.push_back(deliver(to, id));
    return answers;
  };
  for (auto& answer : deliverAll()) expectUncharged(result(std::move(answer)));
  while (broker_->connections() < 2) std::this_thread::yield();
  auto answers = deliverAll();  // before it is let in, so that all three are there when it is
  opens_ = true;
  EXPECT_EQ(result(std::move(answers[0])).outcome, Outcome::Delivered);
  const auto second = result(std::move(answers[1]));
  EXPECT_EQ(second.outcome, Outcome::Retryable);
  EXPECT_EQ(second.sentence, "The broker desk did not take the message (Too large).");
  expectUncharged(result(std::move(answers[2])));
}

// The one that is at fault may have been given up: only the others are published again.
TEST_F(StompSuspects, OfMessagesThatWereGivenUpNoneIsSuspected) {
  startWith([](Talk& talk) {
    talk.welcome();
    for (auto frame = talk.frame(); !frame.empty(); frame = talk.frame()) {
      if (frame.find("msg_bad") != std::string::npos) {
        talk.sendFrame("ERROR\nmessage:unreadable\n\n");
        return;
      }
      if (frame.find("msg_silent") == std::string::npos) talk.receipt(Talk::receiptOf(frame));
    }
  });
  const auto to = endpoint("q");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(result(deliver(to, "msg_silent", {}, Millis{200})).outcome, Outcome::Retryable);
  expectUncharged(result(deliver(to, "msg_bad")));
  const auto alone = onceThere(to, "msg_bad");
  EXPECT_EQ(alone.sentence, "The broker desk did not take the message (unreadable).");
  // Nobody is suspected any more: one that is never confirmed holds up no other.
  EXPECT_EQ(onceThere(to, "msg_good").outcome, Outcome::Delivered);
  auto silent = deliver(to, "msg_silent");
  EXPECT_EQ(result(deliver(to, "msg_good2", {}, Millis{3'000})).outcome, Outcome::Delivered);
}

// STOMP 1.2 has the broker end the connection after an ERROR. Who was under way beside the message it names is not to
// blame.
TEST_F(StompSuspects, NobodyElseIsSuspectedOfALossBehindARefusalThatNamesItsMessage) {
  settings_.firstPause = Millis{10};
  startWith([](Talk& talk) {
    talk.welcome();
    std::string bad;
    for (int i = 0; i < 2; ++i) {
      const auto frame = talk.frame();
      if (frame.find("msg_bad") != std::string::npos) bad = Talk::receiptOf(frame);
    }
    talk.sendFrame("ERROR\nreceipt-id:" + bad + "\nmessage:unreadable\n\n");
  });
  const auto to = endpoint("q");
  for (int connection = 1; connection <= 5; ++connection) {
    while (broker_->connections() < connection) std::this_thread::yield();
    auto bad = deliver(to, "msg_bad");
    expectUncharged(result(deliver(to, "msg_good")));
    const auto refused = result(std::move(bad));
    EXPECT_EQ(refused.sentence, "The broker desk did not take the message (unreadable).") << connection;
  }
}

// Neither an ERROR nor a receipt: all that Lull sees is that it never gets further.
TEST_F(StompSuspects, OfMessagesAmongWhichOneEndsEachConnectionWithoutAWordOnlyThatOneIsCharged) {
  settings_.firstPause = Millis{10};
  startWithOneThatCannotRead("msg_bad");
  const auto to = endpoint("q");
  std::set<std::string> left{"msg_1", "msg_bad", "msg_2", "msg_3"};
  // What the dispatcher would do: what was not charged comes again, once there is a connection.
  for (int round = 0; !left.empty() && round < 40; ++round) {
    std::map<std::string, Answer> answers;
    for (const auto* id : {"msg_1", "msg_bad", "msg_2", "msg_3"})
      if (left.contains(id)) answers.emplace(id, deliver(to, id));
    for (auto& [id, answer] : answers) {
      const auto one = result(std::move(answer));
      if (one.outcome == Outcome::Released) continue;
      left.erase(id);
      EXPECT_EQ(one.outcome, id == "msg_bad" ? Outcome::Retryable : Outcome::Delivered) << id << " " << one.sentence;
      if (id != "msg_bad") continue;
      EXPECT_EQ(one.sentence, "The broker desk ends the connection whenever it is sent this message.");
      EXPECT_GE(broker_->connections(), 3) << "once may be chance";
    }
    std::this_thread::sleep_for(Millis{20});
  }
  EXPECT_THAT(left, ::testing::IsEmpty());
  EXPECT_EQ(onceThere(to, "msg_after").outcome, Outcome::Delivered);
}

// It is not to blame for the time that others take, and comes again.
TEST_F(StompSuspects, WhoWaitsBehindASuspectIsNotChargedWhenItsTimeIsUp) {
  startWith([this, connection = 0](Talk& talk) mutable {
    talk.welcome();
    if (++connection == 1) {
      for (int i = 0; i < 2; ++i) talk.frame();
      talk.sendFrame("ERROR\nmessage:Too large\n\n");
      return;
    }
    for (auto frame = talk.frame(); !frame.empty(); frame = talk.frame()) {
      underWay_ = true;
      while (!opens_) std::this_thread::yield();
      talk.receipt(Talk::receiptOf(frame));
    }
  });
  const auto to = endpoint("q");
  std::vector<Answer> both;
  for (const auto* id : {"msg_1", "msg_2"}) both.push_back(deliver(to, id));
  for (auto& answer : both) expectUncharged(result(std::move(answer)));
  Answer first;
  while (!underWay_) {  // until there is a connection again
    first = deliver(to, "msg_1");
    while (!underWay_ && first.wait_for(Millis{5}) != std::future_status::ready) std::this_thread::yield();
  }
  const auto second = result(deliver(to, "msg_2", {}, Millis{100}));
  expectUncharged(second);
  EXPECT_EQ(
      second.sentence,
      "The broker desk takes one message at a time at present: it ended the connection because of one and did not "
      "say which.");
  opens_ = true;
  EXPECT_EQ(result(std::move(first)).outcome, Outcome::Delivered);
  EXPECT_EQ(result(deliver(to, "msg_2")).outcome, Outcome::Delivered);
}

TEST_F(StompSuspects, OneThatIsNeverConfirmedIsSuspectedNoLongerThanUntilItIsGivenUp) {
  settings_.firstPause = Millis{10};
  startWithOneThatCannotRead("msg_bad", "ERROR\nmessage:unreadable\n\n");
  const auto to = endpoint("q");
  auto silent = deliver(to, "msg_silent");
  expectUncharged(result(deliver(to, "msg_bad")));  // two are suspected now
  expectUncharged(result(std::move(silent)));
  auto givenUp = result(deliver(to, "msg_silent", {}, Millis{300}));
  for (int i = 0; i < 40 && givenUp.outcome == Outcome::Released; ++i) {
    std::this_thread::sleep_for(Millis{10});
    givenUp = result(deliver(to, "msg_silent", {}, Millis{300}));
  }
  EXPECT_EQ(givenUp.sentence, "The broker desk did not confirm the message within the time-out.");
  EXPECT_EQ(onceThere(to, "msg_good").outcome, Outcome::Delivered);  // the second one that ends
  auto again = deliver(to, "msg_silent");
  EXPECT_EQ(result(deliver(to, "msg_good2", {}, Millis{3'000})).outcome, Outcome::Delivered) << "it holds up nobody";
}

}  // namespace
}  // namespace lull::stomp
