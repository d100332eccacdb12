#include "support/redis_server.hpp"

#include <lull/redis/connection_pool.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>

namespace lull::redis {
namespace {

using lull::testing::RedisServer;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

Status accept(Connection& /*connection*/) {
  return Done{};
}

PoolSettings poolOf(const RedisServer& server, std::size_t size) {
  PoolSettings settings;
  settings.address = server.address();
  settings.size = size;
  settings.timeout = 1s;
  settings.firstRetryDelay = 10ms;
  settings.longestRetryDelay = 40ms;
  return settings;
}

Result<Reply> call(ConnectionPool& pool, const Command& command) {
  const auto borrowed = pool.borrow();
  if (!borrowed) return borrowed.error();
  return (*borrowed)->call(command);
}

// Calls until a call succeeds, as the loops of the service do after an outage.
bool recovers(ConnectionPool& pool) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (call(pool, {"PING"}).ok()) return true;
    std::this_thread::yield();
  }
  return false;
}

TEST(ConnectionPool, ReusesConnectionsAndOpensNoMoreThanNeeded) {
  RedisServer server;
  std::atomic<int> handshakes = 0;
  ConnectionPool pool(poolOf(server, 4), [&](Connection&) -> Status {
    ++handshakes;
    return Done{};
  });
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(call(pool, {"PING"}).ok());
  EXPECT_EQ(handshakes, 1);
  auto one = pool.borrow();
  auto two = pool.borrow();
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_NE(&**one, &**two);
  EXPECT_EQ(handshakes, 2);
}

TEST(ConnectionPool, ManyThreadsShareFewConnections) {
  RedisServer server;
  ConnectionPool pool(poolOf(server, 3), accept);
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(call(pool, {"INCR", "n"}).ok());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(call(pool, {"GET", "n"})->text, "600");
  const auto clients = call(pool, {"CLIENT", "LIST"});
  EXPECT_LE(std::ranges::count(clients->text, '\n'), 3);
}

TEST(ConnectionPool, SaysSoWhenAllConnectionsStayInUse) {
  RedisServer server;
  auto settings = poolOf(server, 1);
  settings.patience = 30ms;
  ConnectionPool pool(settings, accept);
  auto held = pool.borrow();
  ASSERT_TRUE(held.ok());
  const auto refused = call(pool, {"PING"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("in use"));
}

TEST(ConnectionPool, AFailingHandshakeClosesTheConnectionAndReturnsItsError) {
  RedisServer server;
  std::atomic<bool> refuse = true;
  ConnectionPool pool(poolOf(server, 2), [&](Connection&) -> Status {
    if (refuse) return Error{ErrorCode::Conflict, "schema 9 is newer than this Lull"};
    return Done{};
  });
  const auto refused = call(pool, {"PING"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  EXPECT_EQ(refused.error().message, "schema 9 is newer than this Lull");
  refuse = false;
  ASSERT_TRUE(recovers(pool));
  EXPECT_EQ(std::ranges::count(call(pool, {"CLIENT", "LIST"})->text, '\n'), 1);
}

TEST(ConnectionPool, ARestartOfRedisCostsIdleConnectionsNoFailedCall) {
  RedisServer server;
  ConnectionPool pool(poolOf(server, 4), accept);
  {
    auto one = pool.borrow();
    auto two = pool.borrow();
    ASSERT_TRUE(one.ok() && two.ok());
  }
  server.restart();
  EXPECT_TRUE(call(pool, {"PING"}).ok());
}

TEST(ConnectionPool, ADeadRedisCostsNothingAndItsReturnIsNoticed) {
  RedisServer server;
  std::atomic<int> tries = 0;
  auto settings = poolOf(server, 4);
  settings.firstRetryDelay = 10s;  // longer than this test, so every later call must be answered without connecting
  settings.longestRetryDelay = 10s;
  ConnectionPool slow(settings, accept);
  ConnectionPool quick(poolOf(server, 4), accept);
  server.pause();  // connecting succeeds, answers never come: the most expensive way of being dead
  EXPECT_FALSE(call(slow, {"PING"}).ok());
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(call(slow, {"PING"}).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - before, 1s) << "each real try would take a second";
  server.resume();
  EXPECT_FALSE(call(slow, {"PING"}).ok()) << "still in its back-off";
  server.kill9();
  EXPECT_FALSE(call(quick, {"PING"}).ok());
  server.restart();
  EXPECT_TRUE(recovers(quick));
}

TEST(ConnectionPool, AConnectionThatBrokeTakesItsSiblingsAlong) {
  RedisServer server;
  std::atomic<int> handshakes = 0;
  ConnectionPool pool(poolOf(server, 4), [&](Connection&) -> Status {
    ++handshakes;
    return Done{};
  });
  auto borrowed = std::make_optional(pool.borrow());
  {
    auto broken = pool.borrow();
    auto idle = pool.borrow();  // given back before the broken one
    ASSERT_TRUE(borrowed->ok() && broken.ok() && idle.ok());
    const std::string id = std::to_string((*broken)->call({"CLIENT", "ID"})->integer);
    EXPECT_EQ((*idle)->call({"CLIENT", "KILL", "ID", id})->integer, 1);
    EXPECT_FALSE((*broken)->call({"PING"}).ok());
  }
  EXPECT_TRUE((**borrowed)->usable());
  borrowed.reset();  // given back after it
  ASSERT_TRUE(call(pool, {"PING"}).ok());
  EXPECT_EQ(handshakes, 4) << "none of the broken one's time is handed out again";
}

TEST(ConnectionPool, StopReleasesThoseWhoWait) {
  RedisServer server;
  auto settings = poolOf(server, 1);
  settings.patience = 60s;
  ConnectionPool pool(settings, accept);
  auto held = pool.borrow();
  ASSERT_TRUE(held.ok());
  auto waiting = std::async(std::launch::async, [&] { return call(pool, {"PING"}).ok(); });
  pool.stop();
  ASSERT_EQ(waiting.wait_for(10s), std::future_status::ready);
  EXPECT_FALSE(waiting.get());
  EXPECT_FALSE((*held)->call({"PING"}).ok()) << "a borrowed connection is interrupted";
  EXPECT_FALSE(pool.borrow().ok());
}

// The time-out is a minute, so only the interruption ends these calls in time.
TEST(ConnectionPool, StoppingInterruptsWhoeverWaitsForAServerThatHangs) {
  RedisServer server;
  auto settings = poolOf(server, 3);
  settings.timeout = 60s;
  ConnectionPool pool(settings, &accept);
  auto borrowed = pool.borrow();
  ASSERT_TRUE(borrowed.ok());
  server.pause();
  std::promise<void> waiting;
  auto answer = std::async(std::launch::async, [&] {
    waiting.set_value();
    return (*borrowed)->call({"PING"});
  });
  auto logIn = std::async(std::launch::async, [&] { return pool.borrow().ok(); });
  waiting.get_future().wait();
  pool.stop();
  ASSERT_EQ(answer.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(answer.get().error().code, ErrorCode::Unavailable);
  ASSERT_EQ(logIn.wait_for(10s), std::future_status::ready);
  EXPECT_FALSE(logIn.get());
  server.resume();
}

}  // namespace
}  // namespace lull::redis
