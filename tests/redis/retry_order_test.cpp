#include "redis/two_endpoints.hpp"

#include <lull/redis/queue_view_store.hpp>

#include <algorithm>

namespace lull::redis {
namespace {

/// Retries, at one moment, more letters of one endpoint than one piece of a walk or one script call handles.
class RetryOrder : public TwoEndpoints {
 protected:
  RetryOrder() : TwoEndpoints(700) {}

  /// Buries all of the first endpoint, the half with the higher items first, and within one millisecond from high to
  /// low. The keys in the order of their death.
  std::vector<std::string> buryFromHighToLow() {
    auto claims = claimAll(ids_[0]);
    const auto item = [](const Claim& claim) { return std::stoi(claim.message.key.itemId.text()); };
    std::sort(claims.begin(), claims.end(), [&](const auto& a, const auto& b) { return item(a) > item(b); });
    std::vector<std::string> order;
    std::vector<ports::Settlement> settlements;
    for (const auto& claim : claims) {
      order.push_back(claim.message.key.packed());
      settlements.push_back(burialOf(claim));
      if (settlements.size() < each_ / 2) continue;
      EXPECT_TRUE(queue_.settle(clock_.now(), settlements, {}));
      settlements.clear();
      clock_.advance(Millis{1});
    }
    return order;
  }
  std::vector<std::string> claimedKeys() {
    std::vector<std::string> keys;
    for (const auto& claim : claimAll(ids_[0])) keys.push_back(claim.message.key.packed());
    return keys;
  }
};

TEST_F(RetryOrder, LettersGoInTheOrderTheyDied) {
  const auto order = buryFromHighToLow();
  ASSERT_EQ(order.size(), each_);
  auto outcome = letters_.retryMany({});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->done, each_);
  EXPECT_EQ(claimedKeys(), order);
}

TEST_F(RetryOrder, ACursorOfTheQueueGoesOnAmongThem) {
  const auto order = buryFromHighToLow();
  ASSERT_TRUE(letters_.retryMany({}));
  QueueViewStore view(shard_, registry_, [] {});
  std::vector<std::string> seen;
  PageRequest page;
  page.limit = 90;
  do {
    auto items = view.list(ids_[0], {}, page);
    ASSERT_TRUE(items);
    for (const auto& item : items->items) {
      seen.push_back(item.message.key.packed());
      EXPECT_EQ(item.nextAttemptAt, clock_.now());
    }
    page.cursor = items->nextCursor;
  } while (!page.cursor.empty() && seen.size() < 2 * each_);
  EXPECT_EQ(seen, order);
}

TEST_F(RetryOrder, AQueueThatIsRetriedKeepsItsOrder) {
  auto claims = claimAll(ids_[0]);
  std::reverse(claims.begin(), claims.end());
  std::vector<std::string> order;
  std::vector<ports::Settlement> settlements;
  for (const auto& claim : claims) {
    order.push_back(claim.message.key.packed());
    auto settlement = burialOf(claim);
    settlement.action = ports::SettleAction::Release;
    settlement.due = clock_.now() + Millis{static_cast<std::int64_t>(1000 + settlements.size())};
    settlements.push_back(settlement);
  }
  ASSERT_TRUE(queue_.settle(clock_.now(), settlements, {}));
  QueueViewStore view(shard_, registry_, [] {});
  EXPECT_EQ(view.retry(ids_[0], {}).value(), each_);
  EXPECT_EQ(claimedKeys(), order);
}

}  // namespace
}  // namespace lull::redis
