// GET /live: the newest attempts over all endpoints, of each outcome, and of the endpoints of one owner.
#include "../../../service/api/overview/live_handler.hpp"
#include "fakes/client.hpp"

#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>

#include <gmock/gmock.h>

#include <set>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;

ports::LoggedAttempt attemptOf(const EndpointId& id, int secondsAgo, Outcome outcome = Outcome::Delivered) {
  auto attempt = sampleAttempt();
  attempt.at = kNow - Millis(std::chrono::seconds(secondsAgo));
  attempt.messageId = "msg_" + std::to_string(secondsAgo);
  attempt.outcome = outcome;
  return {id, attempt};
}

class Live : public ::testing::Test {
 protected:
  Live() { backend.feed.attempts.clear(); }

  std::vector<std::string> messages(const std::string& query = "", HeaderFields headers = {}) {
    const auto reply = api.get("/api/v1/live" + query, std::move(headers));
    EXPECT_EQ(reply.status, 200) << reply.body;
    std::vector<std::string> ids;
    const auto json = reply.json();
    for (const auto& item : json.at("items")) ids.push_back(item.at("messageId"));
    return ids;
  }

  ApiFixture api;
  Backend& backend = api.backend;
};

TEST_F(Live, ShowsTheNewestOfAllEndpointsFirst) {
  const auto one = api.registerEndpoint();
  const auto other = api.registerEndpoint();
  backend.feed.attempts = {attemptOf(one, 3), attemptOf(other, 1), attemptOf(one, 2)};
  EXPECT_THAT(messages(), ElementsAre("msg_1", "msg_2", "msg_3"));
  EXPECT_THAT(backend.feed.asked, ElementsAre(ElementsAre(one, other)));
}

TEST_F(Live, OneReadingServesAllWhoAskWithinTwoSeconds) {
  const auto id = api.registerEndpoint();
  backend.feed.attempts = {attemptOf(id, 1)};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(messages().size(), 1U);
  EXPECT_EQ(backend.feed.asked.size(), 1U);
}

TEST_F(Live, FewFailuresAmongManySuccessesAreStillFoundByTheirOutcome) {
  const auto id = api.registerEndpoint();
  backend.feed.attempts = {attemptOf(id, 1000, Outcome::Permanent)};
  for (int i = 0; i < 300; ++i) backend.feed.attempts.push_back(attemptOf(id, i));
  const auto all = messages();
  EXPECT_EQ(all.size(), 100U);
  EXPECT_EQ(all.front(), "msg_0");
  EXPECT_EQ(all.back(), "msg_99");
  EXPECT_THAT(messages("?outcome=permanent"), ElementsAre("msg_1000"));
  const auto refused = api.get("/api/v1/live?outcome=good");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(pointersOf(refused), ElementsAre("outcome"));
}

TEST_F(Live, OfOneEndpointIsItsOwnLog) {
  const auto id = api.registerEndpoint();
  backend.queue.attemptCount = 150;
  EXPECT_EQ(messages("?endpointId=" + id).size(), 100U);
  EXPECT_TRUE(backend.feed.asked.empty());
  EXPECT_EQ(api.get("/api/v1/live?endpointId=ep_none").status, 404);
}

TEST(LiveLog, KeepsWhatItFoundAndShowsNothingTwice) {
  Backend backend;
  Endpoint endpoint;
  endpoint.id = "ep_a";
  backend.endpoints.endpoints["ep_a"] = endpoint;
  endpoint.id = "ep_b";
  backend.endpoints.endpoints["ep_b"] = endpoint;
  backend.feed.attempts = {attemptOf("ep_a", 1), attemptOf("ep_b", 1), attemptOf("ep_a", 2)};
  const LiveSources sources{backend.feed, backend.endpoints, backend.clock};
  LiveLog log(std::chrono::seconds(0));  // every call is a reading
  EXPECT_EQ((*log.get(sources, {}))->attempts.size(), 3U);
  EXPECT_EQ((*log.get(sources, {}))->attempts.size(), 3U) << "the same lines again";
  backend.feed.attempts = {attemptOf("ep_a", 0)};
  const auto view = *log.get(sources, {});
  ASSERT_EQ(view->attempts.size(), 4U);
  EXPECT_EQ(view->attempts.front().logged.attempt.messageId, "msg_0");
  EXPECT_EQ(view->attempts.front().logged.attempt.responseExcerpt, "");
  backend.endpoints.endpoints.erase("ep_a");
  backend.feed.attempts.clear();
  EXPECT_EQ((*log.get(sources, {}))->attempts.size(), 1U) << "an endpoint that was deleted has no log";
}

TEST(OwnLive, IsOfWhatOneRegistered) {
  ApiSettings settings;
  settings.auth.mode = auth::AuthMode::ApiKey;
  const auto key = [](const std::string& name, const char* role) {
    return auth::ApiKey{name, text::toHex(text::sha256(name)), {role}};
  };
  settings.auth.keys = {key("ops", "Integration_Endpoints_CRUD")};
  for (std::size_t i = 0; i < LiveHandler::kMostOwners + 2; ++i)
    settings.auth.keys.push_back(key("own" + std::to_string(i), "Integration_Endpoints_Own"));
  ApiFixture api(settings);
  const auto as = [](const std::string& who) { return HeaderFields{{"X-Api-Key", who}}; };
  const auto registered = [&](const std::string& who) -> std::string {
    return api.post("/api/v1/endpoints", ApiFixture::kRegistration, as(who)).json().at("id");
  };
  const auto adas = registered("own0");
  const auto bobs = registered("own1");
  // Others have so many attempts that hers are not among the newest of all.
  api.backend.feed.attempts = {attemptOf(adas, 1000)};
  for (int i = 0; i < 100; ++i) api.backend.feed.attempts.push_back(attemptOf(bobs, i));
  const auto endpointsOf = [&](const std::string& who) {
    std::set<std::string> ids;
    const auto json = api.get("/api/v1/live", as(who)).json();
    for (const auto& item : json.at("items")) ids.insert(item.at("endpointId"));
    return ids;
  };
  EXPECT_THAT(endpointsOf("ops"), ElementsAre(bobs));
  EXPECT_THAT(endpointsOf("own0"), ElementsAre(adas));
  EXPECT_EQ(api.get("/api/v1/live?endpointId=" + bobs, as("own0")).status, 404);
  for (std::size_t i = 0; i < LiveHandler::kMostOwners + 2; ++i) endpointsOf("own" + std::to_string(i));
  const auto readings = api.backend.feed.asked.size();
  EXPECT_THAT(endpointsOf("own0"), ElementsAre(adas)) << "whoever lost its log gets a new one";
  EXPECT_EQ(api.backend.feed.asked.size(), readings + 1);
}

}  // namespace
}  // namespace lull::api::testing
