#include "support/redis_server.hpp"

#include <lull/redis/server_check.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lull::redis {
namespace {

using lull::testing::RedisServer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ServerCheck check(const RedisServer& server, bool allowVolatile = false) {
  const auto connection = Connection::open(server.address(), Millis{5000}).value();
  return checkServer(*connection, allowVolatile).value();
}

TEST(ServerCheck, AcceptsADurableServerAndNamesItsRun) {
  RedisServer server;
  const ServerCheck first = check(server);
  EXPECT_THAT(first.problems, IsEmpty());
  EXPECT_THAT(first.warnings, IsEmpty());
  EXPECT_EQ(first.runId.size(), 40U);
  server.restart();
  EXPECT_NE(check(server).runId, first.runId);
}

TEST(ServerCheck, RefusesAnEvictingServer) {
  RedisServer server({"--maxmemory-policy", "allkeys-lru"});
  EXPECT_THAT(check(server).problems,
              ElementsAre(AllOf(HasSubstr("allkeys-lru"), HasSubstr("noeviction"), HasSubstr("AllowVolatile"))));
}

TEST(ServerCheck, RefusesAServerWithoutAppendOnly) {
  RedisServer server({"--appendonly", "no"});
  EXPECT_THAT(check(server).problems, ElementsAre(HasSubstr("appendonly to yes")));
}

TEST(ServerCheck, OnlyWarnsOfVolatilityThatWasAllowed) {
  RedisServer server({"--appendonly", "no", "--maxmemory-policy", "volatile-ttl"});
  const ServerCheck allowed = check(server, true);
  EXPECT_THAT(allowed.problems, IsEmpty());
  EXPECT_THAT(allowed.warnings, ElementsAre(HasSubstr("volatile-ttl"), HasSubstr("append-only is off")));
  EXPECT_EQ(check(server, false).problems.size(), 2U);
}

TEST(ServerCheck, WaitsForAReplicaToBecomeAPrimary) {
  RedisServer server({"--replicaof", "127.0.0.1", "1"});
  EXPECT_THAT(check(server).problems, IsEmpty());
  EXPECT_THAT(check(server).wait, HasSubstr("primary"));
}

TEST(ServerCheck, WorksWhereConfigIsForbiddenAndSaysWhichRightIsMissing) {
  RedisServer server(
      {"--user", "plain", "on", ">p", "~*", "+@all", "-config", "--user", "mute", "on", ">p", "~*", "+@all", "-info"});
  Address address = server.address();
  address.user = "plain";
  address.password = "p";
  const auto plain = Connection::open(address, Millis{5000}).value();
  EXPECT_THAT(checkServer(*plain, false).value().problems, IsEmpty());
  address.user = "mute";
  const auto mute = Connection::open(address, Millis{5000}).value();
  const auto refused = checkServer(*mute, false);
  EXPECT_THAT(refused.value().problems, ElementsAre(HasSubstr("+info")));
}

TEST(ServerCheck, RefusesOldVersionsSentinelsAndClustersAndListsEveryProblemAtOnce) {
  const auto judged = [](const std::string& version) {
    return judgeServer("# Server\r\nredis_version:" + version +
                           "\r\nredis_mode:standalone\r\nrun_id:abc\r\nrole:master\r\n"
                           "maxmemory_policy:noeviction\r\naof_enabled:1\r\n",
                       false);
  };
  EXPECT_THAT(judged("6.0.16").problems, ElementsAre(AllOf(HasSubstr("6.0.16"), HasSubstr("6.2 or newer"))));
  EXPECT_THAT(judged("5.9.9").problems, ElementsAre(HasSubstr("6.2 or newer")));
  EXPECT_THAT(judged("6.2.0").problems, IsEmpty());
  EXPECT_THAT(judged("10.0.1").problems, IsEmpty());
  EXPECT_EQ(judged("6.2.0").runId, "abc");
  EXPECT_EQ(judgeServer("redis_version:3.2.1\r\nrole:master\r\n", false).problems.size(), 3U);
  EXPECT_THAT(judgeServer("redis_version:7.0.0\r\nredis_mode:sentinel\r\n", false).problems,
              ElementsAre(HasSubstr("Sentinel")));
  // What a real cluster node of 7.0 says. None is started here: it needs a second fixed port for its bus.
  EXPECT_THAT(judgeServer("redis_version:7.0.15\r\nredis_mode:cluster\r\nrole:master\r\ncluster_enabled:1\r\n"
                          "maxmemory_policy:noeviction\r\naof_enabled:1\r\n",
                          false)
                  .problems,
              ElementsAre(HasSubstr("cluster mode")));
}

TEST(ServerCheck, TellsWhatPassesFromWhatAnOperatorMustMend) {
  const std::string fine = "redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n";
  EXPECT_EQ(judgeServer(fine + "role:master\r\nloading:0\r\n", false).wait, "");
  EXPECT_THAT(judgeServer(fine + "role:master\r\nloading:1\r\n", false).wait, HasSubstr("loading"));
  EXPECT_THAT(judgeServer(fine + "role:slave\r\nloading:0\r\n", false).wait, HasSubstr("replica"));
  EXPECT_THAT(judgeServer(fine + "role:slave\r\n", false).problems, IsEmpty());
}

}  // namespace
}  // namespace lull::redis
