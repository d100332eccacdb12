#include "redis/two_endpoints.hpp"

#include <lull/redis/admission_pipeline.hpp>
#include <lull/redis/source_store.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>

namespace lull::redis {
namespace {

using ports::SourceNote;
using ports::SourceState;

/// Sources on a Redis of their own, as two processes see them.
class SourceStores : public ::testing::Test {
 protected:
  static std::vector<ports::SourceName> names() { return {{"crm", "Outbox"}, {"erp", "Outbox"}}; }
  ports::SourceStatus crm(SourceStore& store) {
    const auto all = store.list();
    EXPECT_TRUE(all && all->size() == 2);
    return all ? all->front() : ports::SourceStatus{};
  }
  static bool holds(SourceStore& store) {
    const auto turns = store.take({"crm"});
    EXPECT_TRUE(turns);
    return turns && turns->front().ours;
  }

  testing::RedisServer server_;
  testing::ManualClock clock_;
  NoMeter meter_;
  Shard shard_{settingsFor(server_), clock_, meter_};
  int rung_ = 0;
  SourceStore one_{shard_, names(), [this] { ++rung_; }};
  SourceStore two_{shard_, names(), [] {}};
};

TEST_F(SourceStores, EveryReplicaSaysTheSame) {
  ASSERT_TRUE(holds(one_));
  EXPECT_FALSE(holds(two_));
  EXPECT_EQ(crm(two_).lag, std::nullopt) << "nobody has looked yet";
  SourceNote note;
  note.state = SourceState::Running;
  note.admitted = 100;
  note.oldest = clock_.now() - Millis{90'000};
  EXPECT_TRUE(one_.note("crm", note).value());
  EXPECT_FALSE(two_.note("crm", note).value());
  clock_.advance(Millis{1000});
  auto seen = crm(two_);
  EXPECT_EQ(seen.name, "crm");
  EXPECT_EQ(seen.type, "Outbox");
  EXPECT_EQ(seen.state, SourceState::Running);
  EXPECT_EQ(seen.admitted, 100U);
  EXPECT_EQ(seen.lag, Millis{91'000});
  EXPECT_FALSE(seen.lastRunAt);
  note = {};
  note.state = SourceState::Running;
  note.unknown = true;
  EXPECT_TRUE(one_.note("crm", note).value());
  EXPECT_EQ(crm(two_).lag, std::nullopt);
  note = {};
  note.ended = note.empty = true;
  note.setAside = 2;
  note.error = "Row 7 is no event.";
  EXPECT_TRUE(one_.note("crm", note).value());
  seen = crm(two_);
  EXPECT_EQ(seen.state, SourceState::Waiting);
  EXPECT_EQ(seen.lastRunAt, clock_.now());
  EXPECT_EQ(seen.lastError, "Row 7 is no event.");
  EXPECT_EQ(seen.setAside, 2U);
  EXPECT_EQ(seen.lag, Millis{0});
  note = {};
  note.state = SourceState::Failing;
  note.ended = true;
  note.error = "It is away.";
  note.failures = 1;
  EXPECT_TRUE(one_.note("crm", note).value());
  EXPECT_EQ(crm(two_).lag, std::nullopt) << "what has come since then is not known";
}

TEST_F(SourceStores, ALeaseThatIsGivenUpIsFree) {
  ASSERT_TRUE(holds(one_));
  ASSERT_TRUE(one_.release({"crm"}));
  EXPECT_TRUE(holds(two_));
  clock_.advance(ports::kSourceLease - Millis{1});
  EXPECT_FALSE(holds(one_));
  clock_.advance(Millis{1});
  EXPECT_TRUE(holds(one_));
}

TEST_F(SourceStores, ARunIsAskedForAnywhere) {
  ASSERT_TRUE(two_.run("crm"));
  ASSERT_TRUE(one_.run("crm"));
  EXPECT_EQ(rung_, 1);
  EXPECT_EQ(one_.take({"erp", "crm"})->at(1).asked, 2U);
  const auto unknown = one_.run("CRM");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::NotFound);
}

TEST_F(SourceStores, WithoutSourcesNothingIsAsked) {
  SourceStore none(shard_, {}, [] {});
  const auto all = none.list();
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->empty());
}

/// Two requests that wait together are made parts of script calls; each call has one time for all its ids.
TEST(IdsOfSources, OfRequestsThatWaitTogetherKeepTheirOwnTimes) {
  testing::RedisServer server;
  testing::ManualClock clock;
  NoMeter meter;
  Shard shard{settingsFor(server), clock, meter};
  AdmissionSettings settings;
  settings.batch = 3;  // a larger request is not sent by its own thread
  AdmissionPipeline admission(shard, settings, [](const auto&) {});
  std::atomic<int> asked{0};
  const auto admit = [&](const std::string& name, std::optional<Millis> keepIds) {
    std::vector<Event> events(4);
    for (std::size_t i = 0; i < events.size(); ++i) {
      events[i].type = "AssetChanged";
      events[i].changeType = 1;
      events[i].id = name + std::to_string(i);
    }
    ++asked;
    const auto receipt = admission.admit(std::move(events), "publisher", keepIds);
    return receipt ? receipt->duplicates : 99;
  };
  using std::chrono::days;
  auto row = std::async(std::launch::async, [&] { return admit("row", days(7)); });
  auto usual = std::async(std::launch::async, [&] { return admit("usual", std::nullopt); });
  while (asked < 2) std::this_thread::yield();
  std::thread thread([&] { admission.run(); });
  EXPECT_EQ(row.get() + usual.get(), 0U);
  clock.advance(days(1));
  EXPECT_EQ(admit("usual", std::nullopt), 0U);
  EXPECT_EQ(admit("row", days(7)), 4U);
  admission.stop();
  thread.join();
}

/// Ids are remembered for as long as the caller says.
TEST(IdsOfSources, AreRememberedForTheirOwnTime) {
  testing::RedisServer server;
  testing::ManualClock clock;
  NoMeter meter;
  Shard shard{settingsFor(server), clock, meter};
  AdmissionPipeline admission(shard, AdmissionSettings{}, [](const auto&) {});
  const auto admit = [&](const std::string& id, std::optional<Millis> keepIds) {
    Event event;
    event.type = "AssetChanged";
    event.changeType = 1;
    event.id = id;
    const auto receipt = admission.admit({event}, "publisher", keepIds);
    EXPECT_TRUE(receipt);
    return receipt ? receipt->duplicates : 99;
  };
  using std::chrono::days;
  EXPECT_EQ(admit("usual", std::nullopt), 0U);
  EXPECT_EQ(admit("row", days(7)), 0U);
  clock.advance(days(1));
  EXPECT_EQ(admit("usual", std::nullopt), 0U) << "a day is over";
  clock.advance(days(6) - Millis{1});
  EXPECT_EQ(admit("row", days(7)), 1U);
  clock.advance(Millis{1});
  EXPECT_EQ(admit("row", days(7)), 0U);
}

}  // namespace
}  // namespace lull::redis
