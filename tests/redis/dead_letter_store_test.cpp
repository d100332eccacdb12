#include "redis/two_endpoints.hpp"

#include <lull/redis/queue_view_store.hpp>

namespace lull::redis {
namespace {

/// The store with more dead letters than one script call handles.
class BulkOverManyLetters : public TwoEndpoints {
 protected:
  void SetUp() override {
    TwoEndpoints::SetUp();
    for (const auto& id : ids_) buryAll(id);
  }
  std::uint64_t total() {
    auto page = letters_.list({}, {});
    return page ? page->total : 0;
  }
};

TEST_F(BulkOverManyLetters, RetriesEveryLetterOnce) {
  ASSERT_EQ(total(), 2 * kEach);
  auto outcome = letters_.retryMany({});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->done, 2 * kEach);
  EXPECT_EQ(outcome->skipped, 0U);
  EXPECT_EQ(outcome->remaining, 0U);
  EXPECT_EQ(total(), 0U);
  for (const auto& id : ids_) EXPECT_EQ(waiting(id), kEach);
}

TEST_F(BulkOverManyLetters, PurgesEveryLetterOnce) {
  auto outcome = letters_.purgeMany({});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->done, 2 * kEach);
  EXPECT_EQ(outcome->remaining, 0U);
  EXPECT_EQ(total(), 0U);
  for (const auto& id : ids_) EXPECT_EQ(waiting(id), 0U);
}

TEST_F(BulkOverManyLetters, ExpiresOnlyWhatDiedBefore) {
  // The second endpoint's letters died a millisecond after the first one's.
  auto removed = letters_.expire(clock_.now() - Millis{1}, {});
  ASSERT_TRUE(removed);
  EXPECT_EQ(*removed, kEach);
  DeadLetterFilter ofTheSecond;
  ofTheSecond.endpointId = ids_[1];
  EXPECT_EQ(letters_.list(ofTheSecond, {})->total, kEach);
  EXPECT_EQ(total(), kEach);
}

TEST_F(BulkOverManyLetters, ExpiresOnePageAtMostOnceItIsToldToStop) {
  std::stop_source stop;
  stop.request_stop();
  auto removed = letters_.expire(clock_.now() + Millis{1}, stop.get_token());
  ASSERT_TRUE(removed);
  EXPECT_GT(*removed, 0U);
  EXPECT_LT(*removed, 2 * kEach);
  EXPECT_EQ(total(), 2 * kEach - *removed);
}

/// A list does not hold payloads, because it does not show them.
class ListsOfLargeContent : public TwoEndpoints {
 protected:
  void SetUp() override {
    data_ = std::string(10'000, 'x');
    TwoEndpoints::SetUp();
  }
};

TEST_F(ListsOfLargeContent, CarryNoneOfIt) {
  buryAll(ids_[0]);
  const auto letters = letters_.list({}, {});
  ASSERT_TRUE(letters);
  ASSERT_EQ(letters->items.size(), 100U);
  EXPECT_EQ(letters_.find(letters->items[0].id)->letter.message.payload.data, data_) << "one letter shows all of it";
  for (const auto& letter : letters->items) EXPECT_EQ(letter.message.payload.data, "");
  QueueViewStore view(shard_, registry_, [] {});
  const auto waiting = view.list(ids_[1], {}, {});
  ASSERT_TRUE(waiting);
  ASSERT_EQ(waiting->items.size(), 100U);
  for (const auto& item : waiting->items) EXPECT_EQ(item.message.payload.data, "");
}

TEST_F(TwoEndpoints, NoThirdIsRegisteredWhereTwoMayBe) {
  EndpointRegistry full(shard_, Sealer{}, 2);
  Registration third;
  third.name = "third";
  const auto refused = full.create(third, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  EXPECT_NE(refused.error().message.find("Limits:Endpoints"), std::string::npos) << refused.error().message;
  ASSERT_TRUE(full.remove(ids_[0]));
  EXPECT_TRUE(full.create(third, {}));
}

}  // namespace
}  // namespace lull::redis
