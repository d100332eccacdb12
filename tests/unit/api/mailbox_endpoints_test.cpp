// A mailbox among the endpoints: what its operators see of it, and what they may do.
#include "fakes/mailbox_client.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class MailboxEndpoint : public ::testing::Test {
 protected:
  MailboxEndpoint() {
    client.subscribe(box, "AssetChanged", "AA");
    auto& state = api.backend.endpoints.state[box];
    state.queueDepth = 3;
    state.inFlight = 1;
    state.oldestMessageAge = Millis{4500};
  }
  WireReply send(const std::string& method, const std::string& body, HeaderFields headers = {}) {
    headers.emplace_back("X-Api-Key", "ops");
    return api.send(method, path, body, std::move(headers));
  }
  WireReply get(const std::string& what) { return api.get(what, {{"X-Api-Key", "ops"}}); }
  bool isEnabled() { return api.backend.endpoints.endpoints.at(box).registration.enabled; }

  ApiFixture api{withReceivers()};
  MailboxClient client{api, FaceKind::Rest, "ada"};
  const std::string box = client.enrolled("Desk");
  const std::string path = "/api/v1/endpoints/" + box;
};

TEST_F(MailboxEndpoint, IsShownWithoutWhatOnlyAMessageThatIsSentNeeds) {
  const auto ticket = api.backend.polls.open(box);
  api.backend.polls.wait(*ticket, std::chrono::minutes(1), 0, [](const auto&) {});
  const auto reply = get(path);
  EXPECT_EQ(reply.json(), Json::parse(R"({"id":")" + box + R"(","name":"Desk","channel":"mailbox","changeTypes":1,
      "changeTypeNames":["AssetChanged"],"enabled":true,"delivery":"every","order":"none","health":"healthy",
      "pausedReason":null,"queueDepth":3,"missed":null,"mailbox":{"locked":1,"oldestAgeMs":4500,"waiting":1},
      "consecutiveFailures":0,"lastSuccessAt":null,"lastError":null,"nextAttemptAt":null,
      "createdAt":"2026-11-23T21:19:06.123Z","updatedAt":"2026-11-23T21:19:06.123Z"})"));
  EXPECT_EQ(get("/api/v1/endpoints").json().at("items"), Json::array({reply.json()}));
}

TEST_F(MailboxEndpoint, IsNotFoundByAUrl) {
  const auto webhook = api.send("POST", "/api/v1/endpoints", ApiFixture::kRegistration, {{"X-Api-Key", "ops"}});
  ASSERT_EQ(webhook.status, 201);
  const auto found = get("/api/v1/endpoints?url=h").json().at("items");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.at(0).at("channel"), "webhook");
  EXPECT_EQ(get("/api/v1/endpoints?name=desk").json().at("items").at(0).at("id"), box);
}

TEST_F(MailboxEndpoint, WhatGetShowsPutTakesAndOnlyEnabledChanges) {
  auto shown = get(path).json();
  EXPECT_EQ(send("PUT", shown.dump()).json(), shown);
  shown["enabled"] = false;
  EXPECT_EQ(send("PUT", shown.dump()).json().at("pausedReason"), "operator");
  EXPECT_FALSE(isEnabled());
  EXPECT_EQ(send("PATCH", R"({"name":"Desk"})").status, 200);
  EXPECT_FALSE(isEnabled()) << "a patch that does not say it";
  EXPECT_EQ(send("PATCH", R"({"enabled":true})").json().at("health"), "healthy");
  EXPECT_EQ(api.backend.endpoints.resumes.back(), ports::Resume::Always);
  EXPECT_TRUE(isEnabled());
}

TEST_F(MailboxEndpoint, EverythingElseIsRefusedAtItsProperty) {
  const std::vector<std::pair<std::string, std::string>> changes{
      {"name", "\"x\""},     {"channel", "\"webhook\""},           {"changeTypes", "3"}, {"delivery", "\"debounced\""},
      {"order", "\"item\""}, {"url", "\"https://198.51.100.7/\""}, {"headers", "{}"},    {"secret", "null"},
      {"filter", "null"},    {"timeout", "\"00:00:05\""},          {"surprise", "1"},    {"enabled", "null"}};
  for (const auto* method : {"PATCH", "PUT"}) {
    for (const auto& [name, value] : changes) {
      const auto reply = send(method, R"({")" + name + R"(":)" + value + "}");
      EXPECT_EQ(reply.status, 400) << method << name;
      EXPECT_THAT(pointersOf(reply), ElementsAre("/" + name)) << method;
    }
    EXPECT_EQ(send(method, "[]").status, 400) << method;
  }
  EXPECT_THAT(api.backend.endpoints.resumes, IsEmpty()) << "nothing was written";
}

