// One credential that calls too often is told to wait, and takes nothing from the others.
#include "../../../service/api/routes.hpp"
#include "fakes/client.hpp"

#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::Contains;

ApiSettings limited() {
  ApiSettings settings;
  settings.auth.mode = auth::AuthMode::ApiKey;
  settings.auth.keys = {{"operator", text::toHex(text::sha256("crud-key")), {"Integration_Endpoints_CRUD"}},
                        {"dam", text::toHex(text::sha256("publish-key")), {"Integration_Events_Publish"}}};
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
    if (route.access == auth::Access::Open) continue;
    const auto* key = route.access == auth::Access::Publish ? "publish-key" : "crud-key";
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
