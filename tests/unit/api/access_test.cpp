// Who may do what, how failures look, and what is written about it.
#include "../../../service/api/routes.hpp"
#include "fakes/client.hpp"

#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ApiSettings withKeys() {
  ApiSettings settings;
  settings.auth.mode = auth::AuthMode::ApiKey;
  settings.auth.keys = {{"viewer", text::toHex(text::sha256("view-key")), {"Integration_Endpoints_View"}},
                        {"operator", text::toHex(text::sha256("crud-key")), {"Integration_Endpoints_CRUD"}},
                        {"dam", text::toHex(text::sha256("publish-key")), {"Integration_Events_Publish"}},
                        {"desk", text::toHex(text::sha256("receive-key")), {"Integration_Events_Receive"}},
                        {"integrator", text::toHex(text::sha256("own-key")), {"Integration_Endpoints_Own"}}};
  return settings;
}

std::string concrete(const Route& route) {
  std::string path(route.pattern);
  for (auto brace = path.find('{'); brace != std::string::npos; brace = path.find('{')) {
    path.replace(brace, path.find('}') + 1 - brace, "nothing");
  }
  return path;
}

TEST(Access, EveryRouteAsksForItsRoleBeforeAnythingElse) {
  ApiFixture api(withKeys());
  for (const auto& route : routeTable()) {
    if (route.access == auth::Access::Open) continue;
    const std::string method(route.method);
    const auto path = concrete(route);
    const auto status = [&](HeaderFields headers) { return api.request(method, path, "", std::move(headers)).status; };
    EXPECT_EQ(status({}), 401) << method << path;
    EXPECT_EQ(status({{"X-Api-Key", "wrong"}}), 401) << method << path;
    const auto expected = [&](bool may) { return may ? Not(403) : ::testing::Matcher<int>(403); };
    const bool any = route.access == auth::Access::Any;
    const bool catalogue = route.access == auth::Access::Catalogue || any;
    const bool receive = route.access == auth::Access::Receive;
    const bool view = route.access == auth::Access::View || route.access == auth::Access::ViewOwn || catalogue;
    const bool crud = route.access == auth::Access::Crud || route.access == auth::Access::CrudOwn || receive || view;
    const bool own = route.access == auth::Access::ViewOwn || route.access == auth::Access::CrudOwn || catalogue;
    EXPECT_THAT(status({{"X-Api-Key", "view-key"}}), expected(view)) << method << path;
    EXPECT_THAT(status({{"X-Api-Key", "crud-key"}}), expected(crud)) << method << path;
    EXPECT_THAT(status({{"X-Api-Key", "own-key"}}), expected(own)) << method << path;
    EXPECT_THAT(status({{"X-Api-Key", "receive-key"}}), expected(receive || catalogue)) << method << path;
    EXPECT_THAT(status({{"X-Api-Key", "publish-key"}}), expected(route.access == auth::Access::Publish || any))
        << method << path;
  }
}

TEST(Access, MeTellsEveryCredentialWhoItIsAndWhatItWasGranted) {
  auto settings = withKeys();
  settings.auth.keys.push_back({"stranger", text::toHex(text::sha256("no-role")), {"Another_Role"}});
  ApiFixture api(settings);
  const auto me = [&](const std::string& key) { return api.get("/api/v1/me", {{"X-Api-Key", key}}).json(); };
  EXPECT_EQ(me("crud-key"), Json::parse(R"({"principal":"operator","roles":["Integration_Endpoints_CRUD"]})"));
  EXPECT_EQ(me("publish-key"), Json::parse(R"({"principal":"dam","roles":["Integration_Events_Publish"]})"));
  EXPECT_EQ(me("receive-key"), Json::parse(R"({"principal":"desk","roles":["Integration_Events_Receive"]})"));
  EXPECT_EQ(me("no-role"), Json::parse(R"({"principal":"stranger","roles":[]})"));
  EXPECT_EQ(api.get("/api/v1/me").status, 401);
  ApiFixture open;
  EXPECT_EQ(open.get("/api/v1/me").json().at("principal"), "anonymous");
  EXPECT_EQ(open.get("/api/v1/me").json().at("roles").size(), 3U);
}

