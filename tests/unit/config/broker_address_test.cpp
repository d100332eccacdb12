#include <lull/config/broker_address.hpp>

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace lull::config {
namespace {

BrokerAddress read(const std::string& text) {
  auto address = parseBrokerAddress(text);
  if (address) return *address;
  ADD_FAILURE() << text << ": " << address.error().message;
  return {};
}

TEST(BrokerAddress, ReadsUris) {
  const auto full = read("amqps://svc:p%40ss%2Fword@mq.example.org:5999/%2Fno%2Fuio%2Ffs");
  EXPECT_TRUE(full.tls);
  EXPECT_EQ(full.host, "mq.example.org");
  EXPECT_EQ(full.port, 5999);
  EXPECT_EQ(full.user, "svc");
  EXPECT_EQ(full.password, "p@ss/word");
  EXPECT_EQ(full.virtualHost, "/no/uio/fs");
  EXPECT_EQ(full.exchange, "");
  EXPECT_EQ(read("amqp://MQ").port, 5672);
  EXPECT_EQ(read("amqp://MQ").host, "mq");
  EXPECT_EQ(read("amqp://mq").virtualHost, "/");
  EXPECT_EQ(read("amqp://mq/desk").virtualHost, "desk");
  EXPECT_EQ(read("amqps://mq").port, 5671);
  EXPECT_EQ(read("amqp://u:@[::1]:5/x").host, "::1");
}

TEST(BrokerAddress, ReadsIntegrationPoints) {
  const auto full = read("amqps:mq.example.org port:5999 vh:/no/uio/fs ex:ex_fs_messages");
  EXPECT_TRUE(full.tls);
  EXPECT_EQ(full.host, "mq.example.org");
  EXPECT_EQ(full.port, 5999);
  EXPECT_EQ(full.virtualHost, "/no/uio/fs");
  EXPECT_EQ(full.exchange, "ex_fs_messages");
  EXPECT_EQ(full, read("AMQPS: mq.example.org  EX:ex_fs_messages\tvh:/no/uio/fs port:5999"));
  EXPECT_EQ(read("amqp:mq").port, 5672);
  EXPECT_EQ(read("amqps:10.0.0.1").port, 5671);
  EXPECT_EQ(read("amqps:mq").virtualHost, "/");
}

TEST(BrokerAddress, SaysExactlyWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "does not start with amqp: or amqps:"},
      {"mq.example.org", "does not start with amqp: or amqps:"},
      {"http://mq", "does not start with amqp: or amqps:"},
      {"amqp:", "names no valid host"},
      {"amqp://", "names no valid host"},
      {"amqp://mq:0", "the port must be 1-65535"},
      {"amqp://mq:x", "the port must be 1-65535"},
      {"amqp:mq port:70000", "the port must be 1-65535"},
      {"amqp:mq port", "the port must be 1-65535"},
      {"amqp://hunter2@mq", "has a user without a password (write user:password@)"},
      {"amqp://u:hunter2%zz@mq", "holds a % that two hex digits do not follow"},
      {"amqp://u:hunter2%4@mq", "holds a % that two hex digits do not follow"},
      {"amqp://u:hunter2%00@mq", "has no valid user"},
      {"amqp://:hunter2@mq", "has no valid user"},
      {"amqp://u:hun/ter2@mq", "holds a / before the @; write %2F for a slash in the user or the password"},
      {"amqp://mq/", "names an empty virtual host; leave it out for /"},
      {"amqps:mq vh:", "names an empty virtual host; leave it out for /"},
      {"amqp://mq/%0A", "the virtual host must have 1-255 bytes without control characters"},
      {"amqp://mq/%2", "holds a % that two hex digits do not follow"},
      {"amqps://u:hunter2@mq/no/uio/fs",
       "has a virtual host with a bare slash; write %2F for each of its slashes, as in /%2Fno%2Fuio"},
      {"amqp://mq?heartbeat=5", "has a query, which is not supported"},
      {"amqp:mq.example.org:5672", "names no valid host"},
      {"amqps:mq virtualhost:/x", "part 2 is none of port:, vh: and ex:"},
      {"amqps:mq vh:/x vh:/y", "part 3 repeats vh:"},
      {"amqps:mq ex:", "the exchange must have 1-255 bytes without control characters"},
      {"amqps:u:hunter2@mq", "holds an @; in this form user and password are in Username and Password"},
      {"amqp://[::1", "names no valid host"},
      {"amqp://[mq]", "names no valid host"},
      {"amqp://[::1]5672", "names no valid host"},
  };
  for (const auto& [text, what] : cases) {
    const auto address = parseBrokerAddress(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.error().message, what) << text;
    EXPECT_EQ(redactBrokerAddress(text), text.empty() ? "" : "***") << text;
  }
}

TEST(BrokerAddress, RedactsThePasswordOnly) {
  EXPECT_EQ(redactBrokerAddress("amqps://svc:hunter2@mq:5671/%2Fno"), "amqps://svc:***@mq:5671/%2Fno");
  EXPECT_EQ(redactBrokerAddress("amqp://svc:h@unter2@mq"), "amqp://svc:***@mq");
  EXPECT_EQ(redactBrokerAddress("amqp://svc:@mq"), "amqp://svc:***@mq");
  EXPECT_EQ(redactBrokerAddress("amqp://mq/x"), "amqp://mq/x");
  EXPECT_EQ(redactBrokerAddress("amqps:mq ex:a"), "amqps:mq ex:a");
}

TEST(BrokerAddress, KnowsLoopback) {
  for (const auto* host : {"localhost", "127.0.0.1", "127.9.9.9", "::1"}) EXPECT_TRUE(isLoopbackHost(host)) << host;
  for (const auto* host : {"mq.example.org", "10.0.0.1", "localhost.example.org"})
    EXPECT_FALSE(isLoopbackHost(host)) << host;
}

}  // namespace
}  // namespace lull::config
