#include <lull/config/redis_address.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace lull::config {
namespace {

RedisAddress read(const std::string& text) {
  auto address = parseRedisConnectionString(text);
  if (!address) ADD_FAILURE() << text << ": " << address.error().message;
  return address ? *address : RedisAddress{};
}

TEST(RedisAddress, ReadsTheStackExchangeForm) {
  const auto plain = read("cache");
  EXPECT_EQ(plain.host, "cache");
  EXPECT_EQ(plain.port, 6379);
  EXPECT_FALSE(plain.tls);
  const auto full = read(
      " cache.example.com:7000, password=p=w== ,User=svc,SSL=True,sslHost=other,defaultDatabase=2,name=lull,"
      "connectTimeout=5000,syncTimeout=250,abortConnect=false,allowAdmin=true ");
  EXPECT_EQ(full.host, "cache.example.com");
  EXPECT_EQ(full.port, 7000);
  EXPECT_EQ(full.password, "p=w==");
  EXPECT_EQ(full.user, "svc");
  EXPECT_TRUE(full.tls);
  EXPECT_EQ(full.tlsHost, "other");
  EXPECT_EQ(full.db, 2);
  EXPECT_EQ(full.clientName, "lull");
  EXPECT_EQ(full.connectTimeout, Millis{5000});
  EXPECT_EQ(full.commandTimeout, Millis{250});
}

TEST(RedisAddress, ReadsIpLiteralsAndTheTlsDefaultPort) {
  EXPECT_EQ(read("[::1]:7000").host, "::1");
  EXPECT_EQ(read("[::1]:7000").port, 7000);
  EXPECT_EQ(read("fd00::1").host, "fd00::1");
  EXPECT_EQ(read("10.0.0.1,ssl=true").port, 6380);
}

TEST(RedisAddress, ReadsUris) {
  const auto full = read("rediss://svc:p%40ss%2Fword@cache:7000/4");
  EXPECT_EQ(full.user, "svc");
  EXPECT_EQ(full.password, "p@ss/word");
  EXPECT_EQ(full.host, "cache");
  EXPECT_EQ(full.port, 7000);
  EXPECT_EQ(full.db, 4);
  EXPECT_TRUE(full.tls);
  const auto plain = read("redis://:pw@[::1]");
  EXPECT_EQ(plain.user, "");
  EXPECT_EQ(plain.password, "pw");
  EXPECT_EQ(plain.host, "::1");
  EXPECT_EQ(plain.port, 6379);
  EXPECT_FALSE(plain.tls);
  EXPECT_EQ(read("redis://cache/").db, 0);
}

TEST(RedisAddress, ReadsUnixSockets) {
  EXPECT_EQ(read("unix:/run/redis.sock").unixPath, "/run/redis.sock");
  EXPECT_EQ(read("unix:///run/redis.sock").unixPath, "/run/redis.sock");
  const auto full = read("unix:/run/a=b.sock,password=pw,defaultDatabase=1");
  EXPECT_EQ(full.unixPath, "/run/a=b.sock");
  EXPECT_EQ(full.password, "pw");
  EXPECT_EQ(full.db, 1);
}

TEST(RedisAddress, RefusesTheRestWithoutRepeatingSecrets) {
  for (const std::string text : {"",
                                 "password=hunter2",
                                 "a:1,b:2",
                                 "cache:0",
                                 "cache:70000",
                                 "cache:x",
                                 ":6379",
                                 "cache,hunter=2",
                                 "cache,password=x,hunter2",
                                 "cache,ssl=maybe",
                                 "cache,defaultDatabase=-1",
                                 "cache,connectTimeout=1s",
                                 "cache,serviceName=mymaster",
                                 "redis://",
                                 "redis://hunter2@cache",
                                 "redis://u:hunter2%zz@cache",
                                 "redis://u:hunter2@cache/x",
                                 "redis://u:hunter2@cache?db=1",
                                 "unix:",
                                 "unix:/s,ssl=true",
                                 "[::1",
                                 "[::1]6379",
                                 "http://u:hunter2@cache",
                                 "host name"}) {
    const auto address = parseRedisConnectionString(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.error().message.find("hunter"), std::string::npos) << address.error().message;
    EXPECT_EQ(redactRedisConnectionString(text), text.empty() ? "" : "***") << text;
  }
}

TEST(RedisAddress, RedactsThePasswordOnly) {
  EXPECT_EQ(redactRedisConnectionString("cache:1, PassWord = pw ,ssl=true"), "cache:1,PassWord =***,ssl=true");
  EXPECT_EQ(redactRedisConnectionString("redis://svc:pw@cache/1"), "redis://svc:***@cache/1");
  EXPECT_EQ(redactRedisConnectionString("redis://:p@w@cache"), "redis://:***@cache");
  EXPECT_EQ(redactRedisConnectionString("unix:/s,password=pw"), "unix:/s,password=***");
  EXPECT_EQ(redactRedisConnectionString("cache"), "cache");
}

}  // namespace
}  // namespace lull::config