TEST(Access, AKeyIsTakenAsBearerOrAsXApiKey) {
  ApiFixture api(withKeys());
  const std::string path = "/api/v1/stats";
  EXPECT_EQ(api.get(path, {{"Authorization", "Bearer view-key"}}).status, 200);
  EXPECT_EQ(api.get(path, {{"Authorization", "bearer view-key"}}).status, 200);
  EXPECT_EQ(api.get(path, {{"X-Api-Key", "view-key"}}).status, 200);
  for (const std::string value :
       {"view-key", "Basic view-key", "Bearer", "Bearer ", "Bearer view-key2", "Bearer view-ke"}) {
    const auto reply = api.get(path, {{"Authorization", value}});
    EXPECT_EQ(reply.status, 401) << value;
    EXPECT_THAT(reply.header("www-authenticate"), HasSubstr("Bearer"));
    EXPECT_THAT(reply.body, Not(HasSubstr("view-ke")));
  }
}

TEST(Access, TheValidOneOfTwoCredentialsDecides) {
  ApiFixture api(withKeys());
  const auto status = [&](const std::string& authorization, const std::string& key) {
    return api.get("/api/v1/stats", {{"Authorization", authorization}, {"X-Api-Key", key}}).status;
  };
  EXPECT_EQ(status("Basic cHJveHk6c2VjcmV0", "view-key"), 200) << "what a proxy left there";
  EXPECT_EQ(status("Bearer wrong", "view-key"), 200);
  EXPECT_EQ(status("Bearer view-key", "wrong"), 200);
  EXPECT_EQ(status("Bearer view-key", "publish-key"), 200);
  EXPECT_EQ(status("Bearer publish-key", "view-key"), 403) << "of two valid ones it is Authorization";
  EXPECT_EQ(status("Basic cHJveHk6c2VjcmV0", "wrong"), 401);
  EXPECT_EQ(status("Basic cHJveHk6c2VjcmV0", ""), 401);
}

TEST(Access, EventsOfDifferentPublishersDoNotShareIds) {
  auto settings = withKeys();
  settings.auth.keys.push_back({"cms", text::toHex(text::sha256("other-key")), {"Integration_Events_Publish"}});
  ApiFixture api(settings);
  const std::string event = R"({"type":"AssetCreated","itemId":1,"baseId":1,"id":"same"})";
  EXPECT_EQ(api.post("/api/v1/events", event, {{"X-Api-Key", "publish-key"}}).json().at("accepted"), 1);
  EXPECT_EQ(api.post("/api/v1/events", event, {{"X-Api-Key", "other-key"}}).json().at("accepted"), 1);
  EXPECT_EQ(api.post("/api/v1/events", event, {{"X-Api-Key", "publish-key"}}).json().at("duplicates"), 1);
}

TEST(Access, HealthMetricsAndDocsNeedNoCredential) {
  ApiFixture api(withKeys());
  for (const std::string path : {"/healthz/live", "/metrics", "/api-docs", "/swagger/v1/swagger.json"}) {
    EXPECT_EQ(api.get(path).status, 200) << path;
  }
}

TEST(Problems, HaveTheMembersOfRfc9457AndTheTraceIdOfTheCaller) {
  ApiFixture api;
  const auto reply = api.get("/api/v1/endpoints/ep_none",
                             {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}});
  EXPECT_EQ(reply.header("content-type"), "application/problem+json");
  EXPECT_EQ(reply.json(),
            Json::parse(R"({"type":"urn:lull:problem:not-found","title":"There is no such thing","status":404,
      "detail":"There is no such endpoint.","traceId":"0af7651916cd43dd8448eb211c80319c"})"));
  EXPECT_EQ(api.get("/nowhere").json().at("traceId").get<std::string>().size(), 32U);
}

