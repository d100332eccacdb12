// One item, and what the fleet did: what is asked of the store, and how the reply looks.
#include "fakes/client.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;

class Overview : public ::testing::Test {
 protected:
  ApiFixture api;
  Backend& backend = api.backend;
};

Instant at(const char* text) {
  return *parseRfc3339(text);
}

TEST_F(Overview, AnItemIsNamedByItsChangeTypeAndItsIdAsTheEventsHaveIt) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"4711", "4711"}, {"a%2Fb%20%C3%A9%25", "a/b \xc3\xa9%"}, {"-5", "-5"}, {"a+b", "a+b"}, {"%2E%2E", ".."}};
  for (const auto& [sent, asked] : rows) {
    EXPECT_EQ(api.get("/api/v1/items/2/" + sent).status, 200) << sent;
    EXPECT_EQ(backend.items.lastAsked, "2 " + asked);
  }
  for (const std::string path : {"1/%zz", "1/%ff", "1/", "/x", "1/a/b"}) {
    EXPECT_EQ(api.get("/api/v1/items/" + path).status, 404) << path;
  }
  const auto refused = api.get("/api/v1/items/3/7");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(pointersOf(refused), ElementsAre("changeType"));
}

TEST_F(Overview, AnItemThatNobodyKnowsHasEmptyParts) {
  backend.items.known = {};
  EXPECT_EQ(api.get("/api/v1/items/1/7").body, R"({"window":null,"endpoints":[]})");
}

TEST_F(Overview, TheHistoryIsAskedForAWholeNumberOfSteps) {
  // kNow is 2026-11-23T21:19:06.123Z.
  const auto asked = [&](const std::string& query) {
    EXPECT_EQ(api.get("/api/v1/history" + query).status, 200) << query;
    return backend.history.asked;
  };
  EXPECT_EQ(asked("?step=00:00:10").first, at("2026-11-22T17:19:00Z")) << "10,080 steps back";
  EXPECT_EQ(asked("").first, at("2026-11-16T21:20:00Z")) << "7 days back";
  EXPECT_EQ(asked("?step=01:00:00").first, at("2026-11-16T22:00:00Z"));
  EXPECT_EQ(asked("?since=2026-11-23T20:59:59Z").first, at("2026-11-23T21:00:00Z")) << "steps that begin then or later";
  EXPECT_EQ(asked("?since=2026-11-23T21:00:00Z").first, at("2026-11-23T21:00:00Z"));
  EXPECT_EQ(asked("?since=0001-01-01T00:00:00Z&step=00:05:00").first, at("2026-11-16T21:20:00Z"));
  EXPECT_EQ(asked("?step=00:00:10&since=2026-11-18T00:00:00Z").second, at("2026-11-19T04:00:00Z"));
  EXPECT_EQ(asked("?since=9999-12-31T23:59:59Z").first, at("9999-12-31T23:59:59Z") + Millis{1000});
}

TEST_F(Overview, TheHistoryOfAnEndpointHasEverySlotOfItsLife) {
  const auto id = api.registerEndpoint();
  backend.endpoints.endpoints.at(id).createdAt = at("2026-11-23T21:02:00Z");
  backend.history.slots = {{at("2026-11-23T21:05:00Z"), {7, 2}}, {at("2026-11-23T21:15:00Z"), {1, 1}}};
  EXPECT_EQ(api.get("/api/v1/history?endpointId=" + id).body,
            R"({"step":"00:05:00","items":[{"at":"2026-11-23T21:00:00.000Z","attempts":0,"failures":0},)"
            R"({"at":"2026-11-23T21:05:00.000Z","attempts":7,"failures":2},)"
            R"({"at":"2026-11-23T21:10:00.000Z","attempts":0,"failures":0}]})");
  EXPECT_EQ(api.get("/api/v1/history?endpointId=ep_none").status, 404);
  EXPECT_EQ(api.get("/api/v1/history?endpointId=" + id + "&step=00:01:00").status, 400);
}

}  // namespace
}  // namespace lull::api::testing
