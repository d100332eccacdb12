// Queue, dead letters, windows, statistics: what an operator sees and does.
#include "fakes/client.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class Operations : public ::testing::Test {
 protected:
  ApiFixture api;
  const std::string id = api.registerEndpoint();
  const std::string endpoint = "/api/v1/endpoints/" + id;
  Backend& backend = api.backend;
};

TEST_F(Operations, TheQueueShowsWhatWaits) {
  const auto reply = api.get(endpoint + "/queue?changeType=1&itemId=4711&status=503");
  EXPECT_EQ(reply.body, R"({"items":[{"id":"msg_0001","changeType":1,"itemId":4711,"baseId":"base-12","sequence":1020,)"
                        R"("state":"retrying","attempts":2,"lastStatus":503,"lastError":null,)"
                        R"("nextAttemptAt":"2026-11-23T21:19:11.123Z"}],"nextCursor":null})");
  EXPECT_EQ(backend.queue.lastFilter.changeType, 1U);
  EXPECT_EQ(backend.queue.lastFilter.itemId, "4711");
  EXPECT_EQ(backend.queue.lastFilter.code, 503);
}

TEST_F(Operations, TheQueueSaysInOneWordWhereAMessageStands) {
  const std::vector<std::pair<ports::QueueItemState, std::string>> words{{ports::QueueItemState::Waiting, "waiting"},
                                                                         {ports::QueueItemState::Retrying, "retrying"},
                                                                         {ports::QueueItemState::InFlight, "inFlight"},
                                                                         {ports::QueueItemState::Behind, "behind"},
                                                                         {ports::QueueItemState::SetAside, "setAside"}};
  for (const auto& [state, word] : words) {
    backend.queue.item.state = state;
    EXPECT_EQ(api.get(endpoint + "/queue").json().at("items").at(0).at("state"), word);
  }
}

TEST_F(Operations, ARetryOfAQueueThatAnOperatorPausedIsA409WithTheReason) {
  backend.queue.failure = Error{ErrorCode::Conflict, "The endpoint was paused by an operator; enable it first."};
  const auto reply = api.post(endpoint + "/queue/retry", R"({"all":true})");
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(reply.json().at("detail"), "The endpoint was paused by an operator; enable it first.");
}

TEST_F(Operations, TheAttemptLogIsPagedAndFiltered) {
  backend.queue.attemptCount = 200;
  const auto first = api.get(endpoint + "/attempts?outcome=retryable&itemId=4711").json();
  EXPECT_EQ(first.at("items").size(), 100U);
  EXPECT_EQ(first.at("items").at(0),
            Json::parse(R"({"at":"2026-11-23T21:19:06.123Z","messageId":"msg_0001","changeType":1,
      "itemId":4711,"attempt":2,"outcome":"retryable","status":503,"result":null,"durationMs":42,"error":null,"responseExcerpt":"try again"})"));
  const auto second = api.get(endpoint + "/attempts?cursor=" + first.at("nextCursor").get<std::string>()).json();
  EXPECT_EQ(second.at("items").size(), 100U);
  EXPECT_EQ(second.at("nextCursor"), nullptr);
  EXPECT_EQ(api.get(endpoint + "/attempts?outcome=lost").status, 400);
  EXPECT_EQ(api.get(endpoint + "/attempts?cursor=eHh4").status, 400);
}

TEST_F(Operations, WhereTheReceiverGivesAResultItIsShownWithItsMessage) {
  auto& attempt = backend.queue.attempt;
  attempt.code = 200;
  attempt.result = ReceiverResult::ErrorAndSkip;
  attempt.sentence = "The index is locked.";
  const auto shown = api.get(endpoint + "/attempts").json().at("items").at(0);
  EXPECT_EQ(shown.at("status"), 200);
  EXPECT_EQ(shown.at("result"), "ErrorAndSkip");
  EXPECT_EQ(shown.at("error"), "The index is locked.");
  attempt.result = ReceiverResult::Ok;
  attempt.sentence.clear();
  const auto done = api.get(endpoint + "/attempts").json().at("items").at(0);
  EXPECT_EQ(done.at("result"), "OK");
  EXPECT_EQ(done.at("error"), nullptr);
  auto& item = backend.queue.item;
  item.lastCode = 200;
  item.lastResult = ReceiverResult::Error;
  item.lastError = "The index is locked.";
  EXPECT_EQ(api.get(endpoint + "/queue").json().at("items").at(0).at("lastError"), "The index is locked.");
}

