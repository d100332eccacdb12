// The role Integration_Endpoints_Own: who has it registers endpoints, and sees and changes what it registered.
#include "../../../service/api/routes.hpp"
#include "fakes/client.hpp"

#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ApiSettings withIntegrators() {
  ApiSettings settings;
  settings.auth.mode = auth::AuthMode::ApiKey;
  const auto key = [](const std::string& name, std::vector<std::string> roles) {
    return auth::ApiKey{name, text::toHex(text::sha256(name)), std::move(roles)};
  };
  settings.auth.keys = {key("ada", {"Integration_Endpoints_Own"}), key("bob", {"Integration_Endpoints_Own"}),
                        key("eve", {"Integration_Endpoints_Own", "Integration_Endpoints_View"}),
                        key("viewer", {"Integration_Endpoints_View"}), key("ops", {"Integration_Endpoints_CRUD"})};
  return settings;
}

class Own : public ::testing::Test {
 protected:
  HeaderFields as(const std::string& who) { return {{"X-Api-Key", who}}; }
  std::string registered(const std::string& who) {
    const auto reply = api.post("/api/v1/endpoints", ApiFixture::kRegistration, as(who));
    EXPECT_EQ(reply.status, 201) << reply.body;
    return reply.json().at("id");
  }
  std::vector<std::string> idsOf(const std::string& path, const std::string& who, const char* list, const char* id) {
    const auto json = api.get(path, as(who)).json();
    std::vector<std::string> ids;
    for (const auto& one : json.at(list)) ids.push_back(one.at(id));
    return ids;
  }

  ApiFixture api{withIntegrators()};
  Backend& backend = api.backend;
  const std::string adas = registered("ada");
  const std::string bobs = registered("bob");
};

TEST_F(Own, AnEndpointOfSomebodyElseDoesNotExistOnAnyRoute) {
  std::size_t seen = 0;
  for (const auto& route : routeTable()) {
    if (!route.pattern.starts_with("/api/v1/endpoints/{id}")) continue;
    ++seen;
    const auto call = [&](const std::string& id, const std::string& who) {
      std::string path(route.pattern);
      path.replace(path.find("{id}"), 4, id);
      const auto body = route.takes == Takes::Nothing ? "" : R"({"all":true})";
      return api.send(std::string(route.method), path, body, as(who));
    };
    const auto what = std::string(route.method) + " " + std::string(route.pattern);
    const auto foreign = call(bobs, "ada");
    EXPECT_EQ(foreign.status, 404) << what;
    auto problem = foreign.json();
    auto unknown = call("ep_00000000000000000999", "ada").json();
    problem.erase("traceId");
    unknown.erase("traceId");
    EXPECT_EQ(problem, unknown) << what << ": nobody can tell the two apart";
  }
  EXPECT_GE(seen, 11U);
  EXPECT_TRUE(backend.endpoints.endpoints.contains(bobs));
  EXPECT_EQ(api.get("/api/v1/endpoints/" + bobs, as("ops")).status, 200);
}

TEST_F(Own, WhatOneRegisteredItMayChange) {
  EXPECT_EQ(api.get("/api/v1/endpoints/" + adas, as("ada")).status, 200);
  EXPECT_EQ(api.send("PATCH", "/api/v1/endpoints/" + adas, R"({"name":"mine"})", as("ada")).status, 200);
  EXPECT_EQ(api.get("/api/v1/endpoints/" + adas + "/secret", as("ada")).status, 200);
  EXPECT_EQ(backend.endpoints.endpoints.at(adas).owner, "ada");
  EXPECT_EQ(api.request("DELETE", "/api/v1/endpoints/" + adas, "", as("ada")).status, 204);
}

TEST_F(Own, ListsAndStatisticsShowOnesOwn) {
  EXPECT_THAT(idsOf("/api/v1/endpoints", "ada", "items", "id"), ElementsAre(adas));
  EXPECT_THAT(idsOf("/api/v1/endpoints", "ops", "items", "id"), ElementsAre(adas, bobs));
  backend.endpoints.state[adas].queueDepth = 3;
  backend.endpoints.state[adas].deadLetters = 2;
  backend.endpoints.state[adas].nextAttemptAt = kNow - Millis{1500};
  backend.endpoints.state[bobs].queueDepth = 70;
  EXPECT_THAT(idsOf("/api/v1/stats", "ada", "endpoints", "id"), ElementsAre(adas));
  const auto stats = api.get("/api/v1/stats", as("ada")).json();
  EXPECT_EQ(stats.at("totals"), Json::parse(R"({"endpoints":1,"queueDepth":3,"deadLetters":2,"inFlight":0})"));
  EXPECT_EQ(stats.at("oldestDueAgeMs"), 1500);
  for (const auto* fleets : {"windowsOpen", "streamDepth", "rates", "sources", "brokers"})
    EXPECT_TRUE(stats.at(fleets).is_null()) << fleets;
  EXPECT_THAT(idsOf("/api/v1/stats", "ops", "endpoints", "id"), ElementsAre(adas, bobs))
      << "the reading that is kept for others is not theirs";
}