TEST(Problems, AWrongMethodIs405WithAllow) {
  ApiFixture api;
  const auto reply = api.request("PATCH", "/api/v1/endpoints");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.header("allow"), "POST, GET, HEAD");
  EXPECT_EQ(api.request("OPTIONS", "/api/v1/events").header("allow"), "POST");
  EXPECT_EQ(api.get("/api/v1/endpoints/").status, 404);
  EXPECT_EQ(api.get("/api/v1/Endpoints").status, 404);
}

TEST(Problems, AnUnavailableStoreIs503WithRetryAfter) {
  ApiFixture api;
  api.backend.endpoints.failure = Error{ErrorCode::Unavailable, "The store does not answer."};
  const auto reply = api.get("/api/v1/endpoints");
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.header("retry-after"), "");
}

TEST(Problems, AnExceptionIsA500ThatIsWrittenDownAndDoesNotEndTheProcess) {
  ApiFixture api;
  const auto id = api.registerEndpoint();
  api.backend.endpoints.conflicts = 0;
  api.backend.queue.attemptCount = std::vector<AttemptRecord>().max_size() + 1;  // std::length_error in the fake
  const auto reply = api.get("/api/v1/endpoints/" + id + "/attempts");
  EXPECT_EQ(reply.status, 500);
  ASSERT_EQ(api.backend.journal.defects().size(), 1U);
  EXPECT_THAT(api.backend.journal.defects().at(0), HasSubstr("/api/v1/endpoints/{id}/attempts"));
  EXPECT_EQ(api.get("/healthz/live").status, 200);
}

TEST(Journal, EveryChangeLeavesAnAuditLineWithItsOutcome) {
  ApiFixture api(withKeys());
  const HeaderFields crud{{"X-Api-Key", "crud-key"}};
  api.post("/api/v1/endpoints", ApiFixture::kRegistration, crud);
  api.post("/api/v1/endpoints", "{}", crud);
  api.request("DELETE", "/api/v1/endpoints/ep_00000000000000000001", "", crud);
  api.request("DELETE", "/api/v1/endpoints/ep_00000000000000000001", "", {{"X-Api-Key", "view-key"}});
  api.post("/api/v1/dead-letters/purge", R"({"all":true})", crud);
  EXPECT_THAT(api.backend.journal.audits(),
              ElementsAre("operator endpoint.create ep_00000000000000000001 201", "operator endpoint.create  400",
                          "operator endpoint.delete ep_00000000000000000001 204",
                          "viewer endpoint.delete ep_00000000000000000001 403", "operator dead-letters.purge  200"));
}

TEST(Journal, RequestLinesNameTheRouteAndNotThePath) {
  ApiFixture api;
  api.get("/api/v1/endpoints/ep_secretish");
  EXPECT_THAT(api.backend.journal.requests(), Contains("GET /api/v1/endpoints/{id} 404 anonymous"));
}

TEST(SecurityHeaders, StandOnEveryReply) {
  ApiFixture api;
  for (const std::string path : {"/api/v1/stats", "/nowhere", "/api-docs", "/healthz/live"}) {
    const auto reply = api.get(path);
    EXPECT_EQ(reply.header("x-content-type-options"), "nosniff") << path;
    EXPECT_THAT(reply.header("content-security-policy"), HasSubstr("default-src 'none'")) << path;
    EXPECT_THAT(reply.header("cache-control"), ::testing::StartsWith("no-")) << path;
  }
  EXPECT_EQ(api.get("/api/v1/stats").header("cache-control"), "no-store");
  EXPECT_THAT(api.get("/api-docs").header("content-security-policy"), HasSubstr("script-src 'self'"));
}

}  // namespace
}  // namespace lull::api::testing