TEST_F(Operations, QueueRetryAndPurgeNeedAFilterOrAll) {
  EXPECT_EQ(api.post(endpoint + "/queue/retry", R"({"all":true})").body, R"({"retried":1})");
  EXPECT_EQ(api.post(endpoint + "/queue/retry", R"({"all":true})").status, 202);
  const auto purge = api.post(endpoint + "/queue/purge", R"({"itemId":3,"ids":["msg_0001"]})");
  EXPECT_EQ(purge.status, 200);
  EXPECT_EQ(purge.body, R"({"purged":1})");
  EXPECT_EQ(backend.queue.lastFilter.itemId, "3");
  for (const std::string action : {"/queue/retry", "/queue/purge"}) {
    EXPECT_THAT(pointersOf(api.post(endpoint + action, "{}")), ElementsAre("/all"));
    EXPECT_THAT(pointersOf(api.post(endpoint + action, R"({"all":false})")), ElementsAre("/all"));
    EXPECT_THAT(pointersOf(api.post(endpoint + action, R"({"ids":[]})")), ElementsAre("/ids"));
    EXPECT_THAT(pointersOf(api.post(endpoint + action, R"({"dryRun":true,"all":true})")), ElementsAre("/dryRun"));
    EXPECT_EQ(api.post(endpoint + action, "").status, 400);
  }
}

TEST_F(Operations, DeadLettersAreListedWithNamesAndTotal) {
  const auto reply =
      api.get("/api/v1/dead-letters?endpointId=" + id +
              "&changeType=1&itemId=4711&status=503&reason=exhausted&superseded=false&since=2026-11-01T00:00:00Z"
              "&until=2026-12-01T00:00:00%2B02:00&limit=10");
  EXPECT_EQ(reply.json(), Json::parse(R"({"items":[{"id":"dl_0001","endpointId":"ep_00000000000000000001",
      "endpointName":"Catalogue sync","changeType":1,"changeTypeName":"AssetChanged","itemId":4711,"baseId":"base-12",
      "sequence":1020,"eventCount":20,"attempts":2,"reason":"exhausted","lastStatus":503,"lastError":null,
      "firstFailedAt":"2026-11-23T21:19:06.123Z","deadAt":"2026-11-23T21:19:06.123Z","supersededAt":null}],
      "nextCursor":null,"total":1,"totalIsExact":true})"));
  const auto& filter = backend.deadLetters.lastBulk.filter;
  EXPECT_EQ(filter.endpointId, id);
  EXPECT_EQ(filter.reason, DeathReason::Exhausted);
  EXPECT_EQ(filter.superseded, false);
  EXPECT_EQ(filter.since, parseRfc3339("2026-11-01T00:00:00Z"));
  EXPECT_EQ(filter.until, parseRfc3339("2026-11-30T22:00:00Z"));
}

TEST_F(Operations, ADeletedEndpointsLettersKeepItsNameWhileItIsKnown) {
  api.request("DELETE", endpoint);
  EXPECT_EQ(api.get("/api/v1/dead-letters").json().at("items").at(0).at("endpointName"), "Catalogue sync");
  backend.deadLetters.nameOfEndpoint.clear();
  EXPECT_EQ(api.get("/api/v1/dead-letters").json().at("items").at(0).at("endpointName"), nullptr);
  EXPECT_EQ(api.get("/api/v1/dead-letters/dl_0001").status, 200);
}

