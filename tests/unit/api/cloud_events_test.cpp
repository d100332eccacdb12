// CloudEvents 1.0 on POST /events: structured, batched and binary mode.
#include "fakes/client.hpp"

#include <lull/text/base64.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <map>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kCloudEventsPath = "/api/v1/events";
constexpr const char* kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The attributes of one event; `data` holds JSON.
using Attributes = std::map<std::string, std::string>;

Attributes eventWith(const Attributes& more) {
  Attributes all{
      {"specversion", "1.0"}, {"id", "e-1"}, {"source", "/dam"}, {"type", "AssetCreated"}, {"subject", "4711"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

Attributes eventWithout(const std::string& name) {
  auto all = eventWith({});
  all.erase(name);
  return all;
}

std::string structured(const Attributes& attributes) {
  std::string body;
  for (const auto& [name, value] : attributes) {
    body += (body.empty() ? "{" : ",") + Json(name).dump() + ":" + (name == "data" ? value : Json(value).dump());
  }
  return body + "}";
}

WireReply sendStructured(ApiFixture& api, const std::string& body) {
  return api.request("POST", kCloudEventsPath, body, {{"Content-Type", "application/cloudevents+json; charset=UTF-8"}});
}

WireReply sendBatch(ApiFixture& api, const std::string& body) {
  return api.request("POST", kCloudEventsPath, body, {{"Content-Type", "application/cloudevents-batch+json"}});
}

WireReply sendBinary(ApiFixture& api, const Attributes& attributes, const std::string& type = "application/json") {
  HeaderFields headers;
  if (!type.empty()) headers.emplace_back("Content-Type", type);
  std::string data;
  for (const auto& [name, value] : attributes) {
    if (name == "data") {
      data = value;
    } else {
      headers.emplace_back("ce-" + name, value);
    }
  }
  return api.request("POST", kCloudEventsPath, data, headers);
}

/// Sends one event.
using Send = std::function<WireReply(ApiFixture&, const Attributes&)>;

struct Mode {
  const char* name;
  Send send;
};

void PrintTo(const Mode& mode, std::ostream* out) {
  *out << mode.name;
}

class EachMode : public ::testing::TestWithParam<Mode> {
 protected:
  const Event& admitted(const Attributes& attributes) {
    const auto reply = GetParam().send(api, attributes);
    EXPECT_EQ(reply.status, 202) << reply.body;
    return api.backend.admission.admitted.at(api.backend.admission.admitted.size() - 1);
  }

  ApiFixture api;
};

INSTANTIATE_TEST_SUITE_P(
    CloudEvents, EachMode,
    ::testing::Values(
        Mode{"Structured", [](auto& api, const auto& one) { return sendStructured(api, structured(one)); }},
        Mode{"Batched", [](auto& api, const auto& one) { return sendBatch(api, "[" + structured(one) + "]"); }},
        Mode{"Binary", [](auto& api, const auto& one) { return sendBinary(api, one); }}),
    [](const auto& one) { return one.param.name; });

TEST_P(EachMode, MapsEveryPart) {
  const auto& event = admitted(eventWith({{"time", "2026-11-23T10:00:00+02:00"},
                                          {"traceparent", kTrace},
                                          {"operation", "delete"},
                                          {"scope", "AA"},
                                          {"changedfields", " title, status"},
                                          {"dataschema", "/any"},
                                          {"tracestate", "a=b"},
                                          {"comexampleextension1", "passed over"},
                                          {"data", R"({"baseId": 12, "a" : [1, 2.50]})"}}));
  EXPECT_EQ(event.type, "AssetCreated");
  EXPECT_EQ(event.changeType, 1U);
  EXPECT_EQ(event.itemId, ItemId(4711));
  EXPECT_EQ(event.baseId, ItemId(12));
  EXPECT_EQ(event.occurredAt, parseRfc3339("2026-11-23T08:00:00Z"));
  EXPECT_EQ(event.id, "e-1");
  EXPECT_EQ(event.source, "/dam");
  EXPECT_EQ(event.data, R"({"baseId": 12, "a" : [1, 2.50]})") << "as it was sent";
  EXPECT_EQ(event.traceparent, kTrace);
  EXPECT_EQ(event.operation, Operation::Delete);
  EXPECT_EQ(event.scope, "AA");
  EXPECT_THAT(event.changedFields.value(), ElementsAre("title", "status"));
}

TEST_P(EachMode, TakesAnEventWithoutAnythingOptional) {
  const auto& event = admitted(eventWith({}));
  EXPECT_EQ(event.baseId, ItemId(4711)) << "the item stands for its base";
  EXPECT_EQ(event.occurredAt, std::nullopt);
  EXPECT_EQ(event.data, "");
  EXPECT_EQ(event.operation, Operation::Create) << "the name of the type says so";
  EXPECT_EQ(event.scope, "");
  EXPECT_EQ(event.changedFields, std::nullopt);
}

TEST_P(EachMode, TakesASubjectOfDigitsForANumber) {
  const std::map<std::string, std::string> packed{{"0", "n0"},
                                                  {"-5", "s-5"},
                                                  {"9223372036854775807", "n9223372036854775807"},
                                                  {"-9223372036854775808", "s-9223372036854775808"},
                                                  {"9223372036854775808", "s9223372036854775808"},
                                                  {"-9223372036854775809", "s-9223372036854775809"},
                                                  {"007", "n7"},
                                                  {"-0", "s-0"},
                                                  {"+1", "s+1"},
                                                  {"-", "s-"},
                                                  {"1e3", "s1e3"},
                                                  {"12a", "s12a"},
                                                  {"assets/12", "sassets/12"}};
  for (const auto& [subject, id] : packed) {
    EXPECT_EQ(admitted(eventWith({{"subject", subject}, {"id", subject}})).itemId.packed(), id) << subject;
  }
}

TEST_P(EachMode, LooksForTheBaseInDataThatIsAnObject) {
  const std::map<std::string, std::string> packed{{R"({"baseId":12})", "n12"},
                                                  {R"({"baseId":"12"})", "s12"},
                                                  {R"({"a":{"baseId":1},"baseId":-1,"b":[{"baseId":2}]})", "n-1"},
                                                  {R"({"baseId":null})", "n4711"},
                                                  {R"({"BaseId":1})", "n4711"},
                                                  {R"({"a":1e400,"baseId":3})", "n3"},
                                                  {"{}", "n4711"},
                                                  {R"([{"baseId":1}])", "n4711"},
                                                  {"\"baseId\"", "n4711"},
                                                  {"null", "n4711"}};
  for (const auto& [data, id] : packed) {
    const auto& event =
        admitted(eventWith({{"data", data}, {"id", std::to_string(api.backend.admission.admitted.size())}}));
    EXPECT_EQ(event.baseId.packed(), id) << data;
    EXPECT_EQ(event.data, data);
  }
}

TEST_P(EachMode, KeepsDataByteByByteWhateverItsType) {
  for (const std::string data : {"1", "-2.50e+3", "1e400", "true", "false", "null", R"("a,}\u00e9")", "[]", "{ }",
                                 R"([[1],{"type":1}])", "9007199254740993", "18446744073709551616"}) {
    EXPECT_EQ(admitted(eventWith({{"data", data}, {"id", data}})).data, data);
  }
}

TEST_P(EachMode, TellsNoFieldsFromFieldsThatNobodyNamed) {
  EXPECT_THAT(admitted(eventWith({{"changedfields", ""}})).changedFields.value(), IsEmpty());
  EXPECT_EQ(admitted(eventWith({{"id", "e-2"}})).changedFields, std::nullopt);
}

TEST(CloudEvents, AreTheSameEventInEveryModeAndNotThatOfAPlainId) {
  ApiFixture api;
  const auto plain = R"({"type":"AssetCreated","itemId":4711,"baseId":4711,"id":"e-1"})";
  EXPECT_EQ(api.post(kCloudEventsPath, plain).body, R"({"accepted":1,"duplicates":0,"sequences":[1001]})");
  EXPECT_EQ(sendBinary(api, eventWith({})).body, R"({"accepted":1,"duplicates":0,"sequences":[1002]})");
  EXPECT_EQ(sendStructured(api, structured(eventWith({}))).body, R"({"accepted":0,"duplicates":1,"sequences":[1002]})");
  EXPECT_EQ(
      sendBatch(api, "[" + structured(eventWith({{"source", "/other"}})) + "," + structured(eventWith({})) + "]").body,
      R"({"accepted":1,"duplicates":1,"sequences":[1003,1002]})");
}

TEST(CloudEvents, OfABatchAreAdmittedInTheirOrder) {
  ApiFixture api;
  std::string body;
  for (int i = 0; i < 1000; ++i) {
    body += (i == 0 ? "[" : ",") + structured(eventWith({{"subject", std::to_string(i)}, {"id", std::to_string(i)}}));
  }
  EXPECT_EQ(sendBatch(api, body + "]").json().at("accepted"), 1000);
  const auto& admitted = api.backend.admission.admitted;
  ASSERT_EQ(admitted.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(admitted[static_cast<std::size_t>(i)].itemId, ItemId(i));
}

TEST(CloudEvents, OfABatchMayBeNone) {
  ApiFixture api;
  const auto reply = sendBatch(api, "[ ]");
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.body, R"({"accepted":0,"duplicates":0,"sequences":[]})");
}

TEST(CloudEvents, InTheBodyMayHaveTheirAttributesInHeadersToo) {
  ApiFixture api;
  const auto reply =
      api.request("POST", kCloudEventsPath, structured(eventWith({})),
                  {{"Content-Type", "application/cloudevents+json"}, {"ce-id", "other"}, {"ce-type", "x"}});
  ASSERT_EQ(reply.status, 202) << reply.body;
  EXPECT_EQ(api.backend.admission.admitted.at(0).id, "e-1");
}

TEST(CloudEvents, OfEveryJsonTypeAreTaken) {
  for (const std::string type : {"application/json", "APPLICATION/JSON; charset=\"utf-8\"; profile=x", "text/json",
                                 "application/vnd.example.asset+json", "application/merge-patch+JSON;a=b"}) {
    ApiFixture api;
    EXPECT_EQ(sendBinary(api, eventWith({{"data", "[1]"}}), type).status, 202) << type;
    EXPECT_EQ(
        sendStructured(api, structured(eventWith({{"datacontenttype", type}, {"data", "[1]"}, {"id", "e-2"}}))).status,
        202)
        << type;
    ASSERT_EQ(api.backend.admission.admitted.size(), 2U);
    for (const auto& event : api.backend.admission.admitted) EXPECT_EQ(event.data, "[1]");
  }
}

TEST(CloudEvents, NullIsAnAttributeThatIsAbsent) {
  ApiFixture api;
  auto body = Json::parse(structured(eventWith({})));
  for (const auto* name : {"time", "traceparent", "operation", "scope", "changedfields", "datacontenttype",
                           "data_base64", "dataschema", "other"}) {
    body[name] = nullptr;
  }
  ASSERT_EQ(sendStructured(api, body.dump()).status, 202);
  EXPECT_EQ(api.backend.admission.admitted.at(0).data, "");
  body["subject"] = nullptr;
  EXPECT_THAT(pointersOf(sendStructured(api, body.dump())), ElementsAre("/subject"));
}

TEST(CloudEvents, ExtensionsOfAnyTypeArePassedOver) {
  ApiFixture api;
  auto body = Json::parse(structured(eventWith({})));
  body["ext1"] = true;
  body["ext2"] = 5;
  body["ext3"] = {{"legal", false}, {"data", 1}};
  EXPECT_EQ(sendStructured(api, body.dump()).status, 202);
}

TEST(CloudEvents, DataInBase64IsDecodedWhenItIsJson) {
  ApiFixture api;
  int sent = 0;
  const auto send = [&](const std::string& data, const Attributes& more) {
    auto attributes = eventWith({{"data_base64", text::toBase64(data)}, {"id", std::to_string(++sent)}});
    attributes.insert(more.begin(), more.end());
    return sendStructured(api, structured(attributes));
  };
  ASSERT_EQ(send(R"( {"baseId": 12, "é": 1e400} )", {}).status, 202);
  EXPECT_EQ(api.backend.admission.admitted.at(0).data, R"({"baseId": 12, "é": 1e400})");
  EXPECT_EQ(api.backend.admission.admitted.at(0).baseId, ItemId(12));
  ASSERT_EQ(send("5", {{"datacontenttype", "application/vnd.example+json"}}).status, 202);
  EXPECT_EQ(api.backend.admission.admitted.at(1).data, "5");

  const auto refused = [&](const std::string& data, const Attributes& more, const std::string& pointer) {
    const auto reply = send(data, more);
    EXPECT_EQ(reply.status, 400) << data << ": " << reply.body;
    EXPECT_THAT(pointersOf(reply), ElementsAre(pointer)) << reply.body;
    return reply.body;
  };
  refused("{", {}, "/data_base64");
  refused("", {}, "/data_base64");
  refused("1 2", {}, "/data_base64");
  refused("\xff", {}, "/data_base64");
  refused(std::string("1\0", 2), {}, "/data_base64");
  refused("\"" + std::string(65536, 'a') + "\"", {}, "/data_base64");
  EXPECT_THAT(refused(R"({"baseId":1.5})", {}, "/data_base64"), HasSubstr("baseId: It must be a 64-bit integer"));
  EXPECT_THAT(refused("GIF89a", {{"datacontenttype", "image/gif"}}, "/datacontenttype"), HasSubstr("must be JSON"));
  EXPECT_THAT(refused("1", {{"data", "1"}}, "/data_base64"), HasSubstr("not both"));
  const auto broken = sendStructured(api, structured(eventWith({{"data_base64", "MQ"}})));
  EXPECT_THAT(broken.body, HasSubstr("It is not base64"));
  EXPECT_EQ(api.backend.admission.admitted.size(), 2U);
}

struct BadAttributes {
  const char* name;
  Attributes attributes;
  std::string place;  ///< the attribute
  std::string sentence;
};

void PrintTo(const BadAttributes& one, std::ostream* out) {
  *out << one.name;
}

class RefusedCloudEvents : public ::testing::TestWithParam<BadAttributes> {};

TEST_P(RefusedCloudEvents, InEveryModeNameTheAttributeAndAdmitNothing) {
  ApiFixture api;
  const auto& attributes = GetParam().attributes;
  const auto& place = GetParam().place;
  const auto& sentence = GetParam().sentence;
  const auto expect = [&](const WireReply& reply, const std::string& pointer, const std::string& prefix) {
    ASSERT_EQ(reply.status, 400) << reply.body;
    EXPECT_THAT(pointersOf(reply), ElementsAre(pointer)) << reply.body;
    EXPECT_THAT(reply.json().at("errors").at(0).at("detail").get<std::string>(),
                ::testing::StartsWith(prefix + sentence));
  };
  expect(sendStructured(api, structured(attributes)), "/" + place, "");
  const auto good = structured(eventWith({}));
  expect(sendBatch(api, "[" + good + "," + good + "," + good + "," + structured(attributes) + "," + good + "]"),
         "/3/" + place, "");
  const auto ofData = place.find("data/");
  if (ofData == 0) {
    expect(sendBinary(api, attributes), place.substr(4), "");
  } else {
    expect(sendBinary(api, attributes), "", place == "data" ? "" : "ce-" + place + ": ");
  }
  EXPECT_TRUE(api.backend.admission.admitted.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedCloudEvents,
    ::testing::Values(
        BadAttributes{"NoVersion", eventWithout("specversion"), "specversion", "It is required."},
        BadAttributes{"NoId", eventWithout("id"), "id", "It is required."},
        BadAttributes{"NoSource", eventWithout("source"), "source", "It is required."},
        BadAttributes{"NoType", eventWithout("type"), "type", "It is required."},
        BadAttributes{"NoSubject", eventWithout("subject"), "subject", "It is required."},
        BadAttributes{"OlderVersion", eventWith({{"specversion", "0.3"}}), "specversion", "It must be 1.0"},
        BadAttributes{"LongerVersion", eventWith({{"specversion", "1.0.2"}}), "specversion", "It must be 1.0"},
        BadAttributes{"EmptyId", eventWith({{"id", ""}}), "id", "It must have 1 to 200 characters."},
        BadAttributes{"LongId", eventWith({{"id", std::string(201, 'a')}}), "id", "It must have 1 to 200 characters."},
        BadAttributes{"EmptySource", eventWith({{"source", ""}}), "source", "It must be a URI reference"},
        BadAttributes{"LongSource", eventWith({{"source", "/" + std::string(2048, 'a')}}), "source", "It must be a URI reference"},
        BadAttributes{"SourceOfOtherCharacters", eventWith({{"source", "a<b>"}}), "source", "It must be a URI reference"},
        BadAttributes{"UnknownType", eventWith({{"type", "com.example.created"}}), "type",
                      "There is no event type 'com.example.created'; GET /change-types lists them."},
        BadAttributes{"TypeInAnotherCase", eventWith({{"type", "assetcreated"}}), "type", "There is no event type 'assetcreated'"},
        BadAttributes{"EmptySubject", eventWith({{"subject", ""}}), "subject", "It must have 1 to 200 characters."},
        BadAttributes{"LongSubject", eventWith({{"subject", std::string(201, 'a')}}), "subject", "It must have 1 to 200"},
        BadAttributes{"Time", eventWith({{"time", "2026-11-23"}}), "time", "It must be an RFC 3339 time"},
        BadAttributes{"Trace", eventWith({{"traceparent", "00-xyz"}}), "traceparent", "It is not a W3C traceparent."},
        BadAttributes{"Operation", eventWith({{"operation", "Create"}}), "operation", "It must be create, update or delete."},
        BadAttributes{"LongScope", eventWith({{"scope", std::string(101, 's')}}), "scope", "It has at most 100 characters."},
        BadAttributes{"EmptyField", eventWith({{"changedfields", "a,,b"}}), "changedfields", "Each name in it must have 1 to 100"},
        BadAttributes{"LastFieldEmpty", eventWith({{"changedfields", "a,"}}), "changedfields", "Each name in it must have 1 to"},
        BadAttributes{"LongField", eventWith({{"changedfields", "a," + std::string(101, 'f')}}), "changedfields", "Each name in"},
        BadAttributes{"TooManyFields",
                      eventWith({{"changedfields",
                             [] {
                               std::string names = "f";
                               for (int i = 0; i < 200; ++i) names += ",f";
                               return names;
                             }()}}),
                      "changedfields", "It has at most 200 names."},
        BadAttributes{"LargeData", eventWith({{"data", "\"" + std::string(65536, 'a') + "\""}}), "data", "It is larger than 64 KiB."},
        BadAttributes{"BaseOfAnotherType", eventWith({{"data", R"({"baseId":true})"}}), "data/baseId", "It must be a 64-bit integer"},
        BadAttributes{"BaseFraction", eventWith({{"data", R"({"baseId":1.0})"}}), "data/baseId", "It must be a 64-bit integer"},
        BadAttributes{"BaseOutOfInt64", eventWith({{"data", R"({"baseId":9223372036854775808})"}}), "data/baseId", "It must be a"},
        BadAttributes{"EmptyBase", eventWith({{"data", R"({"baseId":""})"}}), "data/baseId", "It must have 1 to 200 characters."},
        BadAttributes{"TwoBases", eventWith({{"data", R"({"baseId":1,"baseId":1})"}}), "data/baseId", "This member is given more"}),
    [](const auto& one) { return one.param.name; });

struct BadBody {
  const char* name;
  bool batch;
  std::string body;
  std::vector<std::string> pointers;
};

void PrintTo(const BadBody& one, std::ostream* out) {
  *out << one.name;
}

class RefusedBodies : public ::testing::TestWithParam<BadBody> {};

TEST_P(RefusedBodies, NameEveryWrongPlaceAndAdmitNothing) {
  ApiFixture api;
  const auto& [name, batch, body, pointers] = GetParam();
  const auto reply = batch ? sendBatch(api, body) : sendStructured(api, body);
  ASSERT_EQ(reply.status, 400) << reply.body;
  EXPECT_THAT(pointersOf(reply), ::testing::UnorderedElementsAreArray(pointers)) << reply.body;
  EXPECT_TRUE(api.backend.admission.admitted.empty());
}

/// The event with one more member, as JSON text.
std::string plus(const std::string& member) {
  auto body = structured(eventWith({}));
  body.back() = ',';
  return body + member + "}";
}

std::string batchOf(int count) {
  std::string body;
  for (int i = 0; i < count; ++i) body += (i == 0 ? "[" : ",") + structured(eventWith({}));
  return body + "]";
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedBodies,
    ::testing::Values(
        BadBody{"Empty", false, "", {""}}, BadBody{"EmptyBatch", true, " ", {""}},
        BadBody{"CutOff", false, R"({"id":"e)", {""}},
        BadBody{"Trailing", false, structured(eventWith({})) + "x", {""}}, BadBody{"Scalar", false, "1", {""}},
        BadBody{"ABatchInStructuredMode", false, batchOf(2), {""}},
        BadBody{"OneEventInBatchedMode", true, structured(eventWith({})), {""}},
        BadBody{"OneObjectInBatchedMode", true, "{}", {""}}, BadBody{"ScalarInBatchedMode", true, "null", {""}},
        BadBody{"ScalarsInABatch", true, "[1," + structured(eventWith({})) + ",null]", {"/0", "/2"}},
        BadBody{"ArrayInABatch", true, "[[]]", {"/0"}}, BadBody{"TooMany", true, batchOf(1001), {""}},
        BadBody{"Nothing", false, "{}", {"/specversion", "/id", "/source", "/type", "/subject"}},
        BadBody{"Types",
                false,
                R"({"specversion":1.0,"id":1,"source":[],"type":{},"subject":4711,"time":0,"datacontenttype":false,)"
                R"("changedfields":["title"],"traceparent":1,"scope":1,"operation":1,"data_base64":1})",
                {"/specversion", "/id", "/source", "/type", "/subject", "/time", "/datacontenttype", "/changedfields",
                 "/traceparent", "/scope", "/operation", "/data_base64"}},
        BadBody{"ContentType", false, plus(R"("datacontenttype":"text/plain","data":"a")"), {"/datacontenttype"}},
        BadBody{
            "Charset", false, plus(R"("datacontenttype":"application/json; charset=utf-16")"), {"/datacontenttype"}},
        BadBody{"ContentTypeBehindTheData",
                false,
                plus(R"("data_base64":"AA==","datacontenttype":"image/png")"),
                {"/datacontenttype"}},
        BadBody{"IllegalName",
                false,
                plus(R"("changedFields":["a"],"item_id":1,"x~/y":1)"),
                {"/changedFields", "/item_id", "/x~0~1y"}},
        BadBody{"Twice", false, plus(R"("subject":"1","data":1,"data":2)"), {"/subject", "/data"}},
        BadBody{"InABatch",
                true,
                "[" + structured(eventWith({})) + "," + plus(R"("data":{"baseId":[]},"data_base64":1)") + "]",
                {"/1/data/baseId", "/1/data_base64", "/1/data_base64"}},
        BadBody{"TooDeep", false, plus("\"data\":" + std::string(64, '[') + std::string(64, ']')), {""}},
        BadBody{"ErrorsOutliveAHugeNumber",
                true,
                "[" + plus(R"("time":"x")") + "," + plus("\"data\":1e400") + "]",
                {"/0/time"}},
        BadBody{"BadUtf8", false, "{\"type\":\"\xc3\x28\"}", {""}}),
    [](const auto& one) { return one.param.name; });

TEST(CloudEvents, TooManyErrorsAreCutOffAndSaidToBe) {
  ApiFixture api;
  std::string body;
  for (int i = 0; i < 300; ++i) body += (i == 0 ? "[" : ",") + structured(eventWith({{"type", "x"}}));
  EXPECT_EQ(pointersOf(sendBatch(api, body + "]")).size(), 100U);
}

TEST(BinaryCloudEvents, HaveTheirHeadersDecoded) {
  const std::map<std::string, std::string> subjects{{"Euro%20%E2%82%AC%20%f0%9f%98%80", "Euro € 😀"},
                                                    {"%41b", "Ab"},
                                                    {"100%25", "100%"},
                                                    {"50%2525", "50%25"},
                                                    {R"("a \"b\" \\ c%20d")", R"(a "b" \ c d)"},
                                                    {R"(a"b)", R"(a"b)"},
                                                    {"a b", "a b"},
                                                    {"bl\xc3\xa5", "blå"},
                                                    {"a+b", "a+b"}};
  for (const auto& [sent, subject] : subjects) {
    ApiFixture api;
    const auto reply = sendBinary(api, eventWith({{"subject", sent}}));
    ASSERT_EQ(reply.status, 202) << sent << reply.body;
    EXPECT_EQ(api.backend.admission.admitted.at(0).itemId, ItemId(subject));
  }
  for (const std::string broken : {"100%", "%zz", "%c3%28", "%C0%A0", "bl\xe5", R"("open)", R"("a"b)", R"("a\)"}) {
    ApiFixture api;
    const auto reply = sendBinary(api, eventWith({{"subject", broken}}));
    EXPECT_EQ(reply.status, 400) << broken;
    EXPECT_THAT(reply.body, HasSubstr("ce-subject: It must be percent-encoded UTF-8")) << broken;
  }
}

TEST(BinaryCloudEvents, AreKnownByAnyRequiredHeaderInAnyCase) {
  for (const std::string header : {"ce-specversion", "CE-ID", "Ce-Source", "ce-type"}) {
    ApiFixture api;
    const auto reply =
        api.request("POST", kCloudEventsPath, "{}", {{"Content-Type", "application/json"}, {header, "1.0"}});
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(reply.body, HasSubstr("ce-subject: It is required.")) << header;
  }
  ApiFixture api;
  const auto plain = R"({"type":"AssetCreated","itemId":4711,"baseId":12})";
  EXPECT_EQ(api.post(kCloudEventsPath, plain, {{"ce-subject", "1"}, {"ce-other", "1"}}).status, 202);
  EXPECT_EQ(api.backend.admission.admitted.at(0).itemId, ItemId(4711));
}

TEST(BinaryCloudEvents, MayHaveNoBodyAndThenNoContentType) {
  for (const std::string type : {"", "application/json"}) {
    for (const std::string body : {"", " \r\n"}) {
      ApiFixture api;
      const auto reply = sendBinary(api, eventWith({{"data", body}}), type);
      ASSERT_EQ(reply.status, 202) << reply.body;
      EXPECT_EQ(api.backend.admission.admitted.at(0).data, "");
    }
  }
  ApiFixture api;
  const auto reply = sendBinary(api, eventWith({{"data", "1"}}), "");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("Content-Type must say that the body is JSON."));
}

TEST(BinaryCloudEvents, AreNotSentAsLinesOrAsAnythingButJson) {
  for (const std::string type :
       {"application/x-ndjson", "text/plain", "application/xml", "json", "application/json; charset=latin1",
        "application/cloudevents+xml", "application/cloudevents", "application/+json"}) {
    ApiFixture api;
    const auto reply = sendBinary(api, eventWith({{"data", "1"}}), type);
    EXPECT_EQ(reply.status, 415) << type;
    EXPECT_THAT(reply.body, HasSubstr("where headers ce-* make a CloudEvent of the request, any other type of JSON"));
  }
  ApiFixture api;
  EXPECT_EQ(api.request("POST", kCloudEventsPath, "{}", {{"Content-Type", "text/json"}}).status, 415) << "without ce-*";
}

TEST(BinaryCloudEvents, WithAnAttributeTwiceAreRefused) {
  ApiFixture api;
  HeaderFields headers{{"Content-Type", "application/json"}, {"CE-Id", "e-2"}};
  for (const auto& [name, value] : eventWith({})) headers.emplace_back("ce-" + name, value);
  const auto reply = api.request("POST", kCloudEventsPath, "", headers);
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("ce-id: It is given more than once."));
}

TEST(BinaryCloudEvents, NeitherHaveDataNorItsTypeInHeaders) {
  ApiFixture api;
  const auto reply = sendBinary(
      api, eventWith({{"data_base64", "AA=="}, {"datacontenttype", "image/png"}, {"data", R"({"baseId":1})"}}));
  ASSERT_EQ(reply.status, 202) << reply.body;
  EXPECT_EQ(api.backend.admission.admitted.at(0).data, R"({"baseId":1})");
}

TEST(BinaryCloudEvents, HaveOneJsonValueForABody) {
  for (const std::string body : {"{", "1 2", "[1}", "\xff", "{\"a\":1}x"}) {
    ApiFixture api;
    const auto reply = sendBinary(api, eventWith({{"data", body}}));
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(pointersOf(reply), ElementsAre("")) << body;
    EXPECT_THAT(reply.body, HasSubstr("It is not valid JSON near byte"));
  }
  ApiFixture api;
  ASSERT_EQ(sendBinary(api, eventWith({{"data", "\xef\xbb\xbf {\"baseId\" : 1}\n"}})).status, 202)
      << "behind a byte order mark";
  EXPECT_EQ(api.backend.admission.admitted.at(0).data, "{\"baseId\" : 1}");
  EXPECT_EQ(sendBinary(api, eventWith({{"data", std::string(64, '[') + std::string(64, ']')}, {"id", "2"}})).status,
            202);
  EXPECT_EQ(sendBinary(api, eventWith({{"data", std::string(65, '[') + std::string(65, ']')}, {"id", "3"}})).status,
            400);
}

}  // namespace
}  // namespace lull::api::testing
