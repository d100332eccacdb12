// One credential that calls too often is told to wait, and takes nothing from the others.
#include "../../../service/api/encoding.hpp"
#include "../../../service/api/rate_limiter.hpp"
#include "../../../service/api/routes.hpp"
#include "fakes/client.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;

class RateLimiterTest : public ::testing::Test {
 protected:
  /// How many requests of the principal are let through at this moment.
  static int admitted(RateLimiter& by, const std::string& principal) {
    int count = 0;
    while (count < 1'000'000 && by.admit(principal) == 0ns) ++count;
    return count;
  }

  RateLimiter::Time now{};
  RateLimiter limiter{3, [this] { return now; }};
};

TEST_F(RateLimiterTest, HoldsWhatASecondBringsAndFillsSteadily) {
  EXPECT_EQ(admitted(limiter, "dam"), 3);
  now += 333ms;
  EXPECT_EQ(admitted(limiter, "dam"), 0);
  now += 1ms;
  EXPECT_EQ(admitted(limiter, "dam"), 1);
  now += 1h;
  EXPECT_EQ(admitted(limiter, "dam"), 3) << "a bucket holds no more than a second";
}

TEST_F(RateLimiterTest, SaysHowLongToWaitAndTakesNothingForIt) {
  admitted(limiter, "dam");
  const auto wait = limiter.admit("dam");
  EXPECT_GT(wait, 333ms);
  EXPECT_LE(wait, 334ms);
  EXPECT_EQ(limiter.admit("dam"), wait) << "asking in vain made the wait longer";
  now += wait;
  EXPECT_EQ(limiter.admit("dam"), 0ns);
}

TEST_F(RateLimiterTest, CountsEachPrincipalForItself) {
  admitted(limiter, "dam");
  EXPECT_EQ(admitted(limiter, "cms"), 3);
}

TEST_F(RateLimiterTest, LetsEverythingThroughAtZero) {
  RateLimiter off(0, [this] { return now; });
  EXPECT_EQ(admitted(off, "dam"), 1'000'000);
}

TEST_F(RateLimiterTest, KeepsABoundedNumberOfBuckets) {
  admitted(limiter, "dam");
  now += 1s;  // later than the sweep at the epoch
  limiter.admit("dam");
  for (std::size_t i = 0; i < RateLimiter::kMostPrincipals; ++i) limiter.admit("made-up-" + std::to_string(i));
  EXPECT_EQ(admitted(limiter, "dam"), 2) << "others took the bucket away";
  EXPECT_LT(admitted(limiter, "newcomer") + admitted(limiter, "another newcomer"), 6) << "they share one bucket";
  now += 10s;
  EXPECT_EQ(admitted(limiter, "newcomer"), 3) << "full buckets make room";
}

ApiSettings limited() {
  ApiSettings settings;
  settings.auth.mode = AuthMode::ApiKey;
  settings.auth.keys = {{"operator", toHex(sha256("crud-key")), {"Integration_Endpoints_CRUD"}},
                        {"dam", toHex(sha256("publish-key")), {"Integration_Events_Publish"}}};
  settings.requestsPerSecond = 1;
  return settings;
}

/// Asks until it is refused: how long a request takes here is not known.
WireReply askUntilRefused(ApiFixture& api, const std::string& method, const std::string& path, HeaderFields headers) {
  WireReply reply;
  for (int i = 0; i < 100 && reply.status != 429; ++i) reply = api.request(method, path, "", headers);
  return reply;
}

TEST(RateLimit, Is429WithRetryAfterAfterTheCredentialWasAccepted) {
  ApiFixture api(limited());
  const auto reply = askUntilRefused(api, "GET", "/api/v1/stats", {{"X-Api-Key", "crud-key"}});
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.header("content-type"), "application/problem+json");
  EXPECT_EQ(reply.json().at("type"), "urn:lull:problem:too-many-requests");
  EXPECT_EQ(reply.header("retry-after"), "1");
  EXPECT_EQ(api.get("/api/v1/stats", {{"X-Api-Key", "wrong"}}).status, 401) << "nobody's bucket";
  EXPECT_EQ(api.get("/api/v1/stats", {{"X-Api-Key", "publish-key"}}).status, 403) << "another principal's bucket";
}

TEST(RateLimit, HoldsOnEveryRouteThatAsksForARoleAndIsAudited) {
  ApiFixture api(limited());
  for (const auto& route : routeTable()) {
    if (route.access == Access::Open) continue;
    const auto* key = route.access == Access::Publish ? "publish-key" : "crud-key";
    std::string path(route.pattern);
    if (const auto brace = path.find("{id}"); brace != std::string::npos) path.replace(brace, 4, "nothing");
    const auto reply = askUntilRefused(api, std::string(route.method), path, {{"X-Api-Key", key}});
    EXPECT_EQ(reply.status, 429) << route.method << path;
  }
  EXPECT_THAT(api.backend.journal.audits(), Contains("operator endpoint.create  429"));
}

TEST(RateLimit, LeavesHealthMetricsAndPagesAlone) {
  ApiFixture api(limited());
  for (const std::string path : {"/healthz/live", "/metrics", "/api-docs", "/swagger/v1/swagger.json"}) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(api.get(path, {{"X-Api-Key", "crud-key"}}).status, 200) << path;
  }
}

}  // namespace
}  // namespace lull::api::testing
