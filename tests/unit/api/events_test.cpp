#include "fakes/client.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr const char* kEventsPath = "/api/v1/events";

std::string event(const std::string& more) {
  return R"({"type":"AssetCreated","itemId":4711,"baseId":12)" + (more.empty() ? "" : "," + more) + "}";
}

TEST(Events, OneEventIsAdmittedAsItWasSent) {
  ApiFixture api;
  const auto reply =
      api.post(kEventsPath, event(R"("occurredAt":"2026-11-23T10:00:00+02:00","id":"e-1","data": {"a" : [1, 2.50]} ,
      "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")"));
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.body, R"({"accepted":1,"duplicates":0,"sequences":[1001]})");
  const auto& admitted = api.backend.admission.admitted.at(0);
  EXPECT_EQ(admitted.type, "AssetCreated");
  EXPECT_EQ(admitted.changeType, 1U);
  EXPECT_EQ(admitted.itemId, ItemId(4711));
  EXPECT_EQ(admitted.baseId, ItemId(12));
  EXPECT_EQ(admitted.occurredAt, parseRfc3339("2026-11-23T08:00:00Z"));
  EXPECT_EQ(admitted.id, "e-1");
  EXPECT_EQ(admitted.data, R"({"a" : [1, 2.50]})");
  EXPECT_EQ(admitted.traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

TEST(Events, DataIsKeptByteByByteWhateverItsType) {
  for (const std::string data : {"1", "-2.50e+3", "true", "false", "null", "\"a,}\\u00e9\"", "[]", "{ }",
                                 "[[1],{\"type\":1}]", "9007199254740993", "18446744073709551616"}) {
    ApiFixture api;
    for (const auto& body :
         {event("\"data\":" + data), R"({"data" : )" + data + R"( ,"type":"AssetCreated","itemId":1,"baseId":2})"}) {
      ASSERT_EQ(api.post(kEventsPath, body).status, 202) << body;
      EXPECT_EQ(api.backend.admission.admitted.back().data, data) << body;
    }
  }
}

TEST(Events, IdsKeepTheirTypeAndEveryInt64) {
  ApiFixture api;
  const auto reply =
      api.post(kEventsPath, R"([{"type":"AssetCreated","itemId":9223372036854775807,"baseId":-9223372036854775808},
      {"type":"AssetCreated","itemId":"4711","baseId":"é"},{"type":"AssetCreated","itemId":9007199254740993,"baseId":0}])");
  ASSERT_EQ(reply.status, 202);
  const auto& admitted = api.backend.admission.admitted;
  EXPECT_EQ(admitted.at(0).itemId.packed(), "n9223372036854775807");
  EXPECT_EQ(admitted.at(0).baseId.packed(), "n-9223372036854775808");
  EXPECT_EQ(admitted.at(1).itemId.packed(), "s4711");
  EXPECT_EQ(admitted.at(2).itemId.packed(), "n9007199254740993");
}

TEST(Events, ARepeatedIdGetsItsFirstSequenceAndCountsAsDuplicate) {
  ApiFixture api;
  api.post(kEventsPath, event(R"("id":"same")"));
  EXPECT_EQ(api.post(kEventsPath, "[" + event(R"("id":"same")") + "," + event("") + "]").body,
            R"({"accepted":1,"duplicates":1,"sequences":[1001,1002]})");
}

TEST(Events, NdjsonIsReadLineByLine) {
  ApiFixture api;
  const auto reply = api.request("POST", kEventsPath, event("") + "\r\n\n" + event("") + "\n",
                                 {{"Content-Type", "application/x-ndjson; charset=UTF-8"}});
  EXPECT_EQ(reply.body, R"({"accepted":2,"duplicates":0,"sequences":[1001,1002]})");
}

TEST(Events, OperationScopeAndChangedFieldsAreAdmittedAsTheyWereSent) {
  ApiFixture api;
  ASSERT_EQ(api.post(kEventsPath, event(R"("changedFields": ["title", "é\u00e9"] ,"operation":"delete","scope":"AA")"))
                .status,
            202);
  const auto& admitted = api.backend.admission.admitted.at(0);
  EXPECT_EQ(admitted.operation, Operation::Delete) << "what was given stands above what the name says";
  EXPECT_EQ(admitted.scope, "AA");
  EXPECT_THAT(admitted.changedFields.value(), ElementsAre("title", "éé"));
}

TEST(Events, WithoutAnOperationItsNameSaysIt) {
  ApiFixture api;
  const auto of = [](const char* type, const char* more) {
    return std::string(R"({"itemId":1,)") + more + R"("baseId":2,"type":")" + type + "\"}";
  };
  const auto body = "[" + of("AssetCreated", "") + "," + of("AssetDeleted", R"("operation":null,)") + "," +
                    of("AssetMetadataUpdated", "") + "," + of("AssetExternalProccessingFinished", "") + "," +
                    of("AssetMetadataUpdated", R"("operation":"create",)") + "," + of("AssetDeleted", "") + "]";
  ASSERT_EQ(api.post(kEventsPath, body).status, 202);
  std::vector<Operation> operations;
  for (const auto& admitted : api.backend.admission.admitted) operations.push_back(admitted.operation);
  using enum Operation;
  EXPECT_THAT(operations, ElementsAre(Create, Delete, Update, Update, Create, Delete));
}

