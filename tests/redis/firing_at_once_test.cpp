#include "redis/two_endpoints.hpp"

#include <lull/redis/admission_pipeline.hpp>
#include <lull/redis/window_store.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Keeps what it is leased, and counts what is held.
class Slots : public ports::Departures {
 public:
  ports::Permits reserve() override { return reserveFew(most); }
  ports::Permits reserveFew(std::uint32_t wanted) override {
    ports::Permits permits;
    permits.most = std::min(most, wanted);
    held += permits.most;
    ++reservations;
    return permits;
  }
  void giveBack(const ports::Permits& permits) override { held -= permits.most; }
  void depart(const ports::Permits& permits, ports::ClaimBatch leased) override {
    held -= permits.most;
    if (fails) throw std::runtime_error("no memory");
    for (auto& claim : leased.claims) departed.push_back(claim.message.key.packed());
  }
  bool awaitRoom(std::chrono::nanoseconds) override { return false; }

  std::uint32_t most = 100;
  std::atomic<std::uint32_t> held = 0;
  int reservations = 0;
  bool fails = false;
  std::vector<std::string> departed;
};

/// An admission at interval 0 by a caller that finds nobody at work.
class FiringAtOnceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Registration registration;
    registration.name = "receiver";
    registration.webhook().url = "http://127.0.0.1/";
    registration.changeTypes = 1;
    registration.maxConcurrency = 64;
    ASSERT_TRUE(registry_.create(registration, {}));
    ASSERT_TRUE(registry_.refresh());
    admission_.fireWith(firing_);
    for (const char* script : {"admit", "fire"}) redis({"SCRIPT", "LOAD", shard_.scripts()[script].text});
    redis({"HSET", shard_.keys().meta(), "every", "0"});  // no endpoint takes every event
  }

  Result<AdmissionReceipt> publish(std::int64_t first, std::size_t count) {
    std::vector<Event> events(count);
    for (auto& event : events) {
      event.type = "AssetChanged";
      event.changeType = 1;
      event.itemId = ItemId(first++);
    }
    return admission_.admit(std::move(events), "publisher");
  }
  std::int64_t openWindows() { return shard_.call({"ZCARD", shard_.keys().windowIndex()})->integer; }
  Reply redis(const Command& command) { return other_->call(command).value(); }

  testing::RedisServer server_;
  NoMeter meter_;
  testing::ManualClock clock_;
  Shard shard_{settingsFor(server_), clock_, meter_};
  EndpointRegistry registry_{shard_};
  testing::FixedSign sign_;
  std::vector<std::string> notes_;  // when what was noted is due, or "-"
  AdmissionPipeline admission_{shard_, {.interval = Millis{0}}, [this](const ports::DueNote& note) {
                                 notes_.push_back(note.window ? std::to_string(millisOf(note.window->at)) : "-");
                               }};
  WindowStore windows_{shard_, {Millis{5000}, Millis{30'000}}, sign_, [](const ports::DueNote&) {}};
  Slots slots_;
  FiringAtOnce firing_{windows_, registry_, slots_, clock_};
  std::unique_ptr<Connection> other_ = Connection::open(server_.address(), Millis{5000}).value();

  std::string dueNow() const { return std::to_string(millisOf(clock_.now())); }
};

TEST_F(FiringAtOnceTest, WhatIsDueAtOnceIsFiredAndLeasedInTheSameWrite) {
  const auto receipt = publish(7, 2);
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(receipt->accepted, 2U);
  EXPECT_THAT(slots_.departed, ElementsAre("1n7", "1n8"));
  EXPECT_EQ(openWindows(), 0);
  EXPECT_THAT(notes_, IsEmpty()) << "nothing is left for the debounce loop";
  EXPECT_EQ(slots_.held, 0U);
}

TEST_F(FiringAtOnceTest, WhatIsDueLaterIsNotedForTheDebounceLoop) {
  const auto later = millisOf(clock_.now()) + 60'000;
  redis({"ZADD", shard_.keys().windowIndex(), std::to_string(later), "1n99"});
  ASSERT_TRUE(publish(7, 1));
  EXPECT_THAT(slots_.departed, ElementsAre("1n7"));
  EXPECT_THAT(notes_, ElementsAre(std::to_string(later)));
}

TEST_F(FiringAtOnceTest, WithoutSlotsTheDebounceLoopFires) {
  slots_.most = 1;
  ASSERT_TRUE(publish(7, 2));
  EXPECT_THAT(slots_.departed, IsEmpty());
  EXPECT_EQ(openWindows(), 2);
  EXPECT_THAT(notes_, ElementsAre(dueNow()));
  EXPECT_EQ(slots_.held, 0U) << "one slot was held in vain, and is given back";
}

TEST_F(FiringAtOnceTest, ManyMessagesAreForTheDebounceLoop) {
  const auto before = slots_.reservations;
  ASSERT_TRUE(publish(0, 33));
  EXPECT_EQ(openWindows(), 33);
  EXPECT_THAT(notes_, ElementsAre(dueNow()));
  EXPECT_EQ(slots_.reservations, before);
  ASSERT_TRUE(publish(100, 32));
  EXPECT_EQ(slots_.departed.size(), 32U);
}

TEST_F(FiringAtOnceTest, ABacklogIsLeftToTheDebounceLoop) {
  slots_.most = 0;
  ASSERT_TRUE(publish(0, 20));  // these wait
  slots_.most = 100;
  notes_.clear();
  ASSERT_TRUE(publish(100, 2));
  EXPECT_EQ(slots_.departed.size(), 2U) << "no more than it has slots for";
  EXPECT_EQ(openWindows(), 20);
  EXPECT_THAT(notes_, ElementsAre(dueNow()));
  const auto before = slots_.reservations;
  ASSERT_TRUE(publish(200, 1));
  EXPECT_EQ(slots_.reservations, before) << "the debounce loop is at it";
}

TEST_F(FiringAtOnceTest, WhatCannotBeStartedIsNoFailureOfTheAdmission) {
  slots_.fails = true;
  const auto receipt = publish(7, 1);
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_EQ(slots_.held, 0U);
  EXPECT_THAT(notes_, ElementsAre(dueNow())) << "the debounce loop looks what is left";
}

TEST_F(FiringAtOnceTest, AnAdmissionIsTakenAlsoWhenItsFiringIsRefused) {
  redis({"HINCRBY", shard_.keys().meta(), "rev", "1"});  // another replica has registered an endpoint
  const auto receipt = publish(7, 1);
  ASSERT_TRUE(receipt) << receipt.error().message;
  EXPECT_THAT(slots_.departed, IsEmpty());
  EXPECT_EQ(openWindows(), 1);
  EXPECT_THAT(notes_, ElementsAre(dueNow()));
  EXPECT_EQ(slots_.held, 0U);
}

TEST_F(FiringAtOnceTest, AnAdmissionThatIsMadeAgainIsNotedAlthoughTheFiringBeforeItFoundNothing) {
  redis({"SCRIPT", "FLUSH"});
  redis({"SCRIPT", "LOAD", shard_.scripts()["fire"].text});
  ASSERT_TRUE(publish(7, 1));
  EXPECT_EQ(openWindows(), 1);
  EXPECT_THAT(notes_, ElementsAre(dueNow()));
}

TEST_F(FiringAtOnceTest, ALostConnectionGivesTheSlotsBack) {
  server_.pause();
  auto receipt = std::async(std::launch::async, [&] { return publish(7, 1); });
  while (slots_.held == 0) std::this_thread::yield();
  server_.kill9();
  EXPECT_FALSE(receipt.get());
  EXPECT_EQ(slots_.held, 0U);
  EXPECT_THAT(notes_, IsEmpty());
}

}  // namespace
}  // namespace lull::redis
