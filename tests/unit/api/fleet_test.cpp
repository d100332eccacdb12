// GET /overview: what needs a person, in which order, from one reading, and what an owner sees of it.
#include "fakes/client.hpp"

#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Endpoints named by what is wrong with them, registered from the mildest to the worst.
class Fleet : public ::testing::Test {
 protected:
  Fleet() {
    backend.groups.group.endpoint = "ep_none";
    backend.groups.group.count = 0;
  }
  EndpointState& add(const std::string& name, const std::string& owner = "") {
    const auto id = api.registerEndpoint();
    auto& endpoint = backend.endpoints.endpoints.at(id);
    endpoint.registration.name = name;
    endpoint.owner = owner;
    return backend.endpoints.state[id];
  }
  static std::vector<std::string> namesIn(const Json& overview) {
    std::vector<std::string> names;
    for (const auto& one : overview.at("attention")) names.push_back(one.at("name"));
    return names;
  }
  Json overview(HeaderFields headers = {}) {
    const auto reply = api.get("/api/v1/overview", std::move(headers));
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.json();
  }

  ApiFixture api;
  Backend& backend = api.backend;
};

TEST_F(Fleet, WhatNeedsAPersonComesFirstTheWorstOfItFirst) {
  add("healthy");
  add("paused by its operator").pausedReason = PausedReason::Operator;
  add("failing").consecutiveFailures = 1;
  auto& open = add("open");
  open.breakerOpen = true;
  open.consecutiveFailures = 7;
  auto& worse = add("open with more");
  worse.breakerOpen = true;
  worse.queueDepth = 3;
  add("gone").pausedReason = PausedReason::Gone;
  add("full").pausedReason = PausedReason::QueueFull;
  const auto told = overview();
  EXPECT_THAT(namesIn(told), ElementsAre("gone", "full", "open with more", "open", "failing"));
  EXPECT_EQ(told.at("attentionTotal"), 5);
  EXPECT_EQ(told.at("endpoints"), Json::parse(R"({"total":7,"healthy":1,"failing":1,"open":2,"paused":3})"));
  EXPECT_EQ(told.at("attention").at(0).at("pausedReason"), "gone");
}

TEST_F(Fleet, UnsupersededLettersNeedAPersonAndThoseOfAPausedEndpointComeLast) {
  add("healthy with letters");
  const auto ofHealthy = backend.endpoints.endpoints.begin()->first;
  backend.groups.group.endpoint = ofHealthy;
  backend.groups.group.count = 120;
  backend.groups.group.lastDeadAt = kNow - Millis(std::chrono::minutes(5));
  add("failing").consecutiveFailures = 1;
  auto told = overview();
  EXPECT_THAT(namesIn(told), ElementsAre("failing", "healthy with letters"));
  EXPECT_EQ(told.at("attention").at(1).at("deadLetters"), 120);
  EXPECT_EQ(told.at("attention").at(1).at("groupsGrowing"), 1);
  EXPECT_EQ(backend.groups.lastFilter.superseded, false) << "what a later success superseded needs nobody";
  EXPECT_EQ(backend.groups.lastBy, GroupBy::Cause);
}

TEST_F(Fleet, LettersOfAnEndpointThatItsOperatorPausedComeLastAndOldOnesDoNotGrow) {
  add("paused").pausedReason = PausedReason::Operator;
  backend.groups.group.endpoint = backend.endpoints.endpoints.begin()->first;
  backend.groups.group.count = 1;
  backend.groups.group.lastDeadAt = kNow - Millis(std::chrono::minutes(5)) - Millis{1};
  add("failing").consecutiveFailures = 1;
  const auto told = overview();
  EXPECT_THAT(namesIn(told), ElementsAre("failing", "paused"));
  EXPECT_EQ(told.at("attention").at(1).at("groupsGrowing"), 0);
}

TEST_F(Fleet, AtMostTwentyAreListedAndAllAreCounted) {
  for (int i = 0; i < 23; ++i) add("failing").consecutiveFailures = 1;
  const auto told = overview();
  EXPECT_EQ(told.at("attention").size(), 20U);
  EXPECT_EQ(told.at("attentionTotal"), 23);
}

TEST_F(Fleet, OneReadingServesAllWhoAskWithinTwoSeconds) {
  add("one");
  const auto before = backend.endpoints.statesRead;
  const auto first = api.get("/api/v1/overview").body;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(api.get("/api/v1/overview").body, first);
  EXPECT_EQ(backend.endpoints.statesRead - before, 1U);
  EXPECT_EQ(backend.stats.readings(), 1U);
}

TEST_F(Fleet, AFailureOfTheStoreIsAnError) {
  backend.stats.fail(Error{ErrorCode::Unavailable, "Redis is away."});
  EXPECT_EQ(api.get("/api/v1/overview").status, 503);
}

TEST_F(Fleet, HasTheNewestAlerts) {
  EXPECT_EQ(overview().at("alerts").at(0).at("subject"), "ep_1");
  EXPECT_EQ(backend.alerts.lastPage.limit, 10U);
}

TEST(OwnFleet, IsWhatOneRegisteredWithoutAlertsAndWithoutWhatIsTheFleets) {
  ApiSettings settings;
  settings.auth.mode = auth::AuthMode::ApiKey;
  const auto key = [](const char* name, const char* role) {
    return auth::ApiKey{name, text::toHex(text::sha256(name)), {role}};
  };
  settings.auth.keys = {key("ada", "Integration_Endpoints_Own"), key("bob", "Integration_Endpoints_Own"),
                        key("ops", "Integration_Endpoints_CRUD")};
  ApiFixture api(settings);
  const auto as = [](const std::string& who) { return HeaderFields{{"X-Api-Key", who}}; };
  const auto registered = [&](const std::string& who) -> std::string {
    return api.post("/api/v1/endpoints", ApiFixture::kRegistration, as(who)).json().at("id");
  };
  const auto adas = registered("ada");
  const auto bobs = registered("bob");
  auto& state = api.backend.endpoints.state[adas];
  state.consecutiveFailures = 2;
  state.queueDepth = 5;
  state.inFlight = 2;
  state.deadLetters = 4;
  state.nextAttemptAt = kNow - Millis{700};
  api.backend.endpoints.state[bobs].consecutiveFailures = 1;

  const auto everything = api.get("/api/v1/overview", as("ops")).json();
  EXPECT_EQ(everything.at("attentionTotal"), 2);
  auto own = api.get("/api/v1/overview", as("ada")).json();
  EXPECT_EQ(own.at("endpoints").at("total"), 1);
  EXPECT_EQ(own.at("attentionTotal"), 1);
  EXPECT_EQ(own.at("attention").at(0).at("endpointId"), adas);
  EXPECT_THAT(own.at("alerts"), IsEmpty());
  EXPECT_EQ(own.at("queueDepth"), 5);
  EXPECT_EQ(own.at("inFlight"), 2);
  EXPECT_EQ(own.at("deadLetters"), 4);
  EXPECT_EQ(own.at("oldestDueAgeMs"), 700);
  for (const auto* fleets : {"windowsOpen", "streamDepth", "rates"}) EXPECT_TRUE(own.at(fleets).is_null()) << fleets;
  EXPECT_EQ(api.backend.stats.readings(), 1U) << "one reading for both";
  EXPECT_EQ(api.get("/api/v1/settings", as("ada")).status, 403);
  EXPECT_EQ(api.get("/api/v1/settings", as("ops")).json().at("items").at(1).at("value"), "00:00:20");
}

}  // namespace
}  // namespace lull::api::testing
