// Sources as clients see them, and the events that are made of the rows of a table.
#include "fakes/client.hpp"

#include <lull/api/part_reader.hpp>

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SourcesOfTheApi : public ::testing::Test {
 protected:
  ApiFixture api;
  FakeSources& sources = api.backend.sources;
};

TEST_F(SourcesOfTheApi, AreShownAsTheyAre) {
  EXPECT_EQ(api.get("/api/v1/sources").json(), Json::parse(R"({"items":[{"name":"crm","type":"Outbox","state":"waiting",
      "lastRunAt":"2026-11-23T21:19:06.123Z","lastError":null,"admitted":12045,"lag":"00:00:00"}]})"));
  sources.source.state = ports::SourceState::Failing;
  sources.source.lastRunAt.reset();
  sources.source.lastError = "The database cannot be reached.";
  sources.source.lag.reset();
  const auto shown = api.get("/api/v1/sources").json().at("items").at(0);
  EXPECT_EQ(shown.at("state"), "failing");
  EXPECT_EQ(shown.at("lastRunAt"), nullptr);
  EXPECT_EQ(shown.at("lastError"), "The database cannot be reached.");
  EXPECT_EQ(shown.at("lag"), nullptr);
  sources.source.lag = Millis{90'500};
  EXPECT_EQ(api.get("/api/v1/sources").json().at("items").at(0).at("lag"), "00:01:30.5000000");
}

TEST_F(SourcesOfTheApi, AreAskedToRunByTheirName) {
  const auto reply = api.request("POST", "/api/v1/sources/crm/run");
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.json().at("name"), "crm");
  EXPECT_EQ(sources.asked, 1);
  EXPECT_EQ(api.request("POST", "/api/v1/sources/erp/run").status, 404);
  EXPECT_EQ(api.request("POST", "/api/v1/sources/crm/run?now=1").status, 400);
  EXPECT_EQ(api.get("/api/v1/sources/crm/run").status, 405);
  sources.failure = Error{ErrorCode::Unavailable, "away"};
  EXPECT_EQ(api.request("POST", "/api/v1/sources/crm/run").status, 503);
  EXPECT_EQ(api.get("/api/v1/sources").status, 503);
  EXPECT_EQ(sources.asked, 1);
}

class Parts : public ::testing::Test {
 protected:
  Parts() {
    parts.id = "17";
    parts.type = "AssetCreated";
    parts.itemId = ports::PartValue{"4711", true};
    parts.baseId = ports::PartValue{"12", false};
  }
  std::string problem() const {
    const auto event = reader.read(parts);
    return event ? "" : event.error().message;
  }

  const Catalogue catalogue{builtinChangeTypes()};
  const PartReader reader{catalogue};
  ports::EventParts parts;
};

TEST_F(Parts, BecomeAnEvent) {
  auto event = reader.read(parts).value();
  EXPECT_EQ(event.id, "17");
  EXPECT_EQ(event.changeType, 1U);
  EXPECT_EQ(event.itemId, ItemId(4711));
  EXPECT_EQ(event.baseId, ItemId("12")) << "ids keep the type of their column";
  EXPECT_EQ(event.operation, Operation::Create) << "by its type";
  EXPECT_FALSE(event.occurredAt || event.changedFields);
  parts.occurredAt = "2026-11-23T21:19:06.123Z";
  parts.data = " {\"a\": [1, \"ø\"]} ";
  parts.operation = "delete";
  parts.scope = "AA";
  parts.changedFields = " title ,status";
  parts.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  event = reader.read(parts).value();
  EXPECT_EQ(event.occurredAt, parseRfc3339("2026-11-23T21:19:06.123Z"));
  EXPECT_EQ(event.data, "{\"a\": [1, \"ø\"]}");
  EXPECT_EQ(event.operation, Operation::Delete);
  EXPECT_EQ(event.scope, "AA");
  EXPECT_THAT(*event.changedFields, ElementsAre("title", "status"));
  EXPECT_EQ(event.traceparent, *parts.traceparent);
  parts.changedFields = R"(["a,b", "c"])";
  EXPECT_THAT(*reader.read(parts).value().changedFields, ElementsAre("a,b", "c"));
  parts.changedFields = "";
  EXPECT_TRUE(reader.read(parts).value().changedFields->empty()) << "nothing has changed, which is not unknown";
}

TEST_F(Parts, WhatIsWrongIsSaidOfEachPart) {
  parts.id = "";
  parts.type.reset();
  parts.itemId->text = "9223372036854775808";
  parts.baseId.reset();
  parts.occurredAt = "yesterday";
  parts.data = "{} {}";
  parts.operation = "move";
  parts.scope = std::string(101, 'a');
  parts.changedFields = "a,,b";
  parts.traceparent = "00";
  const auto said = problem();
  for (const auto* part :
       {"id: It must have", "type: It is required.", "itemId: It must be a 64-bit integer", "baseId: It is required.",
        "occurredAt: ", "data: ", "operation: ", "scope: ", "changedFields: ", "traceparent: "})
    EXPECT_THAT(said, HasSubstr(part));
}

TEST_F(Parts, HaveAtMost200ChangedFields) {
  parts.changedFields = "a";
  for (int i = 1; i < 200; ++i) *parts.changedFields += ",a" + std::to_string(i);
  EXPECT_EQ(problem(), "");
  *parts.changedFields += ",b";
  EXPECT_THAT(problem(), HasSubstr("changedFields: It must be a list of at most 200 names"));
}

TEST_F(Parts, DataIsOneJsonValueOfBoundedSizeAndDepth) {
  for (const auto* good : {"1", "null", "\"text\"", "[]"}) {
    parts.data = good;
    EXPECT_EQ(problem(), "") << good;
  }
  for (const auto& bad : {std::string(), std::string("{"), std::string("{}, {}"), std::string("'a'"),
                          std::string(100, '[') + std::string(100, ']'), '"' + std::string(65'536, 'a') + '"'}) {
    parts.data = bad;
    EXPECT_THAT(problem(), HasSubstr("data: ")) << bad.substr(0, 20);
  }
}

}  // namespace
}  // namespace lull::api::testing