TEST_F(MailboxEndpoint, HasAnEntityTag) {
  const auto etag = get(path).header("etag");
  EXPECT_THAT(etag, ::testing::MatchesRegex("\"[A-Za-z0-9_-]+\""));
  EXPECT_EQ(api.get(path, {{"X-Api-Key", "ops"}, {"If-None-Match", etag}}).status, 304);
  EXPECT_EQ(send("PATCH", R"({"enabled":false})", {{"If-Match", "\"other\""}}).status, 412);
  const auto changed = send("PATCH", R"({"enabled":false})", {{"If-Match", etag}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_NE(changed.header("etag"), etag);
}

TEST_F(MailboxEndpoint, HasNoSecretNoTestAndNoReplay) {
  for (const auto& [method, what] :
       {std::pair("POST", "/test"), {"GET", "/secret"}, {"POST", "/secret/rotate"}, {"POST", "/replay"}}) {
    const auto reply = api.send(method, path + what, method == std::string("GET") ? "" : "{}", {{"X-Api-Key", "ops"}});
    EXPECT_EQ(reply.status, 409) << what << reply.body;
    EXPECT_THAT(reply.json().at("detail"), HasSubstr("mailbox")) << what;
  }
  EXPECT_FALSE(api.backend.channel.last);
  EXPECT_EQ(api.backend.jobs.starts, 0);
}

TEST_F(MailboxEndpoint, IsDeletedOnEitherWay) {
  EXPECT_EQ(api.request("DELETE", path, "", {{"X-Api-Key", "ops"}}).status, 204);
  EXPECT_EQ(client.peek(box).status, 404);
  const auto second = client.enrolled("Desk");
  EXPECT_NE(second, box);
  EXPECT_EQ(client.rest("DELETE", "/" + second, {}).status, 204);
  EXPECT_EQ(get("/api/v1/endpoints/" + second).status, 404);
  EXPECT_EQ(client.rest("DELETE", "/" + second, {}).status, 404);
}

TEST_F(MailboxEndpoint, IsNotMadeByPostingAnEndpoint) {
  const auto post = [&](const std::string& channel) {
    return api.send("POST", "/api/v1/endpoints",
                    R"({"name":"n","url":"https://198.51.100.7/","changeTypes":1,"channel":)" + channel + "}",
                    {{"X-Api-Key", "ops"}});
  };
  const auto refused = post(R"("mailbox")");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(pointersOf(refused), ElementsAre("/channel"));
  EXPECT_THAT(refused.body, HasSubstr("/mailboxes"));
  for (const auto* other : {R"("Webhook")", R"("kafka")", R"("")", "1", "[]"}) {
    EXPECT_THAT(pointersOf(post(other)), ElementsAre("/channel")) << other;
  }
  EXPECT_EQ(post("null").json().at("channel"), "webhook");
  const auto made = post(R"("webhook")").json();
  EXPECT_EQ(made.at("channel"), "webhook");
  const auto change = api.send("PATCH", "/api/v1/endpoints/" + made.at("id").get<std::string>(),
                               R"({"channel":"mailbox"})", {{"X-Api-Key", "ops"}});
  EXPECT_THAT(pointersOf(change), ElementsAre("/channel"));
  EXPECT_THAT(change.body, HasSubstr("never changes"));
}

TEST_F(MailboxEndpoint, StandsInTheStatistics) {
  const auto ticket = api.backend.polls.open(box);
  api.backend.polls.wait(*ticket, std::chrono::minutes(1), 0, [](const auto&) {});
  const auto stats = get("/api/v1/stats").json();
  EXPECT_EQ(stats.at("mailboxes"), Json::parse(R"({"count":2,"messages":5,"oldestAgeMs":7500,"waiting":1})"));
  EXPECT_EQ(stats.at("endpoints").at(0).at("mailbox"), Json::parse(R"({"locked":1,"oldestAgeMs":4500,"waiting":1})"));
  EXPECT_THAT(get("/metrics").body, HasSubstr("\nlull_mailbox_polls_waiting 1\n"));
}

TEST_F(MailboxEndpoint, IsExplainedByItsChangeTypes) {
  const auto explain = [&](const char* type) {
    const auto event = R"({"type":")" + std::string(type) + R"(","itemId":1,"baseId":1})";
    return api.send("POST", "/api/v1/events/explain", event, {{"X-Api-Key", "ops"}}).json().at("items").at(0);
  };
  EXPECT_EQ(explain("AssetCreated").at("told"), true);
  EXPECT_THAT(explain("AssetCreated").at("detail"), HasSubstr("GET /mailboxes/{id}"));
  EXPECT_EQ(explain("MetafieldCreated").at("reason"), "mask");
  api.backend.endpoints.state[box].pausedReason = PausedReason::Operator;
  EXPECT_EQ(explain("AssetCreated").at("reason"), "paused");
}

TEST_F(MailboxEndpoint, NeedsTheRoleThatItsRouteNames) {
  EXPECT_EQ(api.get(path, {{"X-Api-Key", "ada"}}).status, 403) << "who receives messages is no operator";
  EXPECT_EQ(api.get(path, {{"X-Api-Key", "viewer"}}).status, 200);
  for (const auto* key : {"viewer", "dam"}) {
    MailboxClient stranger(api, FaceKind::Rest, key);
    EXPECT_EQ(stranger.peek(box).status, 403) << key;
    EXPECT_THAT(stranger.peek(box).body, HasSubstr("Integration_Events_Receive or Integration_Endpoints_CRUD"));
  }
}

}  // namespace
}  // namespace lull::api::testing
