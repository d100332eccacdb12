#include "redis/two_endpoints.hpp"

#include <lull/redis/admission_pipeline.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

namespace lull::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A clock that runs a function when it is read for the n-th time. The pipeline reads it when it makes a script call,
/// after it has sent the one before.
class BetweenCalls : public testing::ManualClock {
 public:
  Instant now() const override {
    const auto act = std::find_if(acts_.begin(), acts_.end(), [&](const auto& each) { return each.first == looks_; });
    ++looks_;
    if (act != acts_.end()) act->second();
    return ManualClock::now();
  }
  /// Looks are counted anew from 0.
  void plan(std::vector<std::pair<int, std::function<void()>>> acts) {
    looks_ = 0;
    acts_ = std::move(acts);
  }

 private:
  mutable int looks_ = 0;
  std::vector<std::pair<int, std::function<void()>>> acts_;
};

/// The events of one request stand in their order in the stream and in the sequences, whatever happens to the script
/// calls that carry them.
class AdmissionOrder : public ::testing::Test {
 protected:
  void SetUp() override {
    other_ = Connection::open(server_.address(), Millis{5000}).value();
    ASSERT_TRUE(publish(0, 1));  // so that the store is attached and the connection has its scripts
    redis({"HSET", shard_.keys().meta(), "every", "1"});
    redis({"DEL", shard_.keys().stream()});
    redis({"CONFIG", "RESETSTAT"});
  }
  void TearDown() override {
    admission_.stop();
    thread_.join();
  }

  /// One request with an event for each of these items, each with an id of its own.
  Result<AdmissionReceipt> publish(std::int64_t first, std::int64_t count, bool ids = true) {
    std::vector<Event> events(static_cast<std::size_t>(count));
    for (auto& event : events) {
      event.type = "AssetChanged";
      event.changeType = 1;
      event.itemId = ItemId(first++);
      if (ids) event.id = event.itemId.text();
    }
    return admission_.admit(std::move(events), "publisher");
  }
  /// A publisher sends a request again until it is taken.
  AdmissionReceipt publishUntilTaken(std::int64_t first, std::int64_t count) {
    for (int sent = 1; sent <= 3; ++sent) {
      auto receipt = publish(first, count);
      if (receipt) return *std::move(receipt);
      refusals_.push_back(receipt.error().message);
    }
    ADD_FAILURE() << "refused three times: " << refusals_.back();
    return {};
  }

  Reply redis(const Command& command) { return other_->call(command).value(); }
  /// Waits until Redis has answered a call with this error.
  void awaitError(const std::string& code) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (redis({"INFO", "errorstats"}).text.find("errorstat_" + code + ":") == std::string::npos) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "no call was answered " << code;
      std::this_thread::yield();
    }
  }
  std::int64_t lastSequence() { return std::stoll(redis({"HGET", shard_.keys().meta(), "seq"}).text); }

  testing::RedisServer server_;
  NoMeter meter_;
  BetweenCalls clock_;
  Shard shard_{settingsFor(server_), clock_, meter_};
  AdmissionPipeline admission_{shard_, {.mostWaiting = 1'000}, [](Instant) {}};
  std::thread thread_{[this] { admission_.run(); }};
  std::unique_ptr<Connection> other_;
  std::vector<std::string> refusals_;
};

void expectInOrder(const AdmissionReceipt& receipt, std::size_t events) {
  ASSERT_THAT(receipt.sequences, SizeIs(events));
  const auto misplaced = std::is_sorted_until(receipt.sequences.begin(), receipt.sequences.end());
  EXPECT_TRUE(misplaced == receipt.sequences.end())
      << "event " << misplaced - receipt.sequences.begin() << " has sequence " << *misplaced << ", the one before it "
      << *std::prev(misplaced);
}

TEST_F(AdmissionOrder, APartWhoseScriptWasUnknownIsNotOvertakenByTheNextPart) {
  clock_.plan({{0,
                [&] {
                  redis({"SCRIPT", "FLUSH"});
                }},
               {1, [&] {
                  awaitError("NOSCRIPT");
                  ASSERT_TRUE(shard_.scripts().load(*other_));  // as another replica that connects
                }}});
  expectInOrder(publishUntilTaken(1, 400), 400);
}

TEST_F(AdmissionOrder, APartThatMetDamageIsNotOvertakenByTheNextPart) {
  redis({"HSET", shard_.keys().windows(), "1n7", "no window"});
  expectInOrder(publishUntilTaken(1, 400), 400);
}

TEST_F(AdmissionOrder, APartThatWasRefusedByAFullRedisIsNotOvertakenByTheNextPart) {
  const auto before = lastSequence();
  clock_.plan({{0,
                [&] {
                  redis({"CONFIG", "SET", "maxmemory", "1"});
                }},
               {1, [&] {
                  awaitError("OOM");
                  redis({"CONFIG", "SET", "maxmemory", "0"});
                }}});
  expectInOrder(publishUntilTaken(1, 400), 400);
  EXPECT_THAT(refusals_, ::testing::ElementsAre(HasSubstr("maxmemory")));
  EXPECT_EQ(lastSequence(), before + 400) << "each event was admitted once";
}

}  // namespace
}  // namespace lull::redis
