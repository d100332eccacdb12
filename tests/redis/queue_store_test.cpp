#include "redis/two_endpoints.hpp"

#include <map>

namespace lull::redis {
namespace {

TEST_F(TwoEndpoints, TakeTurnsWhenACallHasRoomForOneClaimOnly) {
  std::map<EndpointId, int> claimed;
  std::vector<EndpointId> ready = ids_;
  for (int call = 0; call < 10; ++call) {
    clock_.advance(Millis{5});
    std::vector<ports::ClaimLimit> limits;
    for (const auto& id : ready) limits.push_back({id, kEach, 1, Millis{25'000}});
    auto batch = queue_.claim(clock_.now(), limits, 1);
    ASSERT_TRUE(batch);
    ASSERT_EQ(batch->claims.size(), 1U);
    ++claimed[batch->claims[0].endpoint];
    ready = batch->ready;
    ASSERT_EQ(ready.size(), 2U);
  }
  EXPECT_EQ(claimed[ids_[0]], 5);
  EXPECT_EQ(claimed[ids_[1]], 5);
}

}  // namespace
}  // namespace lull::redis
