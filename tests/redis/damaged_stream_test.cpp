#include "redis/ordered_receiver.hpp"

#include <gmock/gmock.h>

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Collects what was raised, as "<kind> <subject>: <sentence>".
struct AlertsOfStream : ports::Alerts {
  void raise(ports::AlertKind kind, std::string subject, std::string sentence) override {
    raised.push_back(std::string(toString(kind)) + " " + subject + ": " + sentence);
  }
  std::vector<std::string> raised;  // by the thread of the test only: it alone meets the damage
};

/// Damage to the stream, met by the fan-out of a process that can mend it.
class DamagedStream : public OrderedReceiver {
 protected:
  void SetUp() override { begin(OnFailure::Skip); }

  Result<ports::FanOutcome> fanOut() {
    EXPECT_TRUE(process_->registry.refresh());
    return stream_.fanOut(clock_.now(), *process_->registry.subscribers(), 1);
  }
  Reply redis(const Command& command) { return process_->shard.call(command).value(); }

  AlertsOfStream alerts_;
  Shard shard_{settingsFor(server()), clock_, meter_, &alerts_};
  StreamStore stream_{shard_, {}, std::chrono::seconds(10)};

 private:
  NoMeter meter_;
};

TEST_F(DamagedStream, AnEventThatCannotBeReadIsSetAsideAndAlertedAndTheOthersGoOn) {
  const auto& names = process_->shard.keys();
  accept("ABC");
  const auto right = redis({"LINDEX", names.stream(), "1"}).text;
  for (const auto& wrong : {std::string(), right.substr(0, right.size() / 2), right + "x", "\x07" + right.substr(1)}) {
    SCOPED_TRACE(wrong.size());
    redis({"DEL", names.aside(), names.stream()});
    alerts_.raised.clear();
    accept("ABC");
    redis({"LSET", names.stream(), "1", wrong});
    const auto fanned = fanOut();
    ASSERT_TRUE(fanned) << fanned.error().message;
    EXPECT_EQ(fanned->messages, 2U);
    EXPECT_EQ(fanned->left, 0U);
    EXPECT_THAT(alerts_.raised, ElementsAre(HasSubstr("unreadable stream: One accepted event could not be read")));
    const auto aside = redis({"HGETALL", names.aside()}).items;
    ASSERT_THAT(aside, SizeIs(2));
    EXPECT_THAT(aside[0].text, HasSubstr("stream|"));
    EXPECT_EQ(aside[1].text, wrong);
    sendAll();
    EXPECT_EQ(told(), "A1 C1");
  }
}

TEST_F(DamagedStream, SeveralDamagedEventsAreSetAsideByOneCall) {
  accept("ABCD");
  for (const auto* at : {"0", "3"}) {
    redis({"LSET", process_->shard.keys().stream(), at, std::string("no event ") + at});
  }
  const auto fanned = fanOut();
  ASSERT_TRUE(fanned) << fanned.error().message;
  EXPECT_EQ(fanned->messages, 2U);
  EXPECT_THAT(alerts_.raised, SizeIs(2));
  sendAll();
  EXPECT_EQ(told(), "B1 C1");
}

TEST_F(DamagedStream, AStreamOfAnotherTypeIsSetAsideAsAWholeAndLaterEventsGoOn) {
  const auto& names = process_->shard.keys();
  redis({"SET", names.stream(), "no list"});
  const auto fanned = fanOut();
  ASSERT_TRUE(fanned) << fanned.error().message;
  EXPECT_EQ(fanned->messages, 0U);
  EXPECT_THAT(alerts_.raised, ElementsAre(HasSubstr("unreadable stream: The key " + names.stream() + " held no list")));
  publish("A");
  sendAll();
  EXPECT_EQ(told(), "A1");
  EXPECT_EQ(redis({"GET", names.asideKey(names.stream())}).text, "no list");
}

TEST_F(DamagedStream, AnEndpointWhoseLanesCannotBeReadGetsThemBackFromItsRegistration) {
  const auto& names = process_->shard.keys();
  accept("A");
  for (const auto* wrong : {"abc", "0"}) {
    redis({"HSET", names.state(id_), "lanes", wrong});
    auto fanned = fanOut();
    if (!fanned) fanned = fanOut();  // the repair is a new revision
    ASSERT_TRUE(fanned) << fanned.error().message;
    EXPECT_EQ(redis({"HGET", names.state(id_), "lanes"}).text, "2");
    EXPECT_THAT(alerts_.raised, ElementsAre(HasSubstr("The delivery state of this endpoint could not be read")));
    alerts_.raised.clear();
    sendAll();
    EXPECT_EQ(told(), "A1");
    accept("A");
  }
  EXPECT_TRUE(fanOut());
  EXPECT_THAT(alerts_.raised, IsEmpty());
}

}  // namespace
}  // namespace lull::redis
