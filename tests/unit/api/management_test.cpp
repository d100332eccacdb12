// Health, metrics, addresses of their own, PathBase and the pages.
#include "fakes/client.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace lull::api::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Asks until the answer has that status; the promise of the contract bounds it.
bool becomes(ApiFixture& api, const std::string& path, int status, std::chrono::seconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (api.get(path).status != status) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

TEST(Health, ReadinessFollowsTheStoreAndLivenessDoesNot) {
  ApiFixture api;
  EXPECT_TRUE(becomes(api, "/healthz/ready", 200, std::chrono::seconds(5)));
  api.backend.stats.fail(Error{ErrorCode::Unavailable, "Redis refuses connections."});
  EXPECT_TRUE(becomes(api, "/healthz/ready", 503, std::chrono::seconds(5)));
  const auto reply = api.get("/healthz/ready");
  EXPECT_EQ(reply.json().at("detail"), "Redis refuses connections.");
  EXPECT_NE(reply.header("retry-after"), "");
  EXPECT_EQ(api.get("/healthz/live").status, 200);
  api.backend.stats.fail(std::nullopt);
  EXPECT_TRUE(becomes(api, "/healthz/ready", 200, std::chrono::seconds(8)));
}

/// The names of the families of metrics on the page.
std::vector<std::string> namesOn(const std::string& page) {
  const std::string start = "# TYPE ";
  std::vector<std::string> names;
  for (auto at = page.find(start); at != std::string::npos; at = page.find(start, at + 1)) {
    const auto from = at + start.size();
    names.push_back(page.substr(from, page.find(' ', from) - from));
  }
  return names;
}

TEST(MetricsPage, HoldsEveryNameOfTheContract) {
  ApiFixture api;
  ASSERT_TRUE(becomes(api, "/healthz/ready", 200, std::chrono::seconds(5)));
  auto& metrics = api.backend.metrics;
  metrics.attempt("delivered", Millis{20});
  metrics.attempt("retryable", Millis{20});
  metrics.deliveryLag(Millis{30});
  metrics.inFlight(3);
  metrics.leasesReclaimed(2);
  metrics.claimInVain();
  metrics.redisError();
  metrics.clockOffset(Millis{-1500}, Millis{250});
  const auto reply = api.get("/metrics");
  EXPECT_THAT(reply.header("content-type"), HasSubstr("text/plain; version=0.0.4"));
  const std::vector<std::string> lines{"lull_fleet_events_accepted_total 20",
                                       "lull_fleet_events_coalesced_total 0",
                                       "lull_fleet_notifications_created_total 0",
                                       "lull_fleet_notifications_revived_total 0",
                                       "lull_fleet_notifications_delivered_total 0",
                                       "lull_fleet_notifications_superseded_total 0",
                                       "lull_fleet_notifications_dead_lettered_total 0",
                                       "lull_fleet_notifications_cancelled_total 0",
                                       "lull_fleet_notifications_dropped_total 9",
                                       "lull_fleet_notifications_pending 1",
                                       "lull_fleet_windows_open 1",
                                       "lull_fleet_oldest_due_age_seconds 1.5",
                                       "lull_fleet_mailboxes 2",
                                       "lull_fleet_mailbox_messages 5",
                                       "lull_fleet_mailbox_oldest_age_seconds 7.5",
                                       "lull_mailbox_polls_waiting 0",
                                       "lull_fleet_dead_letters 1",
                                       "lull_fleet_unreadable_total 2",
                                       "lull_fleet_dead_letters_removed_total{reason=\"purged\"} 7",
                                       "lull_attempts_total{outcome=\"delivered\"} 1",
                                       "lull_attempts_total{outcome=\"permanent\"} 0",
                                       "lull_attempt_duration_seconds_count 2",
                                       "lull_delivery_lag_seconds_count 1",
                                       "lull_in_flight 3",
                                       "lull_leases_reclaimed_total 2",
                                       "lull_claims_in_vain_total 1",
                                       "lull_redis_errors_total 1",
                                       "lull_clock_offset_seconds -1.5",
                                       "lull_clock_server_offset_seconds 0.25",
                                       "lull_threads_missing_total 0",
                                       "lull_log_lines_lost_total 7",
                                       "lull_fleet_source_admitted_total{source=\"crm\"} 12045",
                                       "lull_fleet_source_failures_total{source=\"crm\"} 2",
                                       "lull_fleet_source_set_aside_total{source=\"crm\"} 1",
                                       "lull_fleet_source_failing{source=\"crm\"} 0",
                                       "lull_fleet_source_lag_seconds{source=\"crm\"} 0",
                                       "lull_broker_connected{broker=\"fs\"} 1",
                                       "lull_broker_away{broker=\"fs\"} 0",
                                       "lull_broker_in_flight{broker=\"fs\"} 2",
                                       "lull_broker_confirmed_total{broker=\"fs\"} 12045",
                                       "lull_build_info{version=\"0.1.0\"} 1",
                                       "# TYPE lull_fleet_events_accepted_total counter",
                                       "# TYPE lull_fleet_notifications_pending gauge"};
  for (const auto& line : lines) EXPECT_THAT(reply.body, HasSubstr(line + "\n"));
  for (const auto& name : namesOn(reply.body)) {
    EXPECT_TRUE(std::ranges::any_of(lines, [&](const auto& line) { return line.starts_with(name); }))
        << name << " is not tested";
  }
  EXPECT_THAT(reply.body, HasSubstr("take max"));
  EXPECT_THAT(reply.body, HasSubstr("take sum"));
}

TEST(MetricsPage, ServesThisProcessWhileTheStoreIsAway) {
  ApiFixture api;
  api.backend.stats.fail(Error{ErrorCode::Unavailable, "away"});
  const auto reply = api.get("/metrics");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("lull_in_flight 0"));
  EXPECT_THAT(reply.body, Not(HasSubstr("lull_fleet")));
}

