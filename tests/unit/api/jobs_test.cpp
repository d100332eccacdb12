// Groups of dead letters and jobs, as clients see them.
#include "fakes/client.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class GroupsAndJobs : public ::testing::Test {
 protected:
  std::string titleOf(const Cause& cause) {
    backend.groups.group.cause = cause;
    return api.get("/api/v1/dead-letters/groups").json().at("items").at(0).at("title");
  }
  ApiFixture api;
  Backend& backend = api.backend;
};

TEST_F(GroupsAndJobs, GroupsTakeTheirFiltersAndNoOthers) {
  const std::string path = "/api/v1/dead-letters/groups";
  EXPECT_EQ(api.get(path).status, 200);
  EXPECT_EQ(backend.groups.lastBy, GroupBy::Cause);
  EXPECT_EQ(api.get(path + "?by=endpoint&endpointId=ep_1&changeType=4&reason=expired&superseded=false").status, 200);
  EXPECT_EQ(backend.groups.lastBy, GroupBy::Endpoint);
  const auto& filter = backend.groups.lastFilter;
  EXPECT_EQ(filter.endpointId, "ep_1");
  EXPECT_EQ(filter.changeType, 4U);
  EXPECT_EQ(filter.reason, DeathReason::Expired);
  EXPECT_EQ(filter.superseded, false);
  EXPECT_THAT(pointersOf(api.get(path + "?by=status&reason=bored&changeType=3&superseded=maybe&itemId=1")),
              UnorderedElementsAre("by", "reason", "changeType", "superseded", "itemId"));
}

TEST_F(GroupsAndJobs, ATitleSaysWhatAPersonWouldMend) {
  const EndpointId id = "ep_00000000000000000001";
  EXPECT_EQ(titleOf({id, DeathReason::Exhausted, 503, {}}), "503 from Catalogue sync");
  EXPECT_EQ(titleOf({id, DeathReason::Permanent, 400, {}}), "400 from Catalogue sync (permanent)");
  EXPECT_EQ(titleOf({id, DeathReason::Exhausted, {}, FailureClass::Connect}), "no connection to Catalogue sync");
  EXPECT_EQ(titleOf({id, DeathReason::Exhausted, {}, FailureClass::Timeout}), "no answer in time from Catalogue sync");
  EXPECT_EQ(titleOf({id, DeathReason::Poisoned, {}, {}}), "not attempted at Catalogue sync (poisoned)");
  backend.deadLetters.nameOfEndpoint.clear();
  EXPECT_EQ(titleOf({id, DeathReason::Exhausted, 503, {}}), "503 from " + id) << "nobody knows its name any more";
}

TEST_F(GroupsAndJobs, AChangeTypesGroupHasNoEndpoint) {
  auto& group = backend.groups.group;
  group.cause.reset();
  group.endpoint.clear();
  group.changeType = 2;
  const auto shown = api.get("/api/v1/dead-letters/groups?by=changeType").json().at("items").at(0);
  EXPECT_EQ(shown.at("title"), "MetafieldChanged");
  EXPECT_EQ(shown.at("endpointId"), nullptr);
}

TEST_F(GroupsAndJobs, AJobIsStartedWithEverythingThatWasAskedFor) {
  const auto reply = api.post("/api/v1/jobs", R"({"action":"purge","endpointId":"ep_1","changeType":2,"itemId":3,
      "status":500,"superseded":true,"since":"2026-11-01T00:00:00Z","until":"2026-12-01T00:00:00Z","ids":["dl_1"],
      "includeSuperseded":true,"group":"ep_1:permanent:500","ratePerSecond":2000})");
  EXPECT_EQ(reply.status, 202) << reply.body;
  EXPECT_EQ(reply.header("location"), "/api/v1/jobs/job_1764192000000001");
  const auto& order = backend.jobs.lastOrder;
  EXPECT_EQ(order.action, ports::JobAction::Purge);
  EXPECT_EQ(order.by, "anonymous");
  EXPECT_EQ(order.ratePerSecond, 2000U);
  EXPECT_TRUE(order.includeSuperseded);
  EXPECT_EQ(order.filter.reason, DeathReason::Permanent) << "of the group";
  EXPECT_EQ(order.filter.itemId, "3");
  EXPECT_EQ(order.filter.code, 500);
  EXPECT_THAT(order.filter.ids, ElementsAre("dl_1"));
  EXPECT_EQ(reply.json().at("filter").dump(),
            R"({"endpointId":"ep_1","changeType":2,"itemId":"3","status":500,"reason":"permanent","superseded":true,)"
            R"("since":"2026-11-01T00:00:00.000Z","until":"2026-12-01T00:00:00.000Z","idCount":1})");
}

