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
  Result<std::optional<ports::NextDue>> nextDue() override {
    ++looks;
    if (dues.empty()) return std::optional<ports::NextDue>{};
    return std::optional(dues.front());
  }
  Result<ports::FireOutcome> fireDue(Instant, const ports::SubscriberList& known, std::uint32_t types) override {
    if (known.revision != storedRevision) return Error{ErrorCode::Stale, "stale"};
    fired.push_back(known.subscribers);
    changeTypes.push_back(types);
    dues.pop_front();
    if (onFire) onFire();
    return ports::FireOutcome{1, known.subscribers.size(),
                              dues.empty() ? std::nullopt : std::optional(dues.front().at)};
  }
  std::deque<ports::NextDue> dues;
  std::vector<std::uint32_t> changeTypes;
  std::uint64_t storedRevision = 1;
  std::vector<std::vector<ports::Subscriber>> fired;
  std::atomic<int> looks{0};
  std::function<void()> onFire;
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
    return list;
  }
  ports::SubscribersPtr cached_ = at(1, {"ep_a"});
  ports::SubscribersPtr stored = cached_;
  bool away = false;
};

struct DebounceLoopTest : ::testing::Test {
  FakeClock clock;
  FakeWindows windows;
  FakeSubscribers registry;
  int wakes = 0;
  DebounceLoop loop{windows, registry, clock, [this] { ++wakes; }};
};

TEST_F(DebounceLoopTest, FiresNoFurtherPageOnceItIsToldToStop) {
  windows.dues = {{instantOf(1), 1}, {instantOf(2), 1}, {instantOf(3), 1}};
  windows.onFire = [this] { loop.stop(); };
  EXPECT_TRUE(loop.fireAllDue().ok());
  EXPECT_EQ(windows.fired.size(), 1U);
}

TEST_F(DebounceLoopTest, FiresEverythingDueAndTellsWhatIsLeft) {
  windows.dues = {{instantOf(900), 1}, {instantOf(1000), 1}, {instantOf(1500), 1}};
  const auto next = loop.fireAllDue();
  ASSERT_TRUE(next);
  EXPECT_EQ(**next, instantOf(1500));
  ASSERT_EQ(windows.fired.size(), 2U);
  EXPECT_EQ(windows.fired[0].at(0).endpoint, "ep_a");
  EXPECT_EQ(windows.fired[0].at(0).changeTypes, 5U);
  EXPECT_EQ(wakes, 2);
}

TEST_F(DebounceLoopTest, FiresNothingBeforeItIsDue) {
  windows.dues = {{instantOf(1001), 1}};
  ASSERT_TRUE(loop.fireAllDue());
  EXPECT_TRUE(windows.fired.empty());
}

TEST_F(DebounceLoopTest, FiresWindowsOfMoreTypesAsItMeetsThem) {
  windows.dues = {{instantOf(900), 2}, {instantOf(901), 4}, {instantOf(902), 2}};
  ASSERT_TRUE(loop.fireAllDue());
  EXPECT_EQ(windows.changeTypes, (std::vector<std::uint32_t>{2, 6, 6}));
}

TEST_F(DebounceLoopTest, DoesNotAskForWhatTheCallTold) {
  windows.dues = {{instantOf(900), 1}, {instantOf(1500), 1}};
  const auto next = loop.fireAllDue();
  ASSERT_TRUE(next);
  EXPECT_EQ(**next, instantOf(1500));
  EXPECT_EQ(windows.looks, 1);
}

TEST_F(DebounceLoopTest, LoadsTheRegistryWhenItsViewIsStale) {
  windows.dues = {{instantOf(900), 1}};
  windows.storedRevision = 2;
  registry.stored = FakeSubscribers::at(2, {"ep_a", "ep_b"});
  ASSERT_TRUE(loop.fireAllDue());
  ASSERT_EQ(windows.fired.size(), 1U);
  EXPECT_EQ(windows.fired[0].size(), 2U);
}

TEST_F(DebounceLoopTest, SaysWhenTheRegistryCannotBeLoaded) {
  windows.dues = {{instantOf(900), 1}};
  windows.storedRevision = 2;
  registry.away = true;
  const auto next = loop.fireAllDue();
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, ErrorCode::Unavailable);
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
      loop.noteDue(instantOf(0));
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
