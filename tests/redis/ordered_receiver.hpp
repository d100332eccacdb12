#pragma once

#include "redis/two_endpoints.hpp"

#include <lull/dispatch/retry_policy.hpp>
#include <lull/redis/admission_pipeline.hpp>
#include <lull/redis/queue_view_store.hpp>
#include <lull/redis/stream_store.hpp>

#include <functional>
#include <memory>
#include <thread>

namespace lull::redis {

/// A process of the fleet, as far as the messages of an ordered receiver pass through it: the adapters of production.
struct OrderedProcess {
  OrderedProcess(const testing::RedisServer& server, testing::ManualClock& clock, Millis maxAge)
      : shard(settingsFor(server), clock, meter),
        stream(shard, {}, std::chrono::seconds(10)),
        queue(shard, {maxAge, Millis{5000}, 1, std::chrono::seconds(10), std::chrono::seconds(40), 100}, sign),
        admission(shard, {}, [](const ports::DueNote&) {}),
        thread([this] { admission.run(); }) {}
  ~OrderedProcess() {
    admission.stop();
    thread.join();
  }
  OrderedProcess(const OrderedProcess&) = delete;

  NoMeter meter;
  testing::FixedSign sign;
  Shard shard;
  EndpointRegistry registry{shard};
  StreamStore stream;
  QueueStore queue;
  QueueViewStore view{shard, registry, [] {}};
  DeadLetterStore letters{shard, registry, Millis{5000}, {}, [] {}};
  AdmissionPipeline admission;
  std::thread thread;
};

/// One endpoint with `order: endpoint` and `results: body`, and the story of what was sent to it. The words of a story:
///   A1, A2    an attempt of the message about item A and its number; with * it carries Lull-Replay, with ! the process
///             ended before it could settle it
///   @60       what follows happened 60 s after the beginning
///   letter    a message became a dead letter
///   blocked   the endpoint was paused, because it stops at a failure
/// Redis is shared by the tests of a suite and emptied before each.
class OrderedReceiver : public ::testing::Test {
 protected:
  static constexpr Millis kLease = std::chrono::seconds(25);

  static void SetUpTestSuite() { server_ = std::make_unique<testing::RedisServer>(); }
  static void TearDownTestSuite() { server_.reset(); }
  static const testing::RedisServer& server() { return *server_; }

  void begin(OnFailure onFailure, Millis maxAge = std::chrono::hours(96)) {
    maxAge_ = maxAge;
    process_ = std::make_unique<OrderedProcess>(*server_, clock_, maxAge_);
    ASSERT_TRUE(process_->shard.call({"FLUSHALL"}));
    registration_.name = "ordered";
    registration_.webhook().url = "http://127.0.0.1/";
    registration_.changeTypes = 1;
    registration_.telling = {Delivery::Every, Order::Endpoint, onFailure, Results::ByBody};
    const auto created = process_->registry.create(registration_, {});
    ASSERT_TRUE(created) << created.error().message;
    id_ = created->endpoint.id;
  }

  /// Accepts one event for each of these items.
  void accept(std::string_view items) {
    std::vector<Event> events(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      events[i].type = "AssetChanged";
      events[i].changeType = 1;
      events[i].itemId = ItemId(std::string(1, items[i]));
    }
    const auto receipt = process_->admission.admit(events, "publisher");
    ASSERT_TRUE(receipt) << receipt.error().message;
  }
  /// Accepts them and fans them out.
  void publish(std::string_view items) {
    accept(items);
    ASSERT_TRUE(process_->registry.refresh());
    const auto fanned = process_->stream.fanOut(clock_.now(), *process_->registry.subscribers(), 1);
    ASSERT_TRUE(fanned) << fanned.error().message;
    EXPECT_EQ(fanned->messages, items.size());
  }

  /// `answer` is asked what the receiver says of a message; `ends`, whether the process ends under an attempt.
  std::function<ReceiverResult(const std::string& item)> answer_ = [](auto&) { return ReceiverResult::Ok; };
  std::function<bool(const std::string& item)> ends_ = [](auto&) { return false; };

