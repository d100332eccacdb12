#include "config_fixture.hpp"

#include <gmock/gmock.h>

namespace lull::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

using Defaults = ConfigTest;

TEST_F(Defaults, AreThoseOfTheContractAndWarnOfNothing) {
  const LoadedSettings loaded = this->loaded();
  EXPECT_THAT(loaded.warnings, IsEmpty());
  const Settings& s = loaded.settings;
  EXPECT_EQ(s.environment, "Production");
  EXPECT_THAT(s.urls, ElementsAre(ListenAddress{"http", "127.0.0.1", 8080}));
  EXPECT_EQ(s.pathBase, "");
  EXPECT_EQ(s.redis.mode, RedisMode::Managed);
  EXPECT_FALSE(s.redis.address);
  EXPECT_EQ(s.redis.keyPrefix, "lull");
  EXPECT_EQ(s.redis.dataDirectory, "./data");
  EXPECT_EQ(s.redis.appendFsync, AppendFsync::Always);
  EXPECT_FALSE(s.redis.allowVolatile);
  EXPECT_FALSE(s.redis.maxMemory) << "what it is depends on the machine";
  EXPECT_EQ(s.debouncing.interval, seconds{5});
  EXPECT_EQ(s.debouncing.maxWait, seconds{30});
  EXPECT_EQ(s.notifications.idField, IdField::BaseId);
  EXPECT_EQ(s.deadLetters.retention, hours{30 * 24});
  EXPECT_EQ(s.deadLetters.maxPerEndpoint, 100000);
  EXPECT_EQ(s.replay.retention, hours{7 * 24});
  EXPECT_EQ(s.replay.maxItems, 100000);
  EXPECT_EQ(s.mailboxes.maxWaiting, 10000U);
  EXPECT_EQ(s.mailboxes.idleExpiry, hours{10 * 24});
  EXPECT_EQ(s.mailboxes.maxReceives, 0U);
  EXPECT_FALSE(s.mailboxes.allowPublish);
  EXPECT_TRUE(s.mailboxes.publishTypes.empty());
  EXPECT_EQ(s.events.idempotencyWindow, hours{24});
  EXPECT_EQ(s.limits.maxBodyBytes, 1048576U);
  EXPECT_EQ(s.limits.inFlightBytes, 67108864U);
  EXPECT_EQ(s.limits.endpoints, 10000U);
  EXPECT_EQ(s.limits.requestsPerSecond, 0);
  EXPECT_THAT(s.management.urls, IsEmpty());
  EXPECT_EQ(s.shutdown.deadline, seconds{25});
  EXPECT_EQ(s.encryption.keyFile, "");
  EXPECT_EQ(s.logging.format, LogFormat::Json);
  EXPECT_THAT(s.logging.levels, ElementsAre(std::pair{"Default", LogLevel::Information}));
  EXPECT_THAT(s.changeTypes, IsEmpty());
  EXPECT_THAT(s.formats, IsEmpty());
  EXPECT_THAT(s.brokers, IsEmpty());
  EXPECT_THAT(s.formatValues, IsEmpty());
}

TEST_F(Defaults, OfDeliveryAreThoseOfTheContract) {
  const DeliverySettings d = settings().delivery;
  EXPECT_EQ(d.timeout, seconds{15});
  EXPECT_EQ(d.maxConcurrency, 256);
  EXPECT_EQ(d.maxConcurrencyPerEndpoint, 16);
  EXPECT_EQ(d.transport, TransportKind::Native);
  EXPECT_EQ(d.successStatuses.text(), "2xx");
  EXPECT_EQ(d.permanentStatuses.text(), "400,405,413,414,415,422,501");
  EXPECT_THAT(d.retry.schedule, ElementsAre(seconds{5}, minutes{5}, minutes{30}, hours{2}, hours{5}, hours{10},
                                            hours{14}, hours{20}, hours{24}));
  EXPECT_DOUBLE_EQ(d.retry.jitter, 0.2);
  EXPECT_EQ(d.retry.maxRetryAfter, hours{24});
  EXPECT_EQ(d.circuitBreaker.failures, 5);
  EXPECT_EQ(d.circuitBreaker.probe, seconds{10});
  EXPECT_EQ(d.circuitBreaker.maxProbe, minutes{5});
  EXPECT_EQ(d.maxAge, hours{4 * 24});
  EXPECT_EQ(d.maxQueued, 1'000'000);
  EXPECT_EQ(d.maxQueuedBytes, std::int64_t{1} << 30);
  EXPECT_EQ(d.leaseMargin, seconds{10});
  EXPECT_EQ(d.syncDeadline, seconds{10});
}

TEST_F(Defaults, OfTheEdgesAreThoseOfTheContract) {
  const Settings s = settings();
  EXPECT_THAT(s.egress.allowedNetworks, IsEmpty());
  EXPECT_THAT(s.egress.allowedHosts, IsEmpty());
  EXPECT_THAT(s.egress.allowedPorts,
              ElementsAre(PortRange{80, 80}, PortRange{443, 443}, PortRange{3000, 3000}, PortRange{5000, 5000},
                          PortRange{5001, 5001}, PortRange{7071, 7071}, PortRange{8080, 8080}, PortRange{8443, 8443}));
  EXPECT_EQ(s.authentication.mode, AuthenticationMode::None);
  EXPECT_FALSE(s.authentication.allowAnonymous);
  EXPECT_THAT(s.authentication.apiKeys, IsEmpty());
  EXPECT_EQ(s.authentication.jwt.rolesClaim, "roles");
  EXPECT_EQ(s.authentication.jwt.clientId, "");
  EXPECT_EQ(s.authentication.jwt.scope, "openid profile");
}

TEST_F(Defaults, MaxWaitFollowsTheIntervalUnlessItIsSet) {
  input_.arguments = {"--Debouncing:Interval=00:01:00"};
  EXPECT_EQ(settings().debouncing.maxWait, minutes{6});
  input_.arguments.emplace_back("--Debouncing:MaxWait=00:01:00");
  EXPECT_EQ(settings().debouncing.maxWait, minutes{1});
  input_.arguments = {"--Debouncing:Interval=00:00:00", "--Debouncing:MaxWait=00:00:00"};
  EXPECT_EQ(settings().debouncing.maxWait, seconds{0});
}

TEST_F(Defaults, AConnectionStringMakesRedisExternal) {
  input_.environment["DOTNET_ENVIRONMENT"] = "Development";
  input_.environment["ConnectionStrings__Redis"] = "cache:7000,password=hunter2,defaultDatabase=3";
  const Settings s = settings();
  EXPECT_EQ(s.redis.mode, RedisMode::External);
  ASSERT_TRUE(s.redis.address);
  EXPECT_EQ(s.redis.address->host, "cache");
  EXPECT_EQ(s.redis.address->port, 7000);
  EXPECT_EQ(s.redis.address->password, "hunter2");
  EXPECT_EQ(s.redis.address->db, 3);
}

}  // namespace
}  // namespace lull::config
