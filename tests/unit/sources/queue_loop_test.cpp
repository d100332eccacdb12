#include "unit/sources/fakes.hpp"

#include <lull/sources/queue_loop.hpp>
#include <lull/sources/source_loop.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <map>
#include <new>
#include <utility>

namespace lull::sources {
namespace {

using ports::QueueMessage;
using ports::SourceState;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Instant kWritten{std::chrono::seconds(1'795'000'000)};

/// A broker's queue in memory. What is not acknowledged when a connection ends is handed out again, in its order.
class FakeQueue : public ports::MessageQueue {
 public:
  Result<std::vector<QueueMessage>> take(std::size_t most) override {
    ++takes;
    if (away || lostNow) {
      lose();
      return kAway;
    }
    connected_ = true;
    if (whileTaking) whileTaking();
    std::vector<QueueMessage> taken;
    while (!ready.empty() && taken.size() < most) {
      auto message = ready.front();
      ready.pop_front();
      message.tag = ++lastTag_;
      open[message.tag] = message;
      taken.push_back(message);
    }
    return taken;
  }
  bool connected() const override { return connected_; }
  bool empty() const override { return connected_ && ready.empty() && open.empty(); }
  Status acknowledge(const std::vector<std::uint64_t>& done) override {
    if (finishLoses) {
      lose();
      return kAway;
    }
    for (const auto tag : done) {
      EXPECT_EQ(open.erase(tag), 1U) << "acknowledged twice";
      ++acknowledged;
    }
    return Done{};
  }
  Result<ports::SetAside> setAside(const std::vector<ports::RefusedMessage>& refused) override {
    ++asides;
    if (asideLoses) {
      lose();
      return kAway;
    }
    ports::SetAside result;
    for (const auto& [tag, reason] : refused) {
      if (open[tag].id == unconfirmed) {
        result.trouble = "The exchange does not confirm.";
        break;  // what stands behind it was not published
      }
      if (refusesAside || open[tag].id == stubborn) {
        result.trouble = "There is no such exchange.";
        continue;
      }
      EXPECT_EQ(open.erase(tag), 1U) << "set aside twice";
      aside.push_back(reason);
      result.there.push_back(tag);
    }
    return result;
  }
  void leave() override {
    ++leaves;
    lose();
  }
  void wait(std::chrono::nanoseconds) override {
    ++waits;
    if (whileWaiting) whileWaiting();
  }
  void wake() override { ++wakes; }
  void cancel() override { ++cancels; }

  /// The connection ends.
  void lose() {
    connected_ = false;
    for (auto at = open.rbegin(); at != open.rend(); ++at) ready.push_front(at->second);
    open.clear();
  }
  void publish(const std::string& id, std::string body = "event") {
    QueueMessage message;
    message.id = id;
    message.writtenAt = kWritten;
    message.text.body = std::move(body);
    ready.push_back(message);
  }
  void publish(int first, int count) {
    for (int id = first; id < first + count; ++id) publish(std::to_string(id));
  }

  std::deque<QueueMessage> ready;
  std::map<std::uint64_t, QueueMessage> open;
  std::vector<std::string> aside;
  std::string stubborn = "none";     ///< the id of a message that cannot be set aside
  std::string unconfirmed = "none";  ///< the id of a message whose copy nobody confirms
  std::function<void()> whileTaking, whileWaiting;
  bool away = false, lostNow = false, finishLoses = false, asideLoses = false, refusesAside = false;
  int takes = 0, asides = 0, acknowledged = 0, leaves = 0, waits = 0, wakes = 0, cancels = 0;

 private:
  bool connected_ = false;
  std::uint64_t lastTag_ = 0;
};

/// A body is the type of the event, or an id of its own: "cloud:<id>".
class FakeBodies : public ports::MessageReader {
 public:
  Result<Event> read(const ports::MessageText& text) const override {
    if (std::exchange(fails, false)) throw std::bad_alloc();
    Event event;
    if (text.body.starts_with("cloud:")) {
      event.id = text.body.substr(6);
      event.source = "/crm";
    } else if (text.body != "event") {
      return Error{ErrorCode::InvalidInput, "/type: It is unknown."};
    }
    return event;
  }
  mutable bool fails = false;
};

class Queues : public ::testing::Test {
 protected:
  void hold(std::uint64_t asked = 0) { loop_.hold(now_ + seconds(2), asked); }
  /// Turns for so long, with the lease renewed, resting as the loop says.
  void run(milliseconds time, std::uint64_t asked = 0) {
    const auto end = now_ + time;
    while (now_ < end) {
      hold(asked);
      const auto rest = std::min<std::chrono::nanoseconds>(loop_.turn(), milliseconds(500));
      now_ += std::max(std::chrono::duration_cast<Ticks::duration>(rest), Ticks::duration(milliseconds(1)));
    }
  }
  const ports::SourceNote& lastNote() const { return store_.notes.back(); }
  std::uint64_t admitted() const {
    std::uint64_t sum = 0;
    for (const auto& note : store_.notes) sum += note.admitted;
    return sum;
  }

  Ticks now_ = Ticks{} + std::chrono::hours(1);
  FakeQueue queue_;
  FakeAdmission admission_;
  FakeBodies bodies_;
  FakeStore store_;
  FakeAlerts alerts_;
  QueueLoop loop_{{"crm", 10, "It is there.", "It was rejected."},
                  {queue_, admission_, bodies_, store_, alerts_},
                  [this] { return now_; }};
};

TEST_F(Queues, MessagesAreAdmittedInTheirOrderAndAcknowledged) {
  queue_.publish(1, 25);
  run(milliseconds(100));
  ASSERT_THAT(admission_.order, SizeIs(25));
  for (std::size_t i = 0; i < 25; ++i) EXPECT_EQ(admission_.order[i], std::to_string(i + 1));
  EXPECT_EQ(admission_.calls, 3) << "one for each batch";
  EXPECT_EQ(admission_.kept, Millis(std::chrono::days(7)));
  EXPECT_THAT(queue_.open, IsEmpty());
  EXPECT_EQ(queue_.acknowledged, 25);
  EXPECT_EQ(admitted(), 25U);
  EXPECT_EQ(lastNote().state, SourceState::Waiting);
  EXPECT_TRUE(lastNote().ended && lastNote().empty);
  EXPECT_EQ(lastNote().error, "");
}

TEST_F(Queues, WhileMessagesComeItRunsAndSaysSinceWhenTheOldestWaits) {
  queue_.publish(1, 15);
  hold();
  EXPECT_EQ(loop_.turn(), std::chrono::nanoseconds(0));
  EXPECT_EQ(lastNote().state, SourceState::Running);
  EXPECT_TRUE(lastNote().ended) << "lastRunAt goes on in a queue that is never empty";
  EXPECT_EQ(lastNote().oldest, kWritten);
  EXPECT_FALSE(lastNote().empty || lastNote().unknown);
}

TEST_F(Queues, OfMessagesWithoutATimeNobodyKnowsSinceWhenTheyWait) {
  queue_.publish("1");
  queue_.ready.front().writtenAt.reset();
  hold();
  loop_.turn();
  EXPECT_TRUE(lastNote().unknown);
  EXPECT_FALSE(lastNote().oldest);
}

TEST_F(Queues, ThatAreEmptyAreNotedOnce) {
  run(seconds(60));
  EXPECT_THAT(store_.notes, SizeIs(1));
  EXPECT_EQ(lastNote().state, SourceState::Waiting);
  run(seconds(1), 1);
  EXPECT_THAT(store_.notes, SizeIs(2)) << "who asks for a run is told that it has been";
}

TEST_F(Queues, ARepeatIsOneEvent) {
  queue_.publish("a");
  queue_.publish("a");
  queue_.publish("b", "cloud:x");
  queue_.publish("b", "cloud:y");
  run(milliseconds(100));
  EXPECT_THAT(admission_.order, ElementsAre("a", "b")) << "the id of the message goes before the event's own";
  EXPECT_THAT(admission_.ids, ElementsAre("\nrabbitmq crm/a", "\nrabbitmq crm/b"));
}

TEST_F(Queues, AMessageWithoutAnIdHasTheEventsOwn) {
  queue_.publish("", "cloud:x");
  queue_.publish("", "cloud:x");
  queue_.publish("");
  queue_.publish("");
  run(milliseconds(100));
  EXPECT_THAT(admission_.order, ElementsAre("x", "", "")) << "and without any nobody can tell";
  EXPECT_THAT(admission_.ids, ElementsAre("/crm/x"));
}

TEST_F(Queues, WhatCannotBeAdmittedIsKeptAndTriedAgain) {
  queue_.publish(1, 5);
  admission_.away = true;
  run(seconds(300));
  EXPECT_EQ(queue_.acknowledged, 0);
  EXPECT_THAT(queue_.open, SizeIs(5)) << "a quorum queue counts how often it hands out a message";
  EXPECT_EQ(queue_.leaves, 0);
  EXPECT_EQ(queue_.takes, 1);
  EXPECT_THAT(alerts_.sentences, ElementsAre(HasSubstr("their messages stay: It is away."))) << "once";
  EXPECT_EQ(lastNote().state, SourceState::Failing);
  EXPECT_EQ(lastNote().oldest, kWritten) << "the lag grows";
  EXPECT_LT(store_.notes.size(), 140U) << "ever more seldom";
  admission_.away = false;
  run(seconds(31));
  EXPECT_EQ(queue_.acknowledged, 5);
  EXPECT_EQ(lastNote().state, SourceState::Waiting);
  EXPECT_EQ(lastNote().error, "");
  admission_.away = true;
  queue_.publish("6");
  run(seconds(2));
  EXPECT_THAT(alerts_.sentences, SizeIs(2)) << "the next failure is told again";
}

TEST_F(Queues, WhoAsksForARunEndsThePause) {
  queue_.publish("1");
  admission_.away = true;
  run(seconds(300));
  admission_.away = false;
  run(milliseconds(5), 1);
  EXPECT_EQ(queue_.acknowledged, 1);
}

TEST_F(Queues, ABatchWhoseConnectionIsLostIsReadAgainAndNotAdmittedBefore) {
  queue_.publish("", "event");
  admission_.away = true;
  run(seconds(1));
  admission_.away = false;
  queue_.lose();
  run(seconds(40));
  EXPECT_THAT(admission_.order, SizeIs(1)) << "it has no id, and would be there twice";
  EXPECT_EQ(queue_.acknowledged, 1);
}

TEST_F(Queues, WhatIsAdmittedAndNotAcknowledgedIsOneEvent) {
  queue_.publish(1, 5);
  queue_.finishLoses = true;
  run(milliseconds(1));
  EXPECT_THAT(admission_.order, SizeIs(5));
  EXPECT_EQ(lastNote().state, SourceState::Failing);
  EXPECT_EQ(admitted(), 0U) << "they are counted when they are acknowledged";
  queue_.finishLoses = false;
  run(seconds(2));
  EXPECT_THAT(admission_.order, SizeIs(5));
  EXPECT_EQ(queue_.acknowledged, 5);
  EXPECT_EQ(admitted(), 5U);
}

TEST_F(Queues, ABrokerThatIsAwayIsAskedEverMoreSeldomAndFoundAgain) {
  queue_.away = true;
  run(seconds(300));
  EXPECT_LT(queue_.takes, 140) << "ever more seldom";
  EXPECT_THAT(alerts_.sentences, ElementsAre("It is away."));
  EXPECT_EQ(lastNote().state, SourceState::Failing);
  EXPECT_EQ(lastNote().error, "It is away.");
  queue_.away = false;
  queue_.publish(1, 3);
  run(seconds(31));
  EXPECT_EQ(queue_.acknowledged, 3);
  EXPECT_EQ(lastNote().state, SourceState::Waiting);
  queue_.away = true;
  const auto before = queue_.takes;
  run(seconds(2), 1);
  EXPECT_GT(queue_.takes, before + 2) << "the pauses begin anew";
}

TEST_F(Queues, AMessageThatIsNoEventIsSetAsideAndStopsNothing) {
  queue_.publish(1, 12);
  queue_.ready[3].text.body = "invented";
  queue_.ready[5].tooLong = true;
  queue_.ready[11].text.body = "invented";
  run(milliseconds(100));
  EXPECT_EQ(queue_.acknowledged, 9);
  EXPECT_THAT(queue_.aside,
              ElementsAre("/type: It is unknown.", HasSubstr("longer than 256 KiB"), "/type: It is unknown."));
  ASSERT_THAT(alerts_.sentences, SizeIs(2));
  EXPECT_EQ(alerts_.sentences[0],
            "2 messages were set aside; one with the id 4 is no event, and was set aside: /type: It is unknown. It is "
            "there.");
  EXPECT_EQ(lastNote().state, SourceState::Waiting);
  EXPECT_THAT(lastNote().error, HasSubstr("A message with the id 12 is no event")) << "a person should look at it";
  std::uint64_t setAside = 0;
  for (const auto& note : store_.notes) setAside += note.setAside;
  EXPECT_EQ(setAside, 3U);
  queue_.publish("13");
  run(milliseconds(100));
  EXPECT_EQ(lastNote().error, "") << "new messages came to an empty queue";
}

TEST_F(Queues, AMessageThatIsTooLongIsToldToBeWhereThoseAre) {
  queue_.publish(1, 2);
  queue_.ready[0].tooLong = true;
  run(milliseconds(100));
  EXPECT_THAT(alerts_.sentences, ElementsAre(AllOf(HasSubstr("longer than 256 KiB"), EndsWith("It was rejected."))));
}

TEST_F(Queues, WhatCannotBeSetAsideStaysAndTheOthersAreAcknowledgedOnce) {
  queue_.publish(1, 5);
  queue_.ready[2].text.body = "invented";
  queue_.refusesAside = true;
  run(seconds(20));
  EXPECT_EQ(queue_.acknowledged, 4);
  EXPECT_THAT(queue_.open, SizeIs(1));
  EXPECT_EQ(admitted(), 4U);
  EXPECT_EQ(admission_.calls, 1);
  EXPECT_EQ(lastNote().state, SourceState::Failing);
  EXPECT_THAT(alerts_.sentences, ElementsAre("There is no such exchange."));
  queue_.refusesAside = false;
  run(seconds(31));
  EXPECT_THAT(queue_.open, IsEmpty());
  EXPECT_THAT(queue_.aside, SizeIs(1));
  EXPECT_EQ(lastNote().state, SourceState::Waiting);
}

TEST_F(Queues, WhatCannotBeSetAsideHoldsUpNothingElse) {
  queue_.publish(1, 4);
  queue_.ready[1].text.body = queue_.ready[3].text.body = "invented";
  queue_.stubborn = "2";
  run(seconds(1));
  EXPECT_THAT(queue_.aside, SizeIs(1));
  queue_.publish(5, 20);
  queue_.ready[0].text.body = "invented";
  run(seconds(1), 1);
  EXPECT_THAT(admission_.order, SizeIs(21));
  EXPECT_THAT(queue_.aside, SizeIs(2)) << "the others are, once each";
  EXPECT_THAT(queue_.open, SizeIs(1));
  EXPECT_EQ(lastNote().state, SourceState::Failing);
  EXPECT_EQ(lastNote().error, "There is no such exchange.");
  std::uint64_t setAside = 0;
  for (const auto& note : store_.notes) setAside += note.setAside;
  EXPECT_EQ(setAside, 2U) << "counted when they are";
  const auto before = queue_.asides;
  run(seconds(600), 1);
  EXPECT_LT(queue_.asides, before + 25) << "each attempt may be a copy somewhere";
  EXPECT_GT(queue_.asides, before + 8);
  queue_.stubborn = "none";
  run(milliseconds(10), 2);
  EXPECT_THAT(queue_.open, IsEmpty());
  EXPECT_EQ(lastNote().state, SourceState::Waiting);
}

TEST_F(Queues, WhatNobodyConfirmsHoldsUpNoOtherThatIsToBeSetAside) {
  queue_.publish(1, 3);
  for (auto& message : queue_.ready) message.text.body = "invented";
  queue_.unconfirmed = "1";
  run(seconds(120), 1);
  EXPECT_THAT(queue_.aside, SizeIs(2));
  EXPECT_THAT(queue_.open, SizeIs(1));
  EXPECT_EQ(lastNote().error, "The exchange does not confirm.");
}

TEST_F(Queues, WhatIsRefusedInAConnectionThatIsLostIsReadAgain) {
  queue_.publish("1", "invented");
  queue_.asideLoses = true;
  run(seconds(1));
  EXPECT_EQ(lastNote().state, SourceState::Failing);
  EXPECT_TRUE(lastNote().unknown) << "nobody knows what waits";
  queue_.asideLoses = false;
  run(seconds(10));
  EXPECT_THAT(queue_.aside, SizeIs(1));
  EXPECT_THAT(queue_.open, IsEmpty());
}

TEST_F(Queues, NothingIsTakenWithoutTheLease) {
  queue_.publish("1");
  EXPECT_GT(loop_.turn(), seconds(60));
  EXPECT_EQ(queue_.takes, 0);
  EXPECT_EQ(queue_.leaves, 0) << "there was no connection";
}

TEST_F(Queues, TheEndOfTheLeaseEndsTheConnection) {
  queue_.publish(1, 3);
  admission_.away = true;
  run(milliseconds(10));
  EXPECT_THAT(queue_.open, SizeIs(3));
  now_ += seconds(3);
  EXPECT_EQ(loop_.turn(), std::chrono::nanoseconds(0)) << "it looks once more: what woke it while it left may be gone";
  EXPECT_EQ(queue_.leaves, 1);
  EXPECT_THAT(queue_.ready, SizeIs(3)) << "for whoever holds the lease next";
  EXPECT_GT(loop_.turn(), seconds(60));
  EXPECT_EQ(queue_.leaves, 1);
}

TEST_F(Queues, AnotherHolderWakesTheThreadSoThatItLeaves) {
  hold();
  loop_.turn();
  const auto before = queue_.wakes;
  loop_.letGo();
  EXPECT_EQ(queue_.wakes, before + 1);
  loop_.letGo();
  EXPECT_EQ(queue_.wakes, before + 1) << "it knows";
  loop_.turn();
  EXPECT_EQ(queue_.leaves, 1);
}

TEST_F(Queues, ALeaseThatEndsWhileMessagesAreTakenEndsTheBatch) {
  queue_.publish(1, 3);
  queue_.whileTaking = [this] { now_ += seconds(3); };
  hold();
  loop_.turn();
  EXPECT_THAT(admission_.order, IsEmpty());
  loop_.turn();
  EXPECT_THAT(queue_.ready, SizeIs(3));
}

TEST_F(Queues, AStopLeavesWhatIsTakenAndFinishesWhatIsAdmitted) {
  queue_.publish(1, 15);
  admission_.whileAdmitting = [this] { loop_.stop(); };
  hold();
  loop_.turn();
  EXPECT_EQ(queue_.acknowledged, 10);
  loop_.run();  // returns
  EXPECT_THAT(queue_.ready, SizeIs(5));
  EXPECT_EQ(queue_.leaves, 1);
  EXPECT_EQ(queue_.cancels, 0);
  loop_.cutOff();
  EXPECT_EQ(queue_.cancels, 1);
}

TEST_F(Queues, AStopBeforeTheAdmissionAdmitsNothing) {
  queue_.publish(1, 3);
  queue_.whileTaking = [this] { loop_.stop(); };
  hold();
  loop_.turn();
  loop_.run();
  EXPECT_THAT(admission_.order, IsEmpty());
  EXPECT_THAT(queue_.ready, SizeIs(3));
}

TEST_F(Queues, AfterAnExceptionWhatWasTakenComesAgainBeforeAnythingElse) {
  queue_.publish(1, 15);
  bodies_.fails = true;
  hold();
  EXPECT_THROW(loop_.run(), std::bad_alloc);
  queue_.whileWaiting = [this] { loop_.stop(); };
  loop_.run();  // as the supervisor does
  ASSERT_THAT(admission_.order, SizeIs(15));
  EXPECT_EQ(admission_.order.front(), "1");
  EXPECT_EQ(queue_.acknowledged, 15);
}

TEST_F(Queues, AreHeldByTheSameLeasesAsOutboxes) {
  SourceLoop holder{store_, {&loop_}, [this] { return now_; }};
  queue_.publish("1");
  holder.turn();
  loop_.turn();
  EXPECT_EQ(queue_.acknowledged, 1);
  queue_.publish("2");
  store_.turn.ours = false;
  holder.turn();
  loop_.turn();
  EXPECT_EQ(queue_.acknowledged, 1);
  EXPECT_EQ(queue_.leaves, 1);
}

TEST_F(Queues, AStepThatHangsIsToldInTheirWords) {
  SourceLoop holder{store_, {&loop_}, [this] { return now_; }};
  queue_.whileTaking = [&] {
    for (int i = 0; i < 5; ++i) {
      now_ += std::chrono::minutes(1);
      holder.turn();
    }
  };
  hold();
  loop_.turn();
  EXPECT_THAT(alerts_.sentences, ElementsAre(HasSubstr("3 minutes: the broker, the network to it or Redis hangs.")));
}

}  // namespace
}  // namespace lull::sources