  /// Sends all that may be sent now, one after another.
  void sendAll() {
    for (int sent = 0; sent < 50; ++sent) {
      const auto batch = process_->queue.claim(clock_.now(), {{id_, 10, 10, kLease}}, 10);
      ASSERT_TRUE(batch) << batch.error().message;
      ASSERT_LE(batch->claims.size(), 1U) << "one in flight in all";
      if (batch->claims.empty()) return;
      attempt(batch->claims.front());
    }
    FAIL() << "it never rests: " << story_;
  }
  /// The same, and moves the clock on whenever nothing is left to send, until nothing will ever be due.
  void sendToTheEnd() {
    for (int moved = 0; moved < 50; ++moved) {
      sendAll();
      const auto look = process_->queue.claim(clock_.now(), {}, 0);
      ASSERT_TRUE(look) << look.error().message;
      if (!look->nextWake) return;
      clock_.set(*look->nextWake);
    }
    FAIL() << "it never ends: " << story_;
  }
  /// The story since this was called last.
  std::string told() { return std::exchange(story_, {}); }

  /// "A retrying, B behind": what the operator's view of the queue shows, in the order of the items.
  std::string waits() {
    static const std::map<ports::QueueItemState, std::string> kWords{{ports::QueueItemState::Waiting, "waiting"},
                                                                     {ports::QueueItemState::Retrying, "retrying"},
                                                                     {ports::QueueItemState::InFlight, "in flight"},
                                                                     {ports::QueueItemState::Behind, "behind"},
                                                                     {ports::QueueItemState::SetAside, "aside"}};
    std::map<std::string, std::string> found;
    const auto page = process_->view.list(id_, {}, {});
    EXPECT_TRUE(page);
    for (const auto& item : page->items) found[item.message.key.itemId.text()] = kWords.at(item.state);
    std::string words;
    for (const auto& [item, state] : found) words += (words.empty() ? "" : ", ") + item + " " + state;
    return words;
  }
  EndpointState state() { return process_->registry.states({id_})->at(0); }

  /// Everything was delivered or is a letter, and no key of a lane is left.
  void expectNothingLeft() {
    EXPECT_EQ(state().queueDepth, 0U);
    EXPECT_EQ(state().inFlight, 0U);
    EXPECT_EQ(state().pausedReason, PausedReason::None);
    const auto& names = process_->shard.keys();
    EXPECT_EQ(process_->shard
                  .call({"EXISTS", names.messages(id_), names.queue(id_), names.leases(id_), names.behind(id_),
                         names.heads(id_), names.setAside(id_), names.history(id_)})
                  ->integer,
              0);
    EXPECT_EQ(process_->shard.call({"HEXISTS", names.state(id_), "bytes"})->integer, 0);
  }

  testing::ManualClock clock_;
  std::unique_ptr<OrderedProcess> process_;
  Registration registration_;
  EndpointId id_;

 private:
  void tell(const std::string& word) {
    if (const auto at = std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - began_).count(); at != told_) {
      story_ += (story_.empty() ? "@" : " @") + std::to_string(at);
      told_ = at;
    }
    story_ += (story_.empty() ? "" : " ") + word;
  }

  void attempt(const Claim& claim) {
    const auto item = claim.message.key.itemId.text();
    const auto word = item + std::to_string(claim.message.attempts) + (claim.message.replay ? "*" : "");
    if (!claim.expired && ends_(item)) {
      tell(word + "!");
      process_ = std::make_unique<OrderedProcess>(*server_, clock_, maxAge_);
      return;
    }
    if (!claim.expired) tell(word);
    const auto before = state().deadLetters;
    const auto settled = process_->queue.settle(clock_.now(),
                                                {claim.expired ? dispatch::burialOf(claim, DeathReason::Expired)
                                                               : dispatch::settlementOf(claim, endOf(item), kRetries)},
                                                {});
    ASSERT_TRUE(settled) << settled.error().message;
    EXPECT_EQ(settled->settled, 1U);
    if (state().deadLetters > before) tell("letter");
    if (state().pausedReason == PausedReason::Blocked) tell("blocked");
  }
  /// What the webhook channel makes of such an answer.
  dispatch::AttemptEnd endOf(const std::string& item) {
    AttemptResult result;
    result.code = 200;
    result.answer = ReceiverAnswer{answer_(item), ""};
    result.outcome = result.answer->result == ReceiverResult::Ok ? Outcome::Delivered : Outcome::Retryable;
    return {result, clock_.now(), clock_.now(), 0};
  }

  static inline const dispatch::RetrySettings kRetries{{std::chrono::seconds(60), std::chrono::seconds(300)}, 0};
  static inline std::unique_ptr<testing::RedisServer> server_;
  const Instant began_ = clock_.now();
  Millis maxAge_{};
  std::int64_t told_ = 0;  // the time that the story told last, in seconds
  std::string story_;
};

}  // namespace lull::redis