TEST_F(Own, AnEventIsExplainedForOnesOwnEndpoints) {
  const auto told = [&](const std::string& who) {
    const auto json =
        api.post("/api/v1/events/explain", R"({"type":"AssetCreated","itemId":1,"baseId":1})", as(who)).json();
    std::vector<std::string> ids;
    for (const auto& one : json.at("items")) ids.push_back(one.at("endpointId"));
    return ids;
  };
  EXPECT_THAT(told("bob"), ElementsAre(bobs));
  EXPECT_THAT(told("ops"), ElementsAre(adas, bobs));
}

TEST_F(Own, DeadLettersOfOthersAreNeitherShownNorTouched) {
  backend.deadLetters.letter.endpointId = bobs;
  for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{
           {"GET", "/dl_0001"}, {"DELETE", "/dl_0001"}, {"POST", "/dl_0001/retry"}}) {
    EXPECT_EQ(api.request(method, "/api/v1/dead-letters" + path, "", as("ada")).status, 404) << method << path;
  }
  EXPECT_EQ(api.get("/api/v1/dead-letters/dl_0001", as("bob")).status, 200);
  EXPECT_EQ(api.request("POST", "/api/v1/dead-letters/dl_0001/retry", "", as("bob")).status, 202);
  const auto among = [&] { return backend.deadLetters.lastBulk.filter.among; };
  api.get("/api/v1/dead-letters?endpointId=" + bobs, as("ada"));
  EXPECT_EQ(among(), EndpointIds{adas});
  EXPECT_EQ(api.post("/api/v1/dead-letters/retry", R"({"all":true})", as("bob")).status, 202);
  EXPECT_EQ(among(), EndpointIds{bobs});
  EXPECT_EQ(api.post("/api/v1/dead-letters/purge", R"({"all":true})", as("ada")).status, 200);
  EXPECT_EQ(among(), EndpointIds{adas});
  EXPECT_EQ(api.post("/api/v1/dead-letters/purge", R"({"all":true})", as("ops")).status, 200);
  EXPECT_EQ(among(), std::nullopt);
}

TEST_F(Own, WindowsAndItemsAreThoseOfOnesChangeTypes) {
  EXPECT_EQ(api.get("/api/v1/windows", as("ada")).status, 200);
  EXPECT_EQ(backend.windows.lastFilter.among, 3U) << "what kRegistration subscribes to";
  EXPECT_EQ(api.post("/api/v1/windows/flush", "{}", as("ada")).status, 403);
  EXPECT_FALSE(backend.windows.flushes);
  EXPECT_FALSE(api.get("/api/v1/items/1/4711", as("ada")).json().at("window").is_null());
  EXPECT_EQ(backend.items.lastAmong, EndpointIds{adas});
  EXPECT_TRUE(api.get("/api/v1/items/4/4711", as("ada")).json().at("window").is_null());
  EXPECT_FALSE(api.get("/api/v1/items/4/4711", as("ops")).json().at("window").is_null());
}

TEST_F(Own, TheHistoryIsThatOfOnesOwnEndpoints) {
  const auto fleet = api.get("/api/v1/history", as("ada"));
  EXPECT_EQ(fleet.status, 400);
  EXPECT_THAT(pointersOf(fleet), ElementsAre("endpointId"));
  EXPECT_EQ(api.get("/api/v1/history?endpointId=" + adas, as("ada")).status, 200);
  EXPECT_EQ(api.get("/api/v1/history?endpointId=" + bobs, as("ada")).status, 404);
  EXPECT_EQ(api.get("/api/v1/history", as("ops")).status, 200);
  EXPECT_EQ(api.get("/api/v1/alerts", as("ada")).status, 403);
}

TEST_F(Own, WithViewOneSeesEverythingAndStillChangesOnlyOnesOwn) {
  EXPECT_EQ(api.get("/api/v1/endpoints/" + adas, as("eve")).status, 200);
  EXPECT_EQ(api.get("/api/v1/alerts", as("eve")).status, 200);
  EXPECT_EQ(api.get("/api/v1/history", as("eve")).status, 200);
  EXPECT_EQ(api.request("DELETE", "/api/v1/endpoints/" + adas, "", as("eve")).status, 404);
  EXPECT_EQ(api.request("DELETE", "/api/v1/endpoints/" + registered("eve"), "", as("eve")).status, 204);
}

TEST_F(Own, ARefusalNamesTheRolesThatAreEnough) {
  EXPECT_THAT(api.get("/api/v1/alerts", as("ada")).json().at("detail").get<std::string>(),
              HasSubstr("the role Integration_Endpoints_View."));
  EXPECT_THAT(api.post("/api/v1/endpoints", "{}", as("viewer")).json().at("detail").get<std::string>(),
              HasSubstr("the role Integration_Endpoints_CRUD or Integration_Endpoints_Own."));
}

}  // namespace
}  // namespace lull::api::testing
