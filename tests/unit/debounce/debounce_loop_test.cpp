#include <lull/debounce/debounce_loop.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <thread>

namespace lull::debounce {
namespace {

class FakeClock : public ports::Clock {
 public:
  Instant now() const override { return instantOf(1000); }
  std::chrono::nanoseconds realTimeUntil(Instant) const override { return std::chrono::hours(1); }
  void onJump(std::function<void()>) override {}
};

class FakeWindows : public ports::WindowFiring {
 public:
  Result<ports::DueNote> due() override {
    ++looks;
    if (away) return Error{ErrorCode::Unavailable, "away"};
    ports::DueNote note;
    if (!dues.empty()) note.window = dues.front();
    note.streamed = streamed && streamed();
    return note;
  }
  Result<ports::FireOutcome> fireDue(Instant, const ports::SubscriberList& known, std::uint32_t types,
                                     const ports::Permits& given) override {
    permits.push_back(given);
    if (known.revision != storedRevision) return Error{ErrorCode::Stale, "stale"};
    changeTypes.push_back(types);
    ports::FireOutcome outcome;
    if (given.paced && hold > 0) {
      --hold;
      outcome.held = true;
    } else if ((dues.front().changeTypes & types) != 0) {
      fired.push_back(known.subscribers);
      dues.pop_front();
      outcome.windows = 1;
      outcome.messages = known.subscribers.size();
      if (leases > 0) {
        --leases;
        outcome.leased.claims.emplace_back();
      }
    }
    if (onFire) onFire();
    if (!dues.empty()) outcome.next = dues.front();
    return outcome;
  }
  std::atomic<bool> away{false};
  int hold = 0;    // how many paced calls stop at once
  int leases = 0;  // how many calls lease a message
  std::vector<ports::Permits> permits;
  std::deque<ports::NextDue> dues;
  std::vector<std::uint32_t> changeTypes;
  std::uint64_t storedRevision = 1;
  std::vector<std::vector<ports::Subscriber>> fired;
  std::atomic<int> looks{0};
  std::function<void()> onFire;
  std::function<bool()> streamed;  // whether events wait
};

/// Each event is of one change type; a call gives out all that it may, up to the first of another type.
class FakeStream : public ports::StreamFanOut {
 public:
  Result<std::uint64_t> waiting() override {
    ++looks;
    return events.size();
  }
  Result<ports::FanOutcome> fanOut(Instant, const ports::SubscriberList& known, std::uint32_t types) override {
    if (away) return Error{ErrorCode::Unavailable, "full"};
    if (known.revision != storedRevision) return Error{ErrorCode::Stale, "stale"};
    ++calls;
    ports::FanOutcome outcome;
    while (!events.empty() && (events.front() & types) != 0) {
      events.pop_front();
      outcome.messages += known.everyEvent.size();
    }
    if (!events.empty()) outcome.unnamed = events.front();
    outcome.left = events.size();
    return outcome;
  }
  std::deque<std::uint32_t> events;
  std::uint64_t storedRevision = 1;
  int calls = 0;
  int looks = 0;
  bool away = false;
};

class FakeSubscribers : public ports::Subscribers {
 public:
  ports::SubscribersPtr subscribers() const override { return cached_; }
  Status refresh() override {
    if (away) return Error{ErrorCode::Unavailable, "away"};
    cached_ = stored;
    return Done{};
  }
  static ports::SubscribersPtr at(std::uint64_t revision, const std::vector<EndpointId>& ids) {
    auto list = std::make_shared<ports::SubscriberList>();
    list->revision = revision;
    for (const auto& id : ids) list->subscribers.push_back({id, 5});
    list->everyEvent.push_back({"ep_every", 5});
    return list;
  }
  ports::SubscribersPtr cached_ = at(1, {"ep_a"});
  ports::SubscribersPtr stored = cached_;
  bool away = false;
};

class FakeDepartures : public ports::Departures {
 public:
  ports::Permits reserve() override {
    ++reserved;
    ports::Permits permits;
    permits.most = most;
    permits.paced = paced;
    return permits;
  }
  ports::Permits reserveFew(std::uint32_t) override { return reserve(); }
  void giveBack(const ports::Permits&) override {
    --reserved;
    ++departures;
  }
  void depart(const ports::Permits&, ports::ClaimBatch leased) override {
    --reserved;
    ++departures;
    departed += leased.claims.size();
  }
  bool awaitRoom(std::chrono::nanoseconds) override {
    ++waits;
    return hasRoom;
  }
  int reserved = 0;  // and not given back
  std::atomic<int> departures{0};
  std::size_t departed = 0;
  int waits = 0;
  std::uint32_t most = 100;
  bool paced = true;
  bool hasRoom = true;
};

struct DebounceLoopTest : ::testing::Test {
  DebounceLoopTest() {
    windows.streamed = [this] { return !stream.events.empty(); };
  }
  FakeClock clock;
  FakeWindows windows;
  FakeStream stream;
  FakeSubscribers registry;
  FakeDepartures departures;
  int wakes = 0;
  DebounceLoop loop{{windows, stream, registry, departures, clock}, [this] { ++wakes; }};
};

TEST_F(DebounceLoopTest, FiresNoFurtherPageOnceItIsToldToStop) {
  windows.dues = {{instantOf(1), 1}, {instantOf(2), 1}, {instantOf(3), 1}};
  windows.onFire = [this] { loop.stop(); };
  EXPECT_TRUE(loop.fanOutAll().ok());
  EXPECT_EQ(windows.fired.size(), 1U);
}

TEST_F(DebounceLoopTest, FiresEverythingDueAndTellsWhatIsLeft) {
  windows.dues = {{instantOf(900), 1}, {instantOf(1000), 1}, {instantOf(1500), 1}};
  const auto next = loop.fanOutAll();
  ASSERT_TRUE(next);
  EXPECT_EQ(**next, instantOf(1500));
  ASSERT_EQ(windows.fired.size(), 2U);
  EXPECT_EQ(windows.fired[0].at(0).endpoint, "ep_a");
  EXPECT_EQ(windows.fired[0].at(0).changeTypes, 5U);
}

TEST_F(DebounceLoopTest, HandsOverWhatItWasLeasedAndGivesEverySlotBack) {
  windows.dues = {{instantOf(900), 1}, {instantOf(1000), 1}};
  windows.leases = 1;
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_EQ(departures.departed, 1U);
  windows.dues = {{instantOf(900), 1}};
  windows.storedRevision = 2;
  registry.away = true;
  ASSERT_FALSE(loop.fanOutAll());
  EXPECT_EQ(departures.reserved, 0) << "also when the call was refused";
}

TEST_F(DebounceLoopTest, WaitsForRoomBeforeItFiresMore) {
  windows.dues = {{instantOf(900), 1}, {instantOf(901), 1}};
  windows.hold = 2;
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_EQ(departures.waits, 2);
  EXPECT_EQ(windows.fired.size(), 2U);
}

// What is due must not wait for receivers that are slow: then it goes into their queues.
TEST_F(DebounceLoopTest, FiresWithoutRoomWhenThereIsNoneForTooLong) {
  windows.dues = {{instantOf(900), 1}, {instantOf(901), 1}};
  windows.hold = 100;
  departures.hasRoom = false;
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_EQ(windows.fired.size(), 2U);
  EXPECT_EQ(departures.waits, 2) << "each time it tries first to be paced";
  EXPECT_FALSE(windows.permits.back().paced);
}

// While so many are being sent, the next call leases more.
TEST_F(DebounceLoopTest, LeasesThirtyTwoOfAnEndpointInACall) {
  windows.dues = {{instantOf(900), 1}, {instantOf(901), 1}};
  departures.most = 128;
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_EQ(windows.permits.at(0).most, 32U);
  EXPECT_EQ(departures.waits, 0);
  windows.dues = {{instantOf(900), 1}};
  registry.cached_ = FakeSubscribers::at(1, {"ep_a", "ep_b", "ep_c", "ep_d", "ep_e"});
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_EQ(windows.permits.back().most, 128U);
}

TEST_F(DebounceLoopTest, WaitsForMoreSlotsThanAFew) {
  windows.dues = {{instantOf(900), 1}};
  departures.most = 31;
  departures.hasRoom = false;
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_EQ(departures.waits, 1);
  EXPECT_EQ(windows.permits.size(), 1U);
  EXPECT_FALSE(windows.permits.back().paced) << "there were none for too long";
}

// Endpoints whose windows come first would hold up others that take other types.
TEST_F(DebounceLoopTest, HoldsNothingBackWhereEndpointsTakeDifferentTypes) {
  windows.dues = {{instantOf(900), 1}};
  auto list = std::make_shared<ports::SubscriberList>(*FakeSubscribers::at(1, {"ep_a"}));
  list->uniform = false;
  registry.cached_ = list;
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_FALSE(windows.permits.back().paced);
}

TEST_F(DebounceLoopTest, DoesNotLookForAWindowThatItWasToldOf) {
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_EQ(windows.looks, 1);
  windows.dues = {{instantOf(900), 4}};
  std::thread thread([this] { loop.run(); });
  loop.noteDue({ports::NextDue{instantOf(900), 4}});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (departures.departures == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  loop.stop();
  thread.join();
  EXPECT_EQ(windows.changeTypes, std::vector<std::uint32_t>{4});
}

TEST_F(DebounceLoopTest, FiresNothingBeforeItIsDue) {
  windows.dues = {{instantOf(1001), 1}};
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_TRUE(windows.fired.empty());
}

TEST_F(DebounceLoopTest, FiresWindowsOfMoreTypesAsItMeetsThem) {
  windows.dues = {{instantOf(900), 2}, {instantOf(901), 4}, {instantOf(902), 2}};
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_EQ(windows.changeTypes, (std::vector<std::uint32_t>{2, 6, 6}));
}

TEST_F(DebounceLoopTest, DoesNotAskForWhatTheCallTold) {
  windows.dues = {{instantOf(900), 1}, {instantOf(1500), 1}};
  const auto next = loop.fanOutAll();
  ASSERT_TRUE(next);
  EXPECT_EQ(**next, instantOf(1500));
  EXPECT_EQ(windows.looks, 1);
}

TEST_F(DebounceLoopTest, LoadsTheRegistryWhenItsViewIsStale) {
  windows.dues = {{instantOf(900), 1}};
  windows.storedRevision = 2;
  registry.stored = FakeSubscribers::at(2, {"ep_a", "ep_b"});
  ASSERT_TRUE(loop.fanOutAll());
  ASSERT_EQ(windows.fired.size(), 1U);
  EXPECT_EQ(windows.fired[0].size(), 2U);
}

TEST_F(DebounceLoopTest, SaysWhenTheRegistryCannotBeLoaded) {
  windows.dues = {{instantOf(900), 1}};
  windows.storedRevision = 2;
  registry.away = true;
  const auto next = loop.fanOutAll();
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, ErrorCode::Unavailable);
}

TEST_F(DebounceLoopTest, FansOutEventsAndKnowsTheirTypesNextTime) {
  stream.events = {1, 4, 1};
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_TRUE(stream.events.empty());
  EXPECT_EQ(stream.calls, 3) << "it learned of two types, one call each";
  EXPECT_EQ(stream.looks, 1) << "each call told that events were left";
  EXPECT_EQ(wakes, 2) << "once for each call that made messages";
  stream.events = {4, 1};
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_EQ(stream.calls, 4);
}

TEST_F(DebounceLoopTest, AsksTheStreamForNothingWhileItIsEmptyAndForgetsItsTypes) {
  stream.events = {1, 4};
  ASSERT_TRUE(loop.fanOutAll());
  const auto calls = stream.calls;
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_EQ(stream.calls, calls);
  EXPECT_EQ(stream.looks, 1) << "the store has said at once that there are no windows and no events";
  stream.events = {4};
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_EQ(stream.calls, calls + 2) << "the types are learned anew, or every taker of any of them would be named";
}

TEST_F(DebounceLoopTest, AnEventThatItWasToldOfIsFannedOutWhateverTheStoreSaidBefore) {
  windows.streamed = [] { return false; };
  stream.events = {1};
  loop.noteDue({std::nullopt, true});
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_TRUE(stream.events.empty());
}

TEST_F(DebounceLoopTest, AFullStoreDelaysEventsAndNoWindow) {
  stream.events = {1};
  stream.away = true;
  windows.dues = {{instantOf(900), 1}, {instantOf(1500), 1}};
  const auto next = loop.fanOutAll();
  ASSERT_TRUE(next);
  EXPECT_EQ(**next, instantOf(1500));
  EXPECT_EQ(windows.fired.size(), 1U);
  EXPECT_EQ(stream.events.size(), 1U);
}

TEST_F(DebounceLoopTest, LoadsTheRegistryForEventsToo) {
  stream.events = {1};
  stream.storedRevision = 2;
  registry.stored = FakeSubscribers::at(2, {});
  ASSERT_TRUE(loop.fanOutAll());
  EXPECT_TRUE(stream.events.empty());
}

// It asks again after 25 ms at the soonest, and then less and less often.
TEST_F(DebounceLoopTest, DoesNotAskAgainAndAgainWhileTheStoreIsAway) {
  windows.away = true;
  const auto began = std::chrono::steady_clock::now();
  std::thread thread([this] { loop.run(); });
  while (windows.looks < 3 && std::chrono::steady_clock::now() - began < std::chrono::seconds(10))
    std::this_thread::yield();
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(25 + 50)) << "two pauses";
  loop.stop();
  thread.join();
}

TEST_F(DebounceLoopTest, ANewWindowThatIsDueEarlierWakesIt) {
  std::thread thread([this] { loop.run(); });
  const auto turns = [this](int atLeast) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (windows.looks < atLeast && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return windows.looks.load();
  };
  const int before = turns(1);
  // The loop polls every 200 ms by itself; a hundred turns within that time are the wake-ups' doing.
  const auto began = std::chrono::steady_clock::now();
  for (int i = 1; i <= 100; ++i) {
    const int seen = windows.looks;
    while (windows.looks == seen && std::chrono::steady_clock::now() - began < std::chrono::seconds(10)) {
      loop.lookNow();
      std::this_thread::yield();
    }
  }
  EXPECT_GE(windows.looks, before + 100);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  loop.stop();
  thread.join();
}

}  // namespace
}  // namespace lull::debounce