TEST(Events, NoChangedFieldsAreNotAnEmptyListOfThem) {
  for (const bool lines : {false, true}) {
    ApiFixture api;
    const auto events = std::vector{event(""), event(R"("changedFields":null,"scope":null)"),
                                    event(R"("changedFields":[],"scope":"")"), event(R"("changedFields":["a"])")};
    const auto* separator = lines ? "\n" : ",";
    std::string body;
    for (const auto& one : events) body += (body.empty() ? "" : separator) + one;
    const auto reply = lines ? api.request("POST", kEventsPath, body, {{"Content-Type", "application/x-ndjson"}})
                             : api.post(kEventsPath, "[" + body + "]");
    ASSERT_EQ(reply.status, 202) << reply.body;
    const auto& admitted = api.backend.admission.admitted;
    EXPECT_FALSE(admitted.at(0).changedFields);
    EXPECT_FALSE(admitted.at(1).changedFields);
    EXPECT_THAT(admitted.at(2).changedFields.value(), ::testing::IsEmpty());
    EXPECT_THAT(admitted.at(3).changedFields.value(), ElementsAre("a"));
    for (const auto& one : admitted) EXPECT_EQ(one.scope, "");
  }
}

/// A list of so many names of so many characters.
std::string names(int count, int characters) {
  Json list = Json::array();
  std::string name;
  for (int i = 0; i < characters; ++i) name += "é";
  for (int i = 0; i < count; ++i) list.push_back(name);
  return "\"changedFields\":" + list.dump();
}

TEST(Events, TwoHundredFieldsOfAHundredCharactersAndSuchAScopeAreStillTaken) {
  ApiFixture api;
  ASSERT_EQ(api.post(kEventsPath, event(names(200, 100) + ",\"scope\":\"" + std::string(100, 's') + "\"")).status, 202);
  EXPECT_EQ(api.backend.admission.admitted.at(0).changedFields.value().size(), 200U);
  EXPECT_EQ(api.backend.admission.admitted.at(0).scope.size(), 100U);
}

struct BadEvent {
  const char* name;
  std::string body;
  std::vector<std::string> pointers;
};

// ctest lists cases by what is printed of them.
void PrintTo(const BadEvent& one, std::ostream* out) {
  *out << one.name;
}

class RefusedEvents : public ::testing::TestWithParam<BadEvent> {};

TEST_P(RefusedEvents, NameEveryWrongPlaceAndAdmitNothing) {
  ApiFixture api;
  const auto reply = api.post(kEventsPath, GetParam().body);
  ASSERT_EQ(reply.status, 400) << reply.body;
  EXPECT_THAT(pointersOf(reply), ::testing::UnorderedElementsAreArray(GetParam().pointers)) << reply.body;
  EXPECT_TRUE(api.backend.admission.admitted.empty());
}

std::string nested(int depth) {
  return event("\"data\":" + std::string(static_cast<std::size_t>(depth), '[') +
               std::string(static_cast<std::size_t>(depth), ']'));
}