TEST_F(Operations, OneDeadLetterShowsBodyAndAttempts) {
  const auto letter = api.get("/api/v1/dead-letters/dl_0001").json();
  EXPECT_EQ(letter.at("body"), R"({"ChangeType":1,"Data":{"ItemId":4711,"BaseId":"base-12"}})");
  EXPECT_EQ(letter.at("attempts"), 2);
  EXPECT_EQ(letter.at("attemptLog").at(0).at("status"), 503);
}

TEST_F(Operations, OneDeadLetterIsRetriedAndPurged) {
  const auto retried = api.request("POST", "/api/v1/dead-letters/dl_0001/retry");
  EXPECT_EQ(retried.status, 202);
  EXPECT_EQ(retried.body, R"({"retried":1,"skipped":0,"remaining":0})");
  EXPECT_EQ(api.request("DELETE", "/api/v1/dead-letters/dl_0001").status, 204);
  EXPECT_EQ(api.request("DELETE", "/api/v1/dead-letters/dl_2").status, 404);
  backend.deadLetters.letter.supersededAt = kNow;
  EXPECT_EQ(api.request("POST", "/api/v1/dead-letters/dl_0001/retry").status, 409);
}

TEST_F(Operations, LettersThatGoToTheEndsOfTheirLanesAreSaidToBeAppended) {
  backend.deadLetters.appends = true;
  const auto one = api.request("POST", "/api/v1/dead-letters/dl_0001/retry");
  EXPECT_EQ(one.body, R"({"retried":1,"skipped":0,"remaining":0,"order":"appended"})");
  const auto many = api.post("/api/v1/dead-letters/retry", R"({"all":true})");
  EXPECT_EQ(many.body, R"({"retried":1,"skipped":2,"remaining":3,"order":"appended"})");
}

TEST_F(Operations, BulkCallsTakeTheSameFilters) {
  const auto retried = api.post("/api/v1/dead-letters/retry",
                                R"({"endpointId":"ep_1","changeType":2,"itemId":"a","status":500,"reason":"permanent",
      "superseded":true,"since":"2026-11-01T00:00:00Z","until":"2026-12-01T00:00:00Z","ids":["dl_1"],"includeSuperseded":true})");
  EXPECT_EQ(retried.status, 202);
  EXPECT_EQ(retried.body, R"({"retried":1,"skipped":2,"remaining":3})");
  const auto& request = backend.deadLetters.lastBulk;
  EXPECT_TRUE(request.includeSuperseded);
  EXPECT_FALSE(request.dryRun);
  EXPECT_EQ(request.filter.itemId, "a");
  EXPECT_THAT(request.filter.ids, ElementsAre("dl_1"));
  EXPECT_EQ(api.post("/api/v1/dead-letters/purge", R"({"all":true})").body, R"({"purged":1,"remaining":0})");
}

TEST_F(Operations, ADryRunIsA200AndSaidToThePort) {
  EXPECT_EQ(api.post("/api/v1/dead-letters/retry", R"({"all":true,"dryRun":true})").status, 200);
  EXPECT_TRUE(backend.deadLetters.lastBulk.dryRun);
}

TEST_F(Operations, BulkCallsRefuseWrongBodies) {
  for (const std::string action : {"retry", "purge"}) {
    const auto path = "/api/v1/dead-letters/" + action;
    EXPECT_THAT(pointersOf(api.post(path, "{}")), ElementsAre("/all"));
    EXPECT_THAT(
        pointersOf(api.post(path, R"({"reason":"bored","status":99,"changeType":3,"ids":["a",1],"x":1,"all":1})")),
        UnorderedElementsAre("/reason", "/status", "/changeType", "/ids/1", "/x"));
    EXPECT_THAT(pointersOf(api.post(path, R"({"all":"yes"})")), UnorderedElementsAre("/all", "/all"));
    EXPECT_EQ(api.post(path, "[]").status, 400);
  }
  EXPECT_EQ(backend.deadLetters.bulkCalls, 0);
}

