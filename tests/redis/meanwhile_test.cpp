#include "redis/two_endpoints.hpp"

#include <lull/redis/queue_view_store.hpp>

#include <algorithm>
#include <functional>
#include <set>
#include <thread>

namespace lull::redis {
namespace {

/// A clock that runs a function when it is read for the n-th time, that is in the middle of a store's call.
class BusyClock : public testing::ManualClock {
 public:
  Instant now() const override {
    if (++looks_ == at_) meanwhile_();
    return ManualClock::now();
  }
  void atLook(int n, std::function<void()> meanwhile) {
    looks_ = 0;
    at_ = n;
    meanwhile_ = std::move(meanwhile);
  }

 private:
  mutable int looks_ = 0;
  int at_ = -1;
  std::function<void()> meanwhile_;
};

/// Messages and letters that come while an operator's call runs: the operator did not decide about them, so they stay.
class Meanwhile : public TwoEndpoints {
 protected:
  Meanwhile() : busyLetters_(busyShard_, registry_, Millis{5000}, {}, [] {}), view_(busyShard_, registry_, [] {}) {}

  const EndpointId& id() const { return ids_[0]; }
  void SetUp() override {
    TwoEndpoints::SetUp();
    later();
  }
  void later() {
    clock_.advance(Millis{10});
    busy_.set(clock_.ManualClock::now());
  }
  /// Puts the item's next event into the queue.
  void publishOne(std::uint64_t item) {
    later();
    publish(item, 1);
  }
  /// Lets the item's next event fail as well.
  void dieAgain(std::uint64_t item) {
    publishOne(item);
    const auto claims = claimAll(id());
    ASSERT_EQ(claims.size(), 1U);
    ASSERT_TRUE(queue_.settle(clock_.now(), {burialOf(claims[0])}, {}));
  }
  std::uint64_t lettersLeft() {
    DeadLetterFilter filter;
    filter.endpointId = id();
    return letters_.list(filter, {})->total;
  }
  std::string idOfItem(std::uint64_t item) { return letterOfItem(item).id; }
  DeadLetter letterOfItem(std::uint64_t item) {
    DeadLetterFilter filter;
    filter.endpointId = id();
    filter.itemId = std::to_string(item);
    return letters_.list(filter, {})->items.at(0);
  }
  /// The sequence of the event that was admitted last.
  std::uint64_t lastSequence() { return std::stoull(shard_.call({"HGET", shard_.keys().meta(), "seq"})->text); }
  ports::BulkRequest ofTheEndpoint() {
    ports::BulkRequest request;
    request.filter.endpointId = id();
    return request;
  }

  BusyClock busy_;
  Shard busyShard_{settingsFor(server_), busy_, meter_};
  DeadLetterStore busyLetters_;
  QueueViewStore view_;
};

TEST_F(Meanwhile, ABulkRetryLeavesTheLetterThatDiedAgain) {
  buryAll(id());
  later();
  busy_.atLook(2, [&] { dieAgain(7); });
  auto outcome = busyLetters_.retryMany(ofTheEndpoint());
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->done, each_ - 1);
  EXPECT_EQ(lettersLeft(), 1U);
  EXPECT_EQ(letterOfItem(7).message.upto, lastSequence());
}

TEST_F(Meanwhile, RetryingOneLetterThatDiedAgainIsAConflict) {
  buryAll(id());
  later();
  busy_.atLook(1, [&] { dieAgain(7); });
  const auto retried = busyLetters_.retryOne(idOfItem(7));
  ASSERT_FALSE(retried);
  EXPECT_EQ(retried.error().code, ErrorCode::Conflict);
  EXPECT_EQ(letterOfItem(7).message.upto, lastSequence());
}

TEST_F(Meanwhile, LettersThatDieDuringAPurgeOrExpiryStay) {
  for (const bool expires : {false, true}) {
    SCOPED_TRACE(expires ? "expiry" : "purge");
    if (expires) publish(0, each_);
    buryAll(id());
    const auto before = clock_.now();
    // As settle.lua does when the key fails again, in one step, so that many of them meet the purge.
    static const std::string kDieAgain = R"(
      local packed = redis.call('HGET', KEYS[1], ARGV[1])
      if not packed then return 0 end
      local death = struct.unpack('>I8', packed, 10) + 1000000
      redis.call('HSET', KEYS[1], ARGV[1], string.sub(packed, 1, 9) .. struct.pack('>I8', death) .. string.sub(packed, 18, 21)
        .. struct.pack('>I8', ARGV[3]) .. string.sub(packed, 30))
      redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
      redis.call('ZADD', KEYS[3], ARGV[3], ARGV[2] .. '|' .. ARGV[1])
      return 1)";
    const auto& names = shard_.keys();
    std::set<std::string> diedAgain;
    std::thread failing([&] {
      for (std::uint64_t n = 0; n < each_; ++n) {
        const auto item = static_cast<std::int64_t>((n * 101) % each_);
        const auto key = ItemKey{1, ItemId(item)}.packed();
        const auto died = shard_.call({"EVAL", kDieAgain, "3", names.letters(id()), names.letterOrder(id()),
                                       names.letterIndex(), key, id(), std::to_string(millisOf(before) + 5)});
        if (died && died->integer == 1) diedAgain.insert(std::to_string(item));
      }
    });
    if (expires) {
      EXPECT_TRUE(letters_.expire(before, {}));
    } else {
      EXPECT_TRUE(letters_.purgeMany(ofTheEndpoint()));
    }
    failing.join();
    std::set<std::string> left;
    DeadLetterFilter filter;
    filter.endpointId = id();
    PageRequest all;
    all.limit = 500;
    const auto listed = letters_.list(filter, all);
    ASSERT_TRUE(listed);
    for (const auto& letter : listed->items) left.insert(letter.message.key.itemId.text());
    EXPECT_EQ(left, diedAgain);
    later();
    ASSERT_TRUE(letters_.purgeMany(ofTheEndpoint()));
  }
}