std::string many(int count) {
  std::string out = "[";
  for (int i = 0; i < count; ++i) out += (i > 0 ? "," : "") + event("");
  return out + "]";
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedEvents,
    ::testing::Values(
        BadEvent{"Empty", " ", {""}}, BadEvent{"EmptyArray", "[]", {""}}, BadEvent{"CutOff", R"({"type":"Ass)", {""}},
        BadEvent{"Trailing", event("") + "x", {""}},
        BadEvent{"BehindANulByte", "[" + event("") + "]" + std::string("\0", 1) + "[" + event("") + "]", {""}},
        BadEvent{"Scalar", "1", {""}}, BadEvent{"ScalarsInArray", "[1," + event("") + ",null]", {"/0", "/2"}},
        BadEvent{"ArrayInArray", "[[]]", {"/0"}}, BadEvent{"Missing", "{}", {"/type", "/itemId", "/baseId"}},
        BadEvent{"UnknownType", R"({"type":"AssetExternalProcessingFinished","itemId":1,"baseId":1})", {"/type"}},
        BadEvent{"WrongCase", R"({"type":"assetcreated","itemId":1,"baseId":1})", {"/type"}},
        BadEvent{"Types", R"({"type":1,"itemId":true,"baseId":{}})", {"/type", "/itemId", "/baseId"}},
        BadEvent{"Nulls", R"({"type":null,"itemId":null,"baseId":null})", {"/type", "/itemId", "/baseId"}},
        BadEvent{"Floats", R"({"type":"AssetCreated","itemId":1.0,"baseId":1e3})", {"/itemId", "/baseId"}},
        BadEvent{"OutOfInt64",
                 R"({"type":"AssetCreated","itemId":9223372036854775808,"baseId":-9223372036854775809})",
                 {"/itemId", "/baseId"}},
        BadEvent{"EmptyId", R"({"type":"AssetCreated","itemId":"","baseId":1})", {"/itemId"}},
        BadEvent{
            "LongId", R"({"type":"AssetCreated","itemId":")" + std::string(201, 'a') + R"(","baseId":1})", {"/itemId"}},
        BadEvent{"Unknown", event(R"("basId":{"a":[1]},"x~/y":1)"), {"/basId", "/x~0~1y"}},
        BadEvent{"Twice", event(R"("itemId":1)"), {"/itemId"}},
        BadEvent{"Time", event(R"("occurredAt":"2026-11-23 10:00")"), {"/occurredAt"}},
        BadEvent{"Trace", event(R"("traceparent":"00-xyz")"), {"/traceparent"}},
        BadEvent{"LongIdempotencyId", event("\"id\":\"" + std::string(201, 'a') + "\""), {"/id"}},
        BadEvent{"LargeData", event("\"data\":\"" + std::string(65536, 'a') + "\""), {"/data"}},
        BadEvent{"Operation", event(R"("operation":"Create")"), {"/operation"}},
        BadEvent{"OperationNumber", event(R"("operation":1)"), {"/operation"}},
        BadEvent{"OperationTwice", event(R"("operation":"create","operation":"create")"), {"/operation"}},
        BadEvent{"LongScope", event("\"scope\":\"" + std::string(101, 's') + "\""), {"/scope"}},
        BadEvent{"ScopeType", event(R"("scope":["AA"])"), {"/scope"}},
        BadEvent{"FieldsText", event(R"("changedFields":"title")"), {"/changedFields"}},
        BadEvent{"FieldsNumber", event(R"("changedFields":5)"), {"/changedFields"}},
        BadEvent{"FieldsObject", event(R"("changedFields":{"title":1})"), {"/changedFields"}},
        BadEvent{"FieldsBoolean", event(R"("changedFields":true)"), {"/changedFields"}},
        BadEvent{"TooManyFields", event(names(201, 1)), {"/changedFields"}},
        BadEvent{"FarTooManyFields", event(names(20000, 1)), {"/changedFields"}},
        BadEvent{"LongField", event(names(1, 101)), {"/changedFields/0"}},
        BadEvent{"FieldTypes",
                 event(R"("changedFields":["a",1,null,{"b":[]},""])"),
                 {"/changedFields/1", "/changedFields/2", "/changedFields/3", "/changedFields/4"}},
        BadEvent{
            "FieldsInTheArray", "[" + event("") + "," + event(R"("changedFields":[1])") + "]", {"/1/changedFields/0"}},
        BadEvent{"TooDeep", nested(64), {""}}, BadEvent{"VeryDeep", std::string(100000, '['), {"/0"}},
        BadEvent{"InTheArray",
                 "[" + event("") + "," + event(R"("a":1)") + R"(,{"type":"x","itemId":1,"baseId":1}])",
                 {"/1/a", "/2/type"}},
        BadEvent{"TooMany", many(1001), {""}}, BadEvent{"BadUtf8", "{\"type\":\"\xc3\x28\"}", {""}},
        BadEvent{"LoneSurrogate", R"({"type":"\ud800"})", {""}}),
    [](const auto& one) { return one.param.name; });

