#include "redis/stream_event.hpp"
#include "redis/two_endpoints.hpp"

#include <lull/redis/admission_pipeline.hpp>
#include <lull/runtime/guarded.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <thread>

namespace lull::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A clock that runs a function when it is read for the n-th time. The pipeline reads it when it makes a script call,
/// after it has sent the one before.
class BetweenCalls : public testing::ManualClock {
 public:
  Instant now() const override {
    const auto look = looks_++;
    if (look < acts_.size()) acts_[look]();
    return ManualClock::now();
  }
  /// Looks are counted anew. Only while the pipeline has nothing to do.
  void plan(std::vector<std::function<void()>> acts) {
    looks_ = 0;
    acts_ = std::move(acts);
  }

 private:
  mutable std::atomic<std::size_t> looks_ = 0;
  std::vector<std::function<void()>> acts_;
};

/// When the window is due, its types, and whether the stream has grown.
std::string textOf(const ports::DueNote& note) {
  if (!note.window) return "nothing";
  return std::to_string(millisOf(note.window->at)) + "/" + std::to_string(note.window->changeTypes) +
         (note.streamed ? "+stream" : "");
}

/// A pipeline and its thread.
struct RunningPipeline {
  RunningPipeline(Shard& shard, AdmissionPipeline::OnDue onDue)
      : pipeline(shard, {.mostWaiting = 4'000}, std::move(onDue)), thread([this] { pipeline.run(); }) {}
  ~RunningPipeline() {
    pipeline.stop();
    thread.join();
  }
  AdmissionPipeline pipeline;
  std::thread thread;
};

/// The events of one request get their sequences, and stand in the stream, in their order and once, whatever happens to
/// the script calls that carry them.
class AdmissionOrder : public ::testing::Test {
 protected:
  void SetUp() override {
    other_ = Connection::open(server_.address(), Millis{5000}).value();
    ASSERT_TRUE(publish(0, 1));  // so that the store is attached and the connection has its scripts
    ASSERT_TRUE(publish(0, 1));  // a repeat: when it is answered, the pipeline has done all for the first one
    takeEvents(1);
    redis({"DEL", shard_.keys().stream()});
    redis({"CONFIG", "RESETSTAT"});
    notes_.lock()->clear();
  }
  void takeEvents(int mask) { redis({"HSET", shard_.keys().meta(), "every", std::to_string(mask)}); }

  /// One request with an event for each of these items, each with an id of its own.
  static std::vector<Event> eventsOf(std::int64_t first, std::int64_t count) {
    std::vector<Event> events(static_cast<std::size_t>(count));
    for (auto& event : events) {
      event.type = "AssetChanged";
      event.changeType = 1;
      event.itemId = ItemId(first++);
      event.id = event.itemId.text();
    }
    return events;
  }
  Result<AdmissionReceipt> publish(std::int64_t first, std::int64_t count) {
    return admission_.pipeline.admit(eventsOf(first, count), "publisher");
  }
  /// A publisher sends the items 1…count again until they are taken.
  void publishUntilTaken(std::int64_t count) {
    for (int sent = 1; sent <= 3; ++sent) {
      const auto receipt = publish(1, count);
      if (receipt) return expectInOrder(*receipt, count);
      refusals_.push_back(receipt.error().message);
    }
    ADD_FAILURE() << "refused three times: " << refusals_.back();
  }
  /// The sequences of a request ascend, and the stream holds its items in their order, each once.
  void expectInOrder(const AdmissionReceipt& receipt, std::int64_t count) {
    ASSERT_EQ(static_cast<std::int64_t>(receipt.sequences.size()), count);
    const auto misplaced = std::is_sorted_until(receipt.sequences.begin(), receipt.sequences.end());
    ASSERT_TRUE(misplaced == receipt.sequences.end())
        << "event " << misplaced - receipt.sequences.begin() << " has sequence " << *misplaced << ", the one before it "
        << *std::prev(misplaced);
    const auto events = stream();
    ASSERT_EQ(static_cast<std::int64_t>(events.size()), count);
    for (std::size_t i = 0; i < events.size(); ++i) {
      ASSERT_EQ(events[i].item, "1n" + std::to_string(i + 1));
      ASSERT_EQ(events[i].sequence, receipt.sequences[i]);
    }
  }

  Reply redis(const Command& command) { return other_->call(command).value(); }
  std::vector<StreamEvent> stream() {
    std::vector<StreamEvent> events;
    for (const auto& item : redis({"LRANGE", shard_.keys().stream(), "0", "-1"}).items)
      events.push_back(readStreamEvent(item.text));
    return events;
  }
  void await(const std::string& what, const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << what;
      std::this_thread::yield();
    }
  }
  void teachAdmit() { redis({"SCRIPT", "LOAD", shard_.scripts()["admit"].text}); }
  /// Waits until Redis has answered a call with this error.
  void awaitError(const std::string& code) {
    await("no call was answered " + code, [&] {
      return redis({"INFO", "errorstats"}).text.find("errorstat_" + code + ":") != std::string::npos;
    });
  }

  testing::RedisServer server_;
  NoMeter meter_;
  BetweenCalls clock_;
  Shard shard_{settingsFor(server_), clock_, meter_};
  runtime::Guarded<std::vector<std::string>> notes_;
  RunningPipeline admission_{shard_, [this](const ports::DueNote& note) { notes_.lock()->push_back(textOf(note)); }};
  std::unique_ptr<Connection> other_;
  std::vector<std::string> refusals_;
};

TEST_F(AdmissionOrder, APartWhoseScriptWasUnknownIsNotOvertakenByTheNextPart) {
  clock_.plan({[&] {
                 redis({"SCRIPT", "FLUSH"});
               },
               [&] {
                 awaitError("NOSCRIPT");
                 teachAdmit();  // as another replica that publishes
               }});
  publishUntilTaken(400);
  EXPECT_THAT(refusals_, IsEmpty());
}

TEST_F(AdmissionOrder, APartThatMetDamageIsNotOvertakenByTheNextPart) {
  redis({"HSET", shard_.keys().windows(), "1n7", "no window"});
  publishUntilTaken(400);
  EXPECT_THAT(refusals_, IsEmpty());
}

TEST_F(AdmissionOrder, APartThatWasRefusedByAFullRedisIsNotOvertakenByTheNextPart) {
  clock_.plan({[&] {
                 redis({"CONFIG", "SET", "maxmemory", "1"});
               },
               [&] {
                 awaitError("OOM");
                 redis({"CONFIG", "SET", "maxmemory", "0"});
               }});
  publishUntilTaken(400);
  EXPECT_THAT(refusals_, ElementsAre(HasSubstr("maxmemory")));
}

TEST_F(AdmissionOrder, APartDoesNotRunWhenRedisForgotTheOneBefore) {
  clock_.plan({[] {},
               [&] {
                 await("the first part did not run", [&] { return stream().size() == 200; });
                 for (const auto& key : redis({"KEYS", shard_.keys().part("*")}).items) redis({"DEL", key.text});
               }});
  publishUntilTaken(400);
  EXPECT_THAT(refusals_, ElementsAre(HasSubstr("send them again")));
}

TEST_F(AdmissionOrder, TheRestOfARefusedRequestIsNotSentAndMakesRoom) {
  redis({"CONFIG", "SET", "maxmemory", "1"});
  for (int i = 0; i < 10; ++i) {
    const auto refused = publish(1, 1'000);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("maxmemory"));
  }
  redis({"CONFIG", "SET", "maxmemory", "0"});
  publishUntilTaken(1'000);
  EXPECT_THAT(redis({"INFO", "commandstats"}).text, HasSubstr("cmdstat_evalsha:calls=25,"))
      << "two calls of each request that was refused, five of the one that was taken";
}

TEST_F(AdmissionOrder, AStreamOfAnotherTypeIsSetAsideAndBegunAnew) {
  redis({"SET", shard_.keys().stream(), "no list"});
  publishUntilTaken(400);
  EXPECT_THAT(refusals_, IsEmpty());
  EXPECT_EQ(redis({"GET", shard_.keys().asideKey(shard_.keys().stream())}).text, "no list");
}

TEST_F(AdmissionOrder, TellsWhatBecameDue) {
  const auto due = std::to_string(millisOf(clock_.now()) + 5'000) + "/1";
  ASSERT_TRUE(publish(1, 1));
  ASSERT_TRUE(publish(1, 1));  // a repeat
  takeEvents(2);
  ASSERT_TRUE(publish(2, 1));
  ASSERT_TRUE(publish(2, 1));  // answered after the one before was settled
  EXPECT_THAT(*notes_.lock(), ElementsAre(due + "+stream", due));
}

TEST_F(AdmissionOrder, ACallerThatFindsNobodyAtWorkMakesItsCallByItself) {
  AdmissionPipeline withoutThread(shard_, {}, [](const ports::DueNote&) {});
  auto receipt = std::async(std::launch::async, [&] { return withoutThread.admit(eventsOf(1, 200), "publisher"); });
  const auto state = receipt.wait_for(std::chrono::seconds(10));
  std::thread rescue;  // so that the test fails and does not hang
  if (state != std::future_status::ready) rescue = std::thread([&] { withoutThread.run(); });
  EXPECT_TRUE(receipt.get());
  EXPECT_EQ(state, std::future_status::ready) << "the call waited for the pipeline's thread";
  withoutThread.stop();
  if (rescue.joinable()) rescue.join();
}

TEST_F(AdmissionOrder, WhatComesWhileACallerIsAtWorkIsForTheThread) {
  std::future<Result<AdmissionReceipt>> second;
  clock_.plan({[&] {
    second = std::async(std::launch::async, [&] { return publish(2, 1); });
    // Its request waits: until it has an answer, only the thread can give it one.
    EXPECT_NE(second.wait_for(std::chrono::milliseconds(20)), std::future_status::ready);
  }});
  ASSERT_TRUE(publish(1, 1));
  EXPECT_TRUE(second.get());
  EXPECT_EQ(stream().size(), 2U);
}

// Many publishers, each of which waits for its answer before it sends the next request; two replicas; Redis loses its
// scripts again and again. No request is refused, and the stream has the requests of each publisher in order.
TEST_F(AdmissionOrder, HoldsForEachPublisherWhileScriptsAreLost) {
  RunningPipeline replica(shard_, [](const ports::DueNote&) {});
  constexpr std::int64_t kRange = 1'000'000;
  const std::vector<std::int64_t> sizes{1, 250, 1'000, 3, 400, 201, 1, 1'000, 200, 7};
  std::atomic<int> publishing = 3;
  runtime::Guarded<std::vector<std::string>> refusals;
  const auto publisher = [&](std::int64_t number) {
    auto& pipeline = number == 2 ? replica.pipeline : admission_.pipeline;
    std::int64_t next = number * kRange;
    for (const auto size : sizes) {
      for (int sent = 0; sent < 2; ++sent) {
        const auto admitted = pipeline.admit(eventsOf(next, size), "publisher");
        if (!admitted) refusals.lock()->push_back(admitted.error().message);
      }
      next += size;
    }
    --publishing;
  };
  std::vector<std::thread> threads;
  for (const int number : {1, 2, 3}) threads.emplace_back(publisher, number);
  while (publishing > 0) {
    redis({"SCRIPT", "FLUSH"});
    teachAdmit();
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(*refusals.lock(), ::testing::IsEmpty());

  std::map<std::int64_t, std::int64_t> next{{1, kRange}, {2, 2 * kRange}, {3, 3 * kRange}};
  std::uint64_t last = 0;
  for (const auto& event : stream()) {
    ASSERT_GT(event.sequence, last);
    last = event.sequence;
    const auto item = std::stoll(event.item.substr(2));
    ASSERT_EQ(item, next[item / kRange]++) << "the event of publisher " << item / kRange << " that comes next";
  }
  for (const auto& [number, end] : next) EXPECT_EQ(end - number * kRange, 3'063) << "events of publisher " << number;
}

}  // namespace
}  // namespace lull::redis