TEST(ManagementUrls, TakeHealthAndMetricsAwayFromTheOthers) {
  ApiSettings settings;
  settings.listen = {{"127.0.0.1", 0}};
  settings.management = {{"127.0.0.1", 0}};
  ApiFixture api(settings);
  ASSERT_EQ(api.bound.size(), 2U);
  EXPECT_FALSE(api.bound.at(0).management);
  EXPECT_TRUE(api.bound.at(1).management);
  EXPECT_EQ(api.get("/healthz/live").status, 404);
  EXPECT_EQ(api.get("/metrics").status, 404);
  RawConnection management(api.bound.at(1).port);
  management.send(requestText("GET", "/healthz/live") + requestText("GET", "/metrics") +
                  requestText("GET", "/api/v1/stats") + requestText("GET", "/api-docs"));
  EXPECT_EQ(management.readReply().status, 200);
  EXPECT_EQ(management.readReply().status, 200);
  EXPECT_EQ(management.readReply().status, 404);
  EXPECT_EQ(management.readReply().status, 404);
}

TEST(PathBase, IsServedWithItAndStrippedOfItByAProxy) {
  ApiSettings settings;
  settings.pathBase = "/lull";
  ApiFixture api(settings);
  for (const std::string path : {"/api/v1/stats", "/healthz/live", "/metrics", "/api-docs", "/swagger/v1/swagger.json",
                                 "/api-docs/swagger-ui.css"}) {
    EXPECT_EQ(api.get("/lull" + path).status, 200) << path;
    EXPECT_EQ(api.get("/LULL" + path).status, 200) << path << ": case does not count, as in ASP.NET";
    EXPECT_EQ(api.get(path).status, 200) << path;
    EXPECT_EQ(api.get("/lullaby" + path).status, 404) << path;
    EXPECT_EQ(api.get("/lull/lull" + path).status, 404) << path;
  }
  EXPECT_EQ(api.request("DELETE", "/lull/api/v1/stats").header("allow"), "GET, HEAD");
  for (const std::string path : {"/lull", "/lull/", "/"}) {
    const auto reply = api.get(path);
    EXPECT_EQ(reply.status, 302);
    EXPECT_EQ(reply.header("location"), "/lull/console/");
  }
  for (const std::string base : {"/lull", ""}) {
    const auto description = api.get(base + "/swagger/v1/swagger.json").json();
    EXPECT_EQ(description.at("servers"), Json::parse(R"([{"url":"/lull"}])"));
    const auto created = api.post(base + "/api/v1/endpoints", ApiFixture::kRegistration);
    EXPECT_THAT(created.header("location"), HasSubstr("/lull/api/v1/endpoints/ep_0000000000000000000"));
  }
}

TEST(PathBase, MayLookLikeAPathOfOurs) {
  ApiSettings settings;
  settings.pathBase = "/api";
  ApiFixture api(settings);
  EXPECT_EQ(api.get("/api/api/v1/stats").status, 200);
  EXPECT_EQ(api.get("/api/v1/stats").status, 200);
  EXPECT_EQ(api.get("/api").header("location"), "/api/console/");
}

TEST(Pages, SwaggerUiComesWithAllItsParts) {
  ApiFixture api;
  const auto page = api.get("/api-docs");
  EXPECT_THAT(page.header("content-type"), HasSubstr("text/html"));
  EXPECT_THAT(page.body, Not(HasSubstr("<script>"))) << "an inline script would be blocked by the policy";
  for (const std::string file :
       {"swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "initializer.js"}) {
    const auto reply = api.get("/api-docs/" + file);
    EXPECT_EQ(reply.status, 200) << file;
    EXPECT_THAT(page.body, HasSubstr("api-docs/" + file));
    EXPECT_GT(reply.body.size(), 100U);
  }
  EXPECT_EQ(api.get("/api-docs/../swagger/v1/swagger.json").status, 404);
  EXPECT_EQ(api.get("/api-docs/..%2Fswagger%2Fv1%2Fswagger.json").status, 404);
}

}  // namespace
}  // namespace lull::api::testing