TEST(Events, ThousandAndDepth64AreStillTaken) {
  ApiFixture api;
  EXPECT_EQ(api.post(kEventsPath, many(1000)).json().at("accepted"), 1000);
  EXPECT_EQ(api.post(kEventsPath, nested(63)).status, 202);
}

TEST(Events, NdjsonErrorsPointToTheLine) {
  ApiFixture api;
  const auto reply = api.request("POST", kEventsPath, event("") + "\n\n{\"type\":\n" + event(R"("x":1)") + "\n[]\n",
                                 {{"Content-Type", "application/x-ndjson"}});
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(pointersOf(reply), ElementsAre("/2", "/3/x", "/4"));
  const auto fields =
      api.request("POST", kEventsPath, event("") + "\n" + event(R"("changedFields":["a",1],"operation":"x")"),
                  {{"Content-Type", "application/x-ndjson"}});
  EXPECT_THAT(pointersOf(fields), ElementsAre("/1/changedFields/1", "/1/operation"));
}

TEST(Events, ManyErrorsAreCutOffAndSaidToBe) {
  ApiFixture api;
  std::string body = "[";
  for (int i = 0; i < 300; ++i) body += std::string(i > 0 ? "," : "") + R"({"type":"x","itemId":1,"baseId":1})";
  const auto reply = api.post(kEventsPath, body + "]");
  EXPECT_EQ(pointersOf(reply).size(), 100U);
}

TEST(Events, TheMediaTypeMustBeOneThatIsTaken) {
  ApiFixture api;
  for (const std::string type : {"text/plain", "application/json; charset=latin1", "application/jsonx", ""}) {
    EXPECT_EQ(api.request("POST", kEventsPath, event(""), {{"Content-Type", type}}).status, 415) << type;
  }
  EXPECT_EQ(api.request("POST", kEventsPath, event("")).status, 415);
  EXPECT_EQ(api.post(kEventsPath, event(""), {{"Content-Encoding", "gzip"}}).status, 415);
  EXPECT_EQ(
      api.request("POST", kEventsPath, event(""), {{"Content-Type", "Application/JSON;charset=\"utf-8\""}}).status,
      202);
}

TEST(Events, AnUnknownOutcomeIs503WithRetryAfterAndNever202) {
  ApiFixture api;
  api.backend.admission.failure = Error{ErrorCode::Unavailable, "The store does not answer."};
  const auto reply = api.post(kEventsPath, event(""));
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.header("retry-after"), "");
  EXPECT_EQ(reply.json().at("detail"), "The store does not answer.");
}

TEST(Events, CallsAreNamedInTheReplyInTheirOrder) {
  ApiFixture api;
  const auto id = api.registerEndpoint(R"("delivery":"sync","results":"body")");
  api.backend.channel.ends = [](AttemptResult& result) {
    result.outcome = Outcome::Retryable;
    result.answer = ReceiverAnswer{ReceiverResult::ErrorAndSkip};
  };
  EXPECT_EQ(
      api.post(kEventsPath, "[" + event("") + "," + event("") + "]").body,
      R"({"accepted":2,"duplicates":0,"sequences":[1001,1002],"sync":[{"endpointId":")" + id +
          R"(","sequence":1001,"outcome":"retryable","status":200,"result":"ErrorAndSkip","durationMs":12},{"endpointId":")" +
          id + R"(","sequence":1002,"outcome":"retryable","status":200,"result":"ErrorAndSkip","durationMs":12}]})");
  EXPECT_EQ(api.backend.callLog.written.size(), 2U);
}

TEST(Events, WhenNothingIsCommittedNobodyIsCalled) {
  ApiFixture api;
  api.registerEndpoint(R"("delivery":"sync")");
  api.backend.admission.failure = Error{ErrorCode::Unavailable, "Redis is away."};
  EXPECT_EQ(api.post(kEventsPath, event("")).status, 503);
  EXPECT_FALSE(api.backend.channel.last);
}

TEST(Events, ThatAreTooManyForCallsAreRefusedBeforeTheCommit) {
  ApiFixture api;
  api.registerEndpoint(R"("delivery":"sync")");
  std::string body = "[";
  for (int i = 0; i < 11; ++i) body += (i > 0 ? "," : "") + event("");
  const auto reply = api.post(kEventsPath, body + "]");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.json().at("errors").at(0).at("pointer"), "");
  EXPECT_THAT(api.backend.admission.admitted, ::testing::IsEmpty());
}

}  // namespace
}  // namespace lull::api::testing