TEST_F(Meanwhile, APurgeOfTheQueueLeavesWhatCame) {
  for (const auto& claim : claimAll(id())) {
    if (claim.message.key.itemId.text() != "7") continue;
    auto failed = burialOf(claim);
    failed.action = ports::SettleAction::Reschedule;
    failed.due = clock_.now() + Millis{60'000};
    failed.attempt = AttemptRecord{};
    failed.attempt->key = claim.message.key;
    ASSERT_TRUE(queue_.settle(clock_.now(), {failed}, {}));
  }
  bool came = false;
  busy_.atLook(2, [&] {
    publishOne(7);           // merged, under another id
    publishOne(8);           // the successor of one that is in flight
    publishOne(each_ + 10);  // another item
    came = true;
  });
  EXPECT_EQ(view_.purge(id(), {}).value(), each_ - 1);
  ASSERT_TRUE(came);
  std::set<std::string> left;
  const auto listed = view_.list(id(), {}, {});
  ASSERT_TRUE(listed);
  for (const auto& item : listed->items) left.insert(item.message.key.itemId.text());
  EXPECT_EQ(left, (std::set<std::string>{"7", "8", std::to_string(each_ + 10)}));
}

TEST_F(Meanwhile, APurgeOfOneIdLeavesTheNextMessageOfItsItem) {
  const auto claims = claimAll(id());
  publishOne(7);
  ports::QueueFilter filter;
  for (const auto& claim : claims) {
    if (claim.message.key.itemId.text() == "7") filter.ids.push_back(claim.message.id);
  }
  EXPECT_EQ(view_.purge(id(), filter).value(), 1U);
  const auto next = claimAll(id());
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].message.upto, lastSequence());
}

TEST_F(Meanwhile, APurgeSeesWhatIsClaimedAndPutBackUnderWay) {
  busy_.atLook(2, [&] { EXPECT_EQ(claimAll(id()).size(), each_); });
  EXPECT_EQ(view_.purge(id(), {}).value(), each_);
  EXPECT_EQ(waiting(id()), 0U);
}

TEST_F(Meanwhile, ABitThatIsSubscribedAgainKeepsWhatCameSince) {
  EndpointRegistry registry(busyShard_);
  auto endpoint = registry.find(id()).value();
  auto registration = endpoint.registration;
  registration.changeTypes = 2;
  busy_.atLook(3, [&] {  // the replacement and the mark have looked; the next look is that of the removal itself
    auto again = registry_.find(id()).value();
    again.registration.changeTypes = 1;
    ASSERT_TRUE(registry_.replace(id(), again.version, again.registration));
  });
  ASSERT_TRUE(registry.replace(id(), endpoint.version, registration));
  EXPECT_EQ(waiting(id()), each_);
}

}  // namespace
}  // namespace lull::redis