TEST_F(GroupsAndJobs, AJobSaysWhatItIsOf) {
  const auto filterOf = [&](const std::string& order) {
    return api.post("/api/v1/jobs", order).json().at("filter").dump();
  };
  EXPECT_EQ(filterOf(R"({"action":"retry","all":true})"), "{}");
  EXPECT_EQ(filterOf(R"({"action":"retry","group":"ep_1:exhausted:timeout"})"),
            R"({"endpointId":"ep_1","failure":"timeout","reason":"exhausted"})");
}

TEST_F(GroupsAndJobs, AGroupsKeyIsAFilter) {
  const auto orderOf = [&](const std::string& key) {
    EXPECT_EQ(api.post("/api/v1/jobs", R"({"action":"retry","group":")" + key + R"("})").status, 202) << key;
    return backend.jobs.lastOrder.filter;
  };
  EXPECT_EQ(orderOf("ep_1").endpointId, "ep_1");
  EXPECT_EQ(orderOf("4").changeType, 4U);
  const auto byClass = orderOf("ep_1:exhausted:timeout");
  EXPECT_EQ(byClass.failure, FailureClass::Timeout);
  EXPECT_EQ(byClass.code, std::nullopt);
  for (const auto* wrong : {"", "ep_1:", "ep_1:bored:503", "ep_1:expired:", "ep_1:expired:050", ":expired:503", "x"}) {
    EXPECT_THAT(pointersOf(api.post("/api/v1/jobs", R"({"action":"retry","group":")" + std::string(wrong) + R"("})")),
                ElementsAre("/group"))
        << wrong;
  }
  EXPECT_THAT(pointersOf(api.post("/api/v1/jobs", R"({"action":"retry","endpointId":"ep_2","group":"ep_1"})")),
              ElementsAre("/group"))
      << "no letter can be both";
}

TEST_F(GroupsAndJobs, ADryRunOnlyCounts) {
  const auto reply = api.post("/api/v1/jobs", R"({"action":"retry","all":true,"dryRun":true})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"total":120,"skipped":20})");
  EXPECT_EQ(backend.jobs.starts, 0);
}

TEST_F(GroupsAndJobs, WrongOrdersAreRefused) {
  const auto faults = [&](const std::string& body) { return pointersOf(api.post("/api/v1/jobs", body)); };
  EXPECT_THAT(faults("{}"), ElementsAre("/action"));
  EXPECT_THAT(faults(R"({"action":"retry"})"), ElementsAre("/all"));
  EXPECT_THAT(faults(R"({"action":"replay","all":true})"), ElementsAre("/action"));
  EXPECT_THAT(faults(R"({"action":"retry","all":true,"status":null})"), ElementsAre("/status"));
  EXPECT_THAT(faults(R"({"action":"retry","all":true,"ratePerSecond":0})"), ElementsAre("/ratePerSecond"));
  EXPECT_THAT(faults(R"({"action":"retry","all":true,"ratePerSecond":10001})"), ElementsAre("/ratePerSecond"));
  EXPECT_THAT(faults(R"({"action":"retry","all":true,"rate":1})"), ElementsAre("/rate"));
  EXPECT_EQ(backend.jobs.starts + backend.jobs.counts, 0);
}

TEST_F(GroupsAndJobs, AJobIsReadAndCancelledByItsId) {
  EXPECT_EQ(api.get("/api/v1/jobs/job_1764192000000001").status, 200);
  EXPECT_EQ(api.get("/api/v1/jobs/job_2").status, 404);
  EXPECT_EQ(api.request("DELETE", "/api/v1/jobs/job_2").status, 404);
  EXPECT_EQ(api.request("DELETE", "/api/v1/jobs/job_1764192000000001").status, 204);
  backend.jobs.ended = true;
  EXPECT_EQ(api.request("DELETE", "/api/v1/jobs/job_1764192000000001").status, 409);
}

}  // namespace
}  // namespace lull::api::testing