TEST_F(Operations, WindowsAreListedAndFlushed) {
  EXPECT_EQ(api.get("/api/v1/windows?itemId=4711").body,
            R"({"items":[{"changeType":1,"itemId":4711,"events":20,"firstAt":"2026-11-23T21:19:06.123Z",)"
            R"("dueAt":"2026-11-23T21:19:11.123Z"}],"nextCursor":null})");
  EXPECT_EQ(api.request("POST", "/api/v1/windows/flush").body, R"({"flushed":1})");
  EXPECT_FALSE(backend.windows.lastFilter.itemId);
  api.post("/api/v1/windows/flush", R"({"itemId":3,"changeType":1})");
  EXPECT_EQ(backend.windows.lastFilter.itemId, "3");
  EXPECT_EQ(backend.windows.lastFilter.changeType, 1U);
  api.request("POST", "/api/v1/windows/flush?itemId=4");
  EXPECT_EQ(backend.windows.lastFilter.itemId, "4");
  EXPECT_EQ(api.post("/api/v1/windows/flush", R"({"item":3})").status, 400);
}

TEST_F(Operations, AlertsAreListedAndTakeNoFilter) {
  backend.alerts.next = "1763900000000|clock|host";
  const auto page = api.get("/api/v1/alerts?limit=7").json();
  EXPECT_EQ(page.at("items"), Json::parse(R"([{"at":"2026-11-23T21:19:06.123Z","kind":"unreadable","subject":"ep_1",
      "sentence":"A message was set aside.","count":3}])"));
  EXPECT_EQ(backend.alerts.lastPage.limit, 7U);
  api.get("/api/v1/alerts?cursor=" + page.at("nextCursor").get<std::string>());
  EXPECT_EQ(backend.alerts.lastPage.cursor, backend.alerts.next);
  EXPECT_THAT(pointersOf(api.get("/api/v1/alerts?kind=clock&limit=0")), UnorderedElementsAre("kind", "limit"));
}

TEST_F(Operations, CursorsPassThroughThePortUnchanged) {
  backend.windows.next = "1n4711/\xff";
  const auto cursor = api.get("/api/v1/windows").json().at("nextCursor").get<std::string>();
  api.get("/api/v1/windows?limit=7&cursor=" + cursor);
  EXPECT_EQ(backend.windows.lastPage.cursor, backend.windows.next);
  EXPECT_EQ(backend.windows.lastPage.limit, 7U);
}

TEST_F(Operations, StatsShowTotalsAndEveryEndpoint) {
  backend.endpoints.state[id].queueDepth = 1;
  EXPECT_EQ(api.get("/api/v1/stats").json(),
            Json::parse(R"({"totals":{"endpoints":1,"queueDepth":1,"deadLetters":1,"inFlight":0},
      "endpoints":[{"id":"ep_00000000000000000001","name":"Catalogue sync","queueDepth":1,"deadLetters":0,"inFlight":0,
      "health":"healthy","lastSuccessAt":null}],"windowsOpen":1,"streamDepth":3,"oldestDueAgeMs":1500,
      "mailboxes":{"count":2,"messages":5,"oldestAgeMs":7500,"waiting":0},
      "rates":{"acceptedPerSecond":12.5,"deliveredPerSecond":3.0,"deadLetteredPerSecond":0.5},
      "sources":[{"name":"crm","state":"waiting","admitted":12045,"failures":2,"setAside":1,"lag":"00:00:00"}],
      "brokers":[{"name":"fs","protocol":"rabbitmq","state":"connected","endpoints":1,"inFlight":2,"confirmed":12045}]})"));
}

TEST_F(Operations, ChangeTypesAreTheCatalogue) {
  const auto items = api.get("/api/v1/change-types").json().at("items");
  EXPECT_EQ(items.size(), 4U);
  EXPECT_EQ(items.at(0).at("name"), "AssetChanged");
  EXPECT_EQ(items.at(0).at("value"), 1);
  EXPECT_EQ(items.at(0).at("idName"), "AssetId");
  EXPECT_THAT(items.at(0).at("events"), ::testing::Contains("AssetExternalProccessingFinished"));
}

}  // namespace
}  // namespace lull::api::testing
