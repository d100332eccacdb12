#include "../../../service/net/idle_pool.hpp"

#include "../../../service/net/route_memory.hpp"

#include <gtest/gtest.h>

namespace lull::net {

namespace {

using namespace std::chrono_literals;

IpAddress address(const char* text) {
  return IpAddress::parse(text).value();
}

class FakeConnection final : public Poolable {
 public:
  FakeConnection(std::string origin, const char* at) : origin_(std::move(origin)), address_(net::address(at)) {}
  const std::string& origin() const override { return origin_; }
  const IpAddress& address() const override { return address_; }
  bool isSilent() override { return silent; }
  void close() override { ++closed; }

  bool silent = true;
  int closed = 0;

 private:
  const std::string origin_;
  const IpAddress address_;
};
using Fake = std::shared_ptr<FakeConnection>;

struct IdlePoolTest : ::testing::Test {
  IdlePool pool{{.all = 4, .perOrigin = 3, .age = 60s}};
  IdlePool::Time now{};

  Fake put(const std::string& origin, const char* at = "192.0.2.1") {
    auto connection = std::make_shared<FakeConnection>(origin, at);
    pool.put(connection, now);
    return connection;
  }
  IdlePool::Kept take(const std::string& origin, const char* at = "192.0.2.1") {
    return pool.take(origin, {net::address(at)});
  }
};

TEST_F(IdlePoolTest, GivesTheNewestOfTheSameOriginAndAddress) {
  const auto older = put("a");
  const auto newer = put("a");
  put("b");
  EXPECT_EQ(take("a", "192.0.2.2"), nullptr);
  EXPECT_EQ(take("c"), nullptr);
  EXPECT_EQ(take("a"), newer);
  EXPECT_EQ(take("a"), older);
  EXPECT_EQ(take("a"), nullptr);
  EXPECT_EQ(newer->closed + older->closed, 0);
  EXPECT_EQ(pool.size(), 1U);
}

TEST_F(IdlePoolTest, ClosesWhatIsNotSilentAndLooksOn) {
  const auto good = put("a");
  const auto spoken = put("a");
  spoken->silent = false;
  EXPECT_EQ(take("a"), good);
  EXPECT_EQ(spoken->closed, 1);
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(IdlePoolTest, MakesRoomByClosingWhatHasWaitedLongest) {
  const auto first = put("a");
  const auto second = put("b");
  put("b");
  put("b");
  put("b");  // one too many of its origin
  EXPECT_EQ(second->closed, 1);
  EXPECT_EQ(first->closed, 0);
  put("c");  // one too many in all
  EXPECT_EQ(first->closed, 1);
  EXPECT_EQ(pool.size(), 4U);
}

TEST_F(IdlePoolTest, ClosesWhatHasWaitedTooLong) {
  const auto old = put("a");
  now += 20s;
  const auto young = put("b");
  now += 39s;
  EXPECT_EQ(pool.expire(now), now + 1s);
  EXPECT_EQ(old->closed, 0);
  now += 1s;
  EXPECT_EQ(pool.expire(now), now + 20s);
  EXPECT_EQ(old->closed, 1);
  EXPECT_EQ(young->closed, 0);
  EXPECT_EQ(pool.expire(now + 20s), std::nullopt);
}

TEST_F(IdlePoolTest, DropsOneThatSpokeWhileItWaited) {
  const auto connection = put("a");
  const FakeConnection stranger("a", "192.0.2.1");
  pool.drop(stranger);
  EXPECT_EQ(pool.size(), 1U);
  pool.drop(*connection);
  EXPECT_EQ(connection->closed, 1);
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(IdlePoolTest, ClosesAllAtItsEnd) {
  const auto connection = std::make_shared<FakeConnection>("a", "192.0.2.1");
  {
    IdlePool brief({.all = 4, .perOrigin = 3, .age = 60s});
    brief.put(connection, now);
  }
  EXPECT_EQ(connection->closed, 1);
}

TEST(RouteMemory, TakesFamiliesInTurnAndWhatAnsweredFirst) {
  RouteMemory routes;
  const auto v4 = address("192.0.2.1");
  const auto otherV4 = address("192.0.2.2");
  const auto v6 = address("2001:db8::1");
  const auto otherV6 = address("2001:db8::2");
  const std::vector<IpAddress> given{v6, otherV6, v4, otherV4};
  EXPECT_EQ(routes.ordered("a", given), (std::vector<IpAddress>{v6, v4, otherV6, otherV4}));
  routes.answered("a", otherV4);
  EXPECT_EQ(routes.ordered("a", given), (std::vector<IpAddress>{otherV4, v6, v4, otherV6}));
  EXPECT_EQ(routes.ordered("b", given).front(), v6) << "of that origin only";
  EXPECT_EQ(routes.ordered("a", {v6, v4}).front(), v6) << "an address that is not vetted any more";
  routes.failed("a", v4);
  EXPECT_EQ(routes.ordered("a", given).front(), otherV4) << "another one failed";
  routes.failed("a", otherV4);
  EXPECT_EQ(routes.ordered("a", given).front(), v6);
}

}  // namespace

}  // namespace lull::net
