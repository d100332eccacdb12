#include "support/redis_server.hpp"

#include <lull/redis/connection.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace lull::redis {
namespace {

using lull::testing::RedisServer;
using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<Connection> mustOpen(const Address& address, Millis timeout = Millis{5000}) {
  auto opened = Connection::open(address, timeout);
  EXPECT_TRUE(opened.ok()) << opened.error().message;
  return std::move(*opened);
}

std::string refusalOf(const Address& address, Millis timeout = Millis{2000}) {
  const auto opened = Connection::open(address, timeout);
  EXPECT_FALSE(opened.ok());
  if (opened.ok()) return {};
  EXPECT_EQ(opened.error().code, ErrorCode::Unavailable);
  return opened.error().message;
}

TEST(Connection, RepliesKeepTheOrderOfTheCommandsAndTheirKinds) {
  RedisServer server;
  const auto connection = mustOpen(server.address());
  const std::vector<Command> commands{{"SET", "k", "v"}, {"GET", "k"},  {"GET", "none"},
                                      {"INCR", "n"},     {"INCR", "k"}, {"MGET", "k", "none", "n"}};
  const auto replies = connection->pipeline(commands);
  ASSERT_TRUE(replies.ok()) << replies.error().message;
  ASSERT_EQ(replies->size(), 6U);
  EXPECT_EQ((*replies)[0].kind, Reply::Kind::Status);
  EXPECT_EQ((*replies)[1].text, "v");
  EXPECT_EQ((*replies)[2].kind, Reply::Kind::Nil);
  EXPECT_EQ((*replies)[3].integer, 1);
  EXPECT_TRUE((*replies)[4].isError());
  ASSERT_EQ((*replies)[5].items.size(), 3U);
  EXPECT_EQ((*replies)[5].items[1].kind, Reply::Kind::Nil);
  EXPECT_EQ((*replies)[5].items[2].text, "1");
  EXPECT_TRUE(connection->usable()) << "an error reply of one command must not cost the connection";
}

TEST(Connection, KeepsEveryByteOfKeysAndValues) {
  RedisServer server;
  const auto connection = mustOpen(server.address());
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every.push_back(static_cast<char>(byte));
  const std::string big = std::string(3'000'000, 'x') + every;
  ASSERT_TRUE(connection->call({"SET", every, big}).ok());
  const auto back = connection->call({"GET", every});
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back->text == big);
  EXPECT_EQ(connection->call({"SET", "", ""})->text, "OK");
  EXPECT_EQ(connection->call({"GET", ""})->kind, Reply::Kind::String);
}

TEST(Connection, TwoBatchesInFlightAreAnsweredInTheOrderSent) {
  RedisServer server;
  const auto connection = mustOpen(server.address());
  const std::vector<Command> first{{"ECHO", "a"}, {"ECHO", "b"}};
  const std::vector<Command> second{{"ECHO", "c"}};
  ASSERT_TRUE(connection->send(first).ok());
  ASSERT_TRUE(connection->send(second).ok());
  EXPECT_FALSE(connection->pipeline(second).ok()) << "would mix up the replies";
  const auto one = connection->receive();
  const auto two = connection->receive();
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->size(), 2U);
  EXPECT_EQ((*one)[1].text, "b");
  EXPECT_EQ((*two)[0].text, "c");
  EXPECT_FALSE(connection->receive().ok());
  EXPECT_TRUE(connection->usable());
}

TEST(Connection, LogsInOverTcpWithUserPasswordAndDatabase) {
  RedisServer server({"--user", "lull", "on", ">s3cret", "~*", "+@all", "--requirepass", "other"},
                     RedisServer::Listen::Tcp);
  Address address = server.address();
  address.user = "lull";
  address.password = "s3cret";
  address.database = 3;
  const auto connection = mustOpen(address);
  EXPECT_THAT(connection->call({"CLIENT", "INFO"})->text, HasSubstr(" db=3 "));
  EXPECT_EQ(connection->call({"ACL", "WHOAMI"})->text, "lull");
}

TEST(Connection, SaysWhatToDoAboutARefusedLogInWithoutThePassword) {
  RedisServer server({"--requirepass", "right"});
  Address address = server.address();
  EXPECT_THAT(refusalOf(address), HasSubstr("password in Redis:ConnectionString"));
  address.password = "hunter2";
  EXPECT_THAT(refusalOf(address), HasSubstr("WRONGPASS"));
  EXPECT_THAT(refusalOf(address), Not(HasSubstr("hunter2")));
  address.password = "right";
  address.database = 4711;
  EXPECT_THAT(refusalOf(address), HasSubstr("no database 4711"));
}

TEST(Connection, SaysWhereNothingListens) {
  RedisServer server({}, RedisServer::Listen::Tcp);
  const Address address = server.address();
  server.kill9();
  EXPECT_THAT(refusalOf(address), HasSubstr("127.0.0.1:" + std::to_string(address.port)));
  Address path;
  path.unixPath = "/tmp/lull-no-such-socket";
  EXPECT_THAT(refusalOf(path), HasSubstr("unix:/tmp/lull-no-such-socket"));
  path.unixPath = "/tmp/" + std::string(120, 'x');
  EXPECT_THAT(refusalOf(path), HasSubstr("107 bytes"));
}

#ifndef LULL_REDIS_TLS
TEST(Connection, RefusesTlsWhenHiredisHasNone) {
  RedisServer server({}, RedisServer::Listen::Tcp);
  Address address = server.address();
  address.tls = true;
  EXPECT_THAT(refusalOf(address), HasSubstr("hiredis has no TLS"));
}
#endif

TEST(Connection, GivesUpOnASilentServerInTimeAndStaysClosed) {
  RedisServer server;
  const auto connection = mustOpen(server.address(), Millis{200});
  server.pause();
  const auto before = std::chrono::steady_clock::now();
  const auto reply = connection->call({"PING"});
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(reply.error().message, HasSubstr("no answer within 200 ms"));
  server.resume();
  EXPECT_FALSE(connection->usable());
  EXPECT_FALSE(connection->call({"PING"}).ok()) << "the late answer must not be taken for this one's";
}

TEST(Connection, SurvivesAServerThatDiesWithoutASignal) {
  RedisServer server;
  const auto idle = mustOpen(server.address());
  const auto busy = mustOpen(server.address());
  server.kill9();
  EXPECT_FALSE(idle->usable()) << "an idle connection notices without spending a command";
  const std::vector<Command> commands(1000, Command{"SET", "k", std::string(1000, 'v')});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(busy->pipeline(commands).ok());
  server.restart();
  EXPECT_TRUE(mustOpen(server.address())->usable());
}

TEST(Connection, PipelinesOfAHundredReachTensOfThousandsPerSecond) {
  RedisServer server;
  const auto connection = mustOpen(server.address());
  const std::vector<Command> commands(100, Command{"SET", "key", std::string(50, 'v')});
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(connection->pipeline(commands).ok());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
  RecordProperty("commands_per_second", std::to_string(20'000 / took.count()));
  EXPECT_LT(took.count(), 10.0) << "20,000 commands; the bound leaves room for sanitizers and a busy machine";
}

}  // namespace
}  // namespace lull::redis
