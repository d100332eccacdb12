// POST /endpoints/{id}/replay, as clients see it.
#include "fakes/client.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class Replay : public ::testing::Test {
 protected:
  /// Registers an endpoint, with these members beside its name and URL.
  std::string endpoint(const std::string& more = "") {
    const auto reply =
        api.post("/api/v1/endpoints", R"({"name":"n","url":"https://198.51.100.7/","changeTypes":5)" + more + "}");
    EXPECT_EQ(reply.status, 201) << reply.body;
    return reply.json().at("id");
  }
  WireReply replay(const std::string& id, const std::string& body) {
    return api.post("/api/v1/endpoints/" + id + "/replay", body);
  }
  /// Why an endpoint like this cannot have one.
  std::string refusal(const std::string& more) {
    const auto reply = replay(endpoint(more), R"({"since":"2026-11-01T00:00:00Z"})");
    EXPECT_EQ(reply.status, 409) << reply.body;
    return reply.json().at("detail");
  }
  ApiFixture api;
  FakeJobs& jobs = api.backend.jobs;
};

TEST_F(Replay, IsAJob) {
  const auto id = endpoint();
  const auto reply = replay(id, R"({"since":"2026-12-01T00:00:00Z"})");
  EXPECT_EQ(reply.status, 202) << reply.body;
  EXPECT_EQ(reply.header("location"), "/api/v1/jobs/job_1764192000000001");
  EXPECT_EQ(reply.json().at("action"), "replay");
  EXPECT_FALSE(reply.json().contains("completeSince")) << "everything since then is known";
  EXPECT_EQ(jobs.lastOrder.action, ports::JobAction::Replay);
  EXPECT_EQ(jobs.lastOrder.filter.endpointId, id);
  EXPECT_EQ(jobs.lastOrder.filter.since, parseRfc3339("2026-12-01T00:00:00Z"));
  EXPECT_EQ(jobs.lastOrder.changeTypes, 5U);
  EXPECT_EQ(jobs.lastOrder.by, "anonymous");
}

TEST_F(Replay, SaysFromWhenOnAllChangesAreKnown) {
  const auto id = endpoint();
  const auto since = R"("since":"2026-11-01T00:00:00Z")";
  EXPECT_EQ(replay(id, "{" + std::string(since) + "}").json().at("completeSince"), "2026-11-23T21:19:06.123Z");
  const auto dry = replay(id, "{" + std::string(since) + R"(,"dryRun":true,"changeTypes":4})");
  EXPECT_EQ(dry.status, 200);
  EXPECT_EQ(dry.json(), Json::parse(R"({"total":120,"skipped":20,"completeSince":"2026-11-23T21:19:06.123Z"})"));
  EXPECT_EQ(jobs.starts, 1);
  EXPECT_EQ(jobs.lastOrder.changeTypes, 4U);
}

TEST_F(Replay, RefusesWhatItDoesNotUnderstand) {
  const auto id = endpoint();
  EXPECT_THAT(pointersOf(replay(id, "{}")), UnorderedElementsAre("/since"));
  EXPECT_THAT(pointersOf(replay(id, R"({"since":"yesterday","changeTypes":8,"dryRun":1,"until":"x"})")),
              UnorderedElementsAre("/since", "/changeTypes", "/dryRun", "/until"));
  EXPECT_THAT(pointersOf(replay(id, R"({"since":"2026-11-01T00:00:00Z","changeTypes":7})")),
              UnorderedElementsAre("/changeTypes"));
  EXPECT_THAT(pointersOf(replay(id, R"({"since":"2026-11-01T00:00:00Z","changeTypes":null})")),
              UnorderedElementsAre("/changeTypes"));
  EXPECT_EQ(replay("ep_99999999999999999999", R"({"since":"2026-11-01T00:00:00Z"})").status, 404);
  EXPECT_EQ(jobs.starts, 0);
}

TEST_F(Replay, NeedsAnEndpointForWhichTheIndexKnowsEnough) {
  EXPECT_THAT(refusal(R"(,"delivery":"sync")"), HasSubstr("sync"));
  EXPECT_THAT(refusal(R"(,"format":"CloudEvents")"), HasSubstr("{data}"));
  EXPECT_THAT(refusal(R"(,"filter":{"fields":["title"]})"), HasSubstr("fields"));
  EXPECT_THAT(refusal(R"(,"filter":{"scopes":["AA"]})"), HasSubstr("scope"));
  EXPECT_EQ(jobs.starts, 0);
  const auto id = endpoint(R"(,"filter":{"operations":["create"]},"delivery":"every","order":"endpoint")");
  EXPECT_EQ(replay(id, R"({"since":"2026-11-01T00:00:00Z"})").status, 202);
}

TEST_F(Replay, IsNoActionOfPostJobs) {
  const auto reply = api.post("/api/v1/jobs", R"({"action":"replay","all":true})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("/replay"));
}

}  // namespace
}  // namespace lull::api::testing
