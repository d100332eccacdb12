#include "fakes/client.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPath = "/api/v1/endpoints";

TEST(Endpoints, CreatingOneGivesItsWholeRepresentationAndNoSecret) {
  ApiFixture api;
  const auto reply = api.post(kPath, ApiFixture::kRegistration);
  ASSERT_EQ(reply.status, 201);
  EXPECT_EQ(reply.header("location"), "/api/v1/endpoints/ep_00000000000000000001");
  EXPECT_THAT(reply.header("etag"), ::testing::MatchesRegex("\"[A-Za-z0-9_-]+\""));
  EXPECT_EQ(reply.json(), Json::parse(R"({"id":"ep_00000000000000000001","name":"Catalogue sync",
      "channel":"webhook","url":"https://hooks.example.com/lull","changeTypes":3,
      "changeTypeNames":["AssetChanged","MetafieldChanged"],
      "headers":{"Authorization":"***","X-Tenant":"***"},"enabled":true,"timeout":null,"maxConcurrency":null,"rateLimitPerSecond":null,
      "idField":null,"format":"Notification","filter":null,"delivery":"debounced","order":"item","onFailure":"skip","results":"status","position":null,"health":"healthy","pausedReason":null,"queueDepth":0,"missed":null,"consecutiveFailures":0,
      "lastSuccessAt":null,"lastError":null,"nextAttemptAt":null,"createdAt":"2026-11-23T21:19:06.123Z",
      "updatedAt":"2026-11-23T21:19:06.123Z"})"));
  const auto& stored = api.backend.endpoints.endpoints.at("ep_00000000000000000001").registration;
  EXPECT_EQ(stored.webhook().headers.at(0).second, "Bearer s3cret");
  EXPECT_EQ(stored.webhook().secrets.current, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
}

TEST(Endpoints, EveryOptionalPropertyIsTaken) {
  ApiFixture api;
  const auto reply = api.post(kPath, R"({"name":"n","url":"http://h:8080/p?q=1","changeTypes":15,"enabled":false,
      "timeout":"00:00:02.500","maxConcurrency":1024,"idField":"Specific",
      "delivery":"every","order":"endpoint","onFailure":"stop","results":"body",
      "secret":"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})");
  ASSERT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(reply.json().at("health"), "paused");
  EXPECT_EQ(reply.json().at("pausedReason"), "operator");
  EXPECT_EQ(reply.json().at("timeout"), "00:00:02.5000000");
  const auto& stored = api.backend.endpoints.endpoints.begin()->second.registration;
  EXPECT_EQ(stored.timeout, Millis{2500});
  EXPECT_EQ(stored.maxConcurrency, 1024U);
  EXPECT_EQ(stored.idField, IdField::Specific);
  EXPECT_EQ(stored.telling, (Telling{Delivery::Every, Order::Endpoint, OnFailure::Stop, Results::ByBody}));
  EXPECT_EQ(stored.webhook().secrets.current, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

// Delivery pauses an endpoint by itself at any time, also between the reading of its registration and of its state.
TEST(Endpoints, EnabledAndHealthAreOfOneMoment) {
  ApiFixture api;
  const auto id = api.registerEndpoint();
  api.backend.endpoints.state[id].pausedReason = PausedReason::Blocked;
  const auto paused = api.get(std::string(kPath) + "/" + id).json();
  EXPECT_EQ(paused.at("health"), "paused");
  EXPECT_EQ(paused.at("enabled"), false);
}

TEST(Endpoints, TheFormatInForceIsShownAndThatWhichWasChosenStored) {
  ApiFixture api;
  const auto created = [&](const std::string& more) {
    auto body = Json::parse(R"({"name":"n","url":"https://h.example","changeTypes":1})");
    body.merge_patch(Json::parse(more));
    return api.post(kPath, body.dump()).json();
  };
  const auto storedOf = [&](const Json& shown) {
    return api.backend.endpoints.endpoints.at(shown.at("id").get<std::string>()).registration;
  };
  auto shown = created("{}");
  EXPECT_EQ(shown.at("format"), "Notification");
  EXPECT_EQ(storedOf(shown).format, std::nullopt);
  shown = created(R"({"idField":"Specific"})");
  EXPECT_EQ(shown.at("format"), "NotificationSpecific");
  EXPECT_EQ(storedOf(shown).format, std::nullopt);
  shown = created(R"({"format":"Task"})");
  EXPECT_EQ(shown.at("format"), "Task");
  EXPECT_EQ(shown.at("idField"), nullptr);
  EXPECT_EQ(storedOf(shown).format, "Task");
  shown = created(R"({"format":"Notification","idField":null})");
  EXPECT_EQ(storedOf(shown).format, "Notification") << "chosen by its name, it does not follow Notifications:IdField";
}

struct FormatChange {
  const char* name;
  const char* before;  ///< merged into the registration
  const char* method;
  const char* change;  ///< PUT: merged into what GET shows; PATCH: the body
  std::optional<std::string> format;
  std::optional<IdField> idField;
};

void PrintTo(const FormatChange& one, std::ostream* out) {
  *out << one.name;
}

class ChangedFormat : public ::testing::TestWithParam<FormatChange> {};

TEST_P(ChangedFormat, TakesTheMemberThatIsNew) {
  const auto& row = GetParam();
  ApiFixture api;
  auto body = Json::parse(R"({"name":"n","url":"https://h.example","changeTypes":1})");
  body.merge_patch(Json::parse(row.before));
  body = api.post(kPath, body.dump()).json();
  const auto path = std::string(kPath) + "/" + body.at("id").get<std::string>();
  auto change = Json::parse(row.change);
  if (std::string(row.method) == "PUT") {
    body.merge_patch(change);
    change = body;
  }
  const auto reply = api.request(row.method, path, change.dump(), {{"Content-Type", "application/json"}});
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto& stored = api.backend.endpoints.endpoints.begin()->second.registration;
  EXPECT_EQ(stored.format, row.format);
  EXPECT_EQ(stored.idField, row.idField);
}

constexpr auto kSpecific = IdField::Specific;
INSTANTIATE_TEST_SUITE_P(
    All, ChangedFormat,
    ::testing::Values(
        FormatChange{"PutDefaultBack", "{}", "PUT", "{}", {}, {}},
        FormatChange{"PutIdFieldBack", R"({"idField":"Specific"})", "PUT", "{}", {}, kSpecific},
        FormatChange{"PutFormatBack", R"({"format":"Task"})", "PUT", "{}", "Task", {}},
        FormatChange{"PutFormatOverIdField", R"({"idField":"Specific"})", "PUT", R"({"format":"Task"})", "Task", {}},
        FormatChange{"PutIdFieldOverFormat", R"({"format":"Task"})", "PUT", R"({"idField":"Specific"})", {}, kSpecific},
        FormatChange{
            "PutWithoutIdField", R"({"idField":"Specific"})", "PUT", R"({"idField":null})", "NotificationSpecific", {}},
        FormatChange{"PutWithoutBoth", R"({"format":"Task"})", "PUT", R"({"format":null})", {}, {}},
        FormatChange{"PatchSomethingElse", "{}", "PATCH", R"({"name":"m"})", {}, {}},
        FormatChange{
            "PatchSomethingElseOfIdField", R"({"idField":"Specific"})", "PATCH", R"({"name":"m"})", {}, kSpecific},
        FormatChange{"PatchFormat", R"({"idField":"Specific"})", "PATCH", R"({"format":"Task"})", "Task", {}},
        FormatChange{"PatchIdField", R"({"format":"Task"})", "PATCH", R"({"idField":"Specific"})", {}, kSpecific},
        FormatChange{"PatchIdFieldAway", R"({"idField":"Specific"})", "PATCH", R"({"idField":null})", {}, {}},
        FormatChange{"PatchFormatAway", R"({"format":"Task"})", "PATCH", R"({"format":null})", {}, {}}));

TEST(Endpoints, AFormatThatTheSettingsHaveLostMayStayAndNotComeBack) {
  ApiFixture api;
  const auto shown = api.post(kPath, ApiFixture::kRegistration).json();
  const auto path = std::string(kPath) + "/" + shown.at("id").get<std::string>();
  auto& stored = api.backend.endpoints.endpoints.begin()->second.registration;
  for (const std::string lost : {"Gone", "Claims"}) {
    stored.format = lost;
    const auto patch = [&](const std::string& body) {
      return api.request("PATCH", path, body, {{"Content-Type", "application/json"}});
    };
    EXPECT_EQ(patch(R"({"name":"m"})").json().at("format"), lost);
    EXPECT_EQ(patch(R"({"format":")" + lost + "\"}").status, 200);
    EXPECT_EQ(patch(R"({"format":"Task"})").status, 200);
    EXPECT_EQ(pointersOf(patch(R"({"format":")" + lost + "\"}")), std::vector<std::string>{"/format"});
  }
}

struct BadRegistration {
  const char* name;
  std::string change;  ///< merged into a valid registration
  std::vector<std::string> pointers;
};

// ctest lists cases by what is printed of them.
void PrintTo(const BadRegistration& one, std::ostream* out) {
  *out << one.name;
}

class RefusedRegistration : public ::testing::TestWithParam<BadRegistration> {};

TEST_P(RefusedRegistration, NamesEveryWrongPlaceAndChangesNothing) {
  ApiFixture api;
  auto body = Json::parse(R"({"name":"n","url":"https://h.example","changeTypes":1})");
  body.merge_patch(Json::parse(GetParam().change));
  const auto reply = api.post(kPath, body.dump());
  ASSERT_EQ(reply.status, 400) << reply.body;
  EXPECT_THAT(pointersOf(reply), ::testing::UnorderedElementsAreArray(GetParam().pointers)) << reply.body;
  EXPECT_TRUE(api.backend.endpoints.endpoints.empty());
  EXPECT_TRUE(api.backend.destinations.judged.empty());
}

std::string header(const std::string& name, const std::string& value = "v") {
  return Json{{"headers", {{name, value}}}}.dump();
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedRegistration,
    ::testing::Values(
        BadRegistration{"Everything",
                        R"({"name":null,"url":null,"changeTypes":null,"x":1,"timeout":5,"maxConcurrency":0})",
                        {"/name", "/url", "/changeTypes", "/x", "/timeout", "/maxConcurrency"}},
        BadRegistration{"EmptyName", R"({"name":""})", {"/name"}},
        BadRegistration{"LongName", "{\"name\":\"" + std::string(201, 'n') + "\"}", {"/name"}},
        BadRegistration{"NoMask", R"({"changeTypes":0})", {"/changeTypes"}},
        BadRegistration{"MaskTooLarge", R"({"changeTypes":16})", {"/changeTypes"}},
        BadRegistration{"NegativeMask", R"({"changeTypes":-1})", {"/changeTypes"}},
        BadRegistration{"FloatMask", R"({"changeTypes":1.5})", {"/changeTypes"}},
        BadRegistration{"RelativeUrl", R"({"url":"/x"})", {"/url"}},
        BadRegistration{"FtpUrl", R"({"url":"ftp://h"})", {"/url"}},
        BadRegistration{"UserInfo", R"({"url":"https://u:p@h"})", {"/url"}},
        BadRegistration{"NoHost", R"({"url":"https:///x"})", {"/url"}},
        BadRegistration{"BadPort", R"({"url":"https://h:0"})", {"/url"}},
        BadRegistration{"PortText", R"({"url":"https://h:80a"})", {"/url"}},
        BadRegistration{"UrlWithBlank", R"({"url":"https://h/a b"})", {"/url"}},
        BadRegistration{"UrlWithLineEnd", R"({"url":"https://h/\r\nX: y"})", {"/url"}},
        BadRegistration{"ShortTimeout", R"({"timeout":"00:00:00.999"})", {"/timeout"}},
        BadRegistration{"DaysAsTimeout", R"({"timeout":"5"})", {"/timeout"}},
        BadRegistration{"LongTimeout", R"({"timeout":"00:02:00.001"})", {"/timeout"}},
        BadRegistration{"Concurrency", R"({"maxConcurrency":1025})", {"/maxConcurrency"}},
        BadRegistration{"IdField", R"({"idField":"baseId"})", {"/idField"}},
        BadRegistration{"UnknownFormat", R"({"format":"task"})", {"/format"}},
        BadRegistration{"NoFormat", R"({"format":""})", {"/format"}},
        BadRegistration{"FormatOfAnotherType", R"({"format":["Task"]})", {"/format"}},
        BadRegistration{"FormatWithoutItsValue", R"({"format":"Claims"})", {"/format"}},
        BadRegistration{"FormatAndIdField", R"({"format":"Task","idField":"Specific"})", {"/format"}},
        BadRegistration{
            "FormatAndIdFieldThatAgree", R"({"format":"NotificationSpecific","idField":"Specific"})", {"/format"}},
        BadRegistration{"Delivery", R"({"delivery":"Every"})", {"/delivery"}},
        BadRegistration{"DeliveryNumber", R"({"delivery":1})", {"/delivery"}},
        BadRegistration{"OrderOfSync", R"({"delivery":"sync","order":"endpoint"})", {"/order"}},
        BadRegistration{"SyncThatStops", R"({"delivery":"sync","onFailure":"stop"})", {"/onFailure"}},
        BadRegistration{"PositionWithoutSync", R"({"position":0})", {"/position"}},
        BadRegistration{"PositionOfEvery", R"({"delivery":"every","position":3})", {"/position"}},
        BadRegistration{"PositionBelowZero", R"({"delivery":"sync","position":-1})", {"/position"}},
        BadRegistration{"PositionAsText", R"({"delivery":"sync","position":"1"})", {"/position"}},
        BadRegistration{"PositionTooHigh", R"({"delivery":"sync","position":2147483648})", {"/position"}},
        BadRegistration{"Order", R"({"order":"items"})", {"/order"}},
        BadRegistration{"OrderOfDebounced", R"({"order":"endpoint","onFailure":"stop","results":"body"})", {"/order"}},
        BadRegistration{"OnFailure", R"({"delivery":"every","onFailure":"pause"})", {"/onFailure"}},
        BadRegistration{"StopAndBodyWithoutOneLane",
                        R"({"delivery":"every","order":"none","onFailure":"stop","results":"body"})",
                        {"/onFailure", "/results"}},
        BadRegistration{"Results", R"({"results":["body"],"order":"x"})", {"/results", "/order"}},
        BadRegistration{"Enabled", R"({"enabled":"yes"})", {"/enabled"}},
        BadRegistration{"SecretPrefix", R"({"secret":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})", {"/secret"}},
        BadRegistration{"SecretShort", R"({"secret":"whsec_AAAA"})", {"/secret"}},
        BadRegistration{"SecretNotBase64", R"({"secret":"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!"})", {"/secret"}},
        BadRegistration{"HeadersList", R"({"headers":["a"]})", {"/headers"}},
        BadRegistration{"HeaderNumber", R"({"headers":{"X-A":1}})", {"/headers/X-A"}},
        BadRegistration{"HeaderBlank", header("X A"), {"/headers/X A"}},
        BadRegistration{"HeaderLineEnd", header("X-A", "a\r\nb"), {"/headers/X-A"}},
        BadRegistration{"HeaderNul", header("X-A", std::string("a\0b", 3)), {"/headers/X-A"}},
        BadRegistration{"HeaderHost", header("hOst"), {"/headers/hOst"}},
        BadRegistration{"HeaderType", header("Content-Type"), {"/headers/Content-Type"}},
        BadRegistration{"HeaderLength", header("content-length"), {"/headers/content-length"}},
        BadRegistration{"HeaderProxy", header("Proxy-Authorization"), {"/headers/Proxy-Authorization"}},
        BadRegistration{"HeaderWebhook", header("Webhook-Id"), {"/headers/Webhook-Id"}},
        BadRegistration{"HeaderCloudEvents", header("ce-type"), {"/headers/ce-type"}},
        BadRegistration{"HeaderLull", header("lull-test"), {"/headers/lull-test"}},
        BadRegistration{"HeaderTwice", R"({"headers":{"X-A":"1","x-a":"2"}})", {"/headers/x-a"}},
        BadRegistration{"HeaderMasked", header("X-A", "***"), {"/headers/X-A"}},
        BadRegistration{"HeaderTooLong", header("X-A", std::string(4097, 'v')), {"/headers/X-A"}}),
    [](const auto& one) { return one.param.name; });

TEST(Endpoints, HowOneIsToldIsPatchedReplacedAndTakenBack) {
  ApiFixture api;
  const auto path = std::string(kPath) + "/" + api.registerEndpoint();
  const auto told = [](const WireReply& reply) {
    const auto json = reply.json();
    return json.at("delivery").get<std::string>() + " " + json.at("order").get<std::string>() + " " +
           json.at("onFailure").get<std::string>() + " " + json.at("results").get<std::string>();
  };
  const auto before = api.get(path);
  const auto patched =
      api.send("PATCH", path, R"({"delivery":"every","order":"endpoint","onFailure":"stop","results":"body"})");
  ASSERT_EQ(patched.status, 200) << patched.body;
  EXPECT_EQ(told(patched), "every endpoint stop body");
  EXPECT_NE(patched.header("etag"), before.header("etag"));
  // What is left out of a patch stays; so it must go with the new value.
  const auto refused = api.send("PATCH", path, R"({"order":"item"})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(pointersOf(refused), ElementsAre("/onFailure", "/results"));
  EXPECT_EQ(told(api.send("PATCH", path, R"({"onFailure":null})")), "every endpoint skip body");
  EXPECT_EQ(told(api.send("PUT", path, api.get(path).body)), "every endpoint skip body");
  EXPECT_EQ(told(api.send("PUT", path, R"({"name":"n","url":"https://h.example","changeTypes":1})")),
            "debounced item skip status");
}

TEST(Endpoints, AnErrorRepeatsNoHeaderValueAndNoSecret) {
  ApiFixture api;
  const auto reply =
      api.post(kPath, R"({"headers":{"X-A":"t0psecret\u0001","Host":"t0psecret"},"secret":"whsec_t0psecret","x":)");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, Not(HasSubstr("t0psecret")));
  const auto complete =
      api.post(kPath, R"({"headers":{"X-A":"t0psecret\u0001","Host":"t0psecret"},"secret":"whsec_t0psecret"})");
  EXPECT_THAT(complete.body, Not(HasSubstr("t0psecret")));
  for (const auto& line : api.backend.journal.audits()) EXPECT_THAT(line, Not(HasSubstr("t0psecret")));
}

TEST(Endpoints, ARepeatedMemberIsRefused) {
  ApiFixture api;
  const auto reply = api.post(kPath, R"({"name":"a","url":"https://h","changeTypes":1,"headers":{"A":"1","A":"2"}})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(pointersOf(reply), ElementsAre("/headers/A"));
}

TEST(Endpoints, ADestinationThatIsNotAllowedIsTheErrorOfItsUrl) {
  ApiFixture api;
  const auto reply = api.post(kPath, R"({"name":"a","url":"https://forbidden.example","changeTypes":1})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(pointersOf(reply), ElementsAre("/url"));
  EXPECT_THAT(reply.body, HasSubstr("Egress:AllowedNetworks"));
}

TEST(Endpoints, AnIdempotencyKeyReplaysTheFirst201AndRefusesAnotherBody) {
  ApiFixture api;
  const HeaderFields key{{"Idempotency-Key", "k-1"}};
  const auto first = api.post(kPath, ApiFixture::kRegistration, key);
  const auto again = api.post(kPath, ApiFixture::kRegistration, key);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("location"), first.header("location"));
  EXPECT_EQ(again.header("etag"), first.header("etag"));
  EXPECT_EQ(api.post(kPath, R"({"name":"b","url":"https://h","changeTypes":1})", key).status, 422);
  EXPECT_EQ(api.backend.endpoints.endpoints.size(), 1U);
}

TEST(Endpoints, GetEditPutWorksAndKeepsMaskedHeadersAndTheSecret) {
  ApiFixture api;
  const auto id = api.registerEndpoint();
  auto body = api.get(std::string(kPath) + "/" + id).json();
  body["name"] = "Renamed";
  const auto reply = api.send("PUT", std::string(kPath) + "/" + id, body.dump());
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.json().at("name"), "Renamed");
  const auto& stored = api.backend.endpoints.endpoints.at(id).registration;
  EXPECT_EQ(stored.webhook().headers, (std::vector<std::pair<std::string, std::string>>{
                                          {"Authorization", "Bearer s3cret"}, {"X-Tenant", "north"}}));
  EXPECT_EQ(stored.webhook().secrets.current, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
}

TEST(Endpoints, PatchMergesRemovesAndKeeps) {
  ApiFixture api;
  const auto path = std::string(kPath) + "/" + api.registerEndpoint();
  const auto reply =
      api.request("PATCH", path, R"({"enabled":false,"timeout":"00:00:30","headers":{"x-tenant":null,"X-New":"1"}})",
                  {{"Content-Type", "application/merge-patch+json"}});
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto& stored = api.backend.endpoints.endpoints.begin()->second.registration;
  EXPECT_EQ(stored.webhook().headers,
            (std::vector<std::pair<std::string, std::string>>{{"Authorization", "Bearer s3cret"}, {"X-New", "1"}}));
  EXPECT_FALSE(stored.enabled);
  EXPECT_EQ(stored.timeout, Millis{30000});
  EXPECT_EQ(stored.name, "Catalogue sync");
  EXPECT_EQ(api.send("PATCH", path, R"({"timeout":null})").json().at("timeout"), nullptr);
}

TEST(Endpoints, WhatARequestItselfSaysOfEnabledCounts) {
  ApiFixture api;
  const auto path =
      std::string(kPath) + "/" + api.post(kPath, ApiFixture::kRegistration).json().at("id").get<std::string>();
  EXPECT_EQ(api.send("PATCH", path, R"({"name":"renamed"})").status, 200);
  EXPECT_EQ(api.send("PATCH", path, R"({"enabled":true})").status, 200);
  EXPECT_EQ(api.send("POST", path + "/secret/rotate", "").status, 200);
  EXPECT_EQ(api.send("PATCH", path, R"({"enabled":false})").status, 200);
  auto shown = api.get(path).json();
  EXPECT_EQ(api.send("PUT", path, shown.dump()).status, 200);
  EXPECT_THAT(api.backend.endpoints.resumes,
              ElementsAre(ports::Resume::IfPaused, ports::Resume::Always, ports::Resume::IfPaused,
                          ports::Resume::Refused, ports::Resume::IfPaused));
}

TEST(Endpoints, PatchRefusesToRemoveWhatIsNeeded) {
  ApiFixture api;
  const auto path = std::string(kPath) + "/" + api.registerEndpoint();
  EXPECT_THAT(pointersOf(api.send("PATCH", path, R"({"name":null,"enabled":null,"secret":null})")),
              ::testing::UnorderedElementsAre("/name", "/enabled", "/secret"));
  EXPECT_EQ(api.send("PATCH", path, "[]").status, 400);
}

TEST(Endpoints, MaskedHeadersDoNotMoveToAnotherOrigin) {
  ApiFixture api;
  const auto path = std::string(kPath) + "/" + api.registerEndpoint();
  for (const std::string url :
       {"http://hooks.example.com/lull", "https://evil.example/lull", "https://hooks.example.com:8443/lull"}) {
    const auto reply = api.send("PATCH", path, Json{{"url", url}}.dump());
    EXPECT_EQ(reply.status, 400) << url;
    EXPECT_THAT(pointersOf(reply), ::testing::UnorderedElementsAre("/headers/Authorization", "/headers/X-Tenant"));
  }
  EXPECT_EQ(api.send("PATCH", path, R"({"url":"https://HOOKS.example.com:443/other"})").status, 200)
      << "the same origin";
  EXPECT_EQ(
      api.send("PATCH", path, R"({"url":"https://new.example","headers":{"Authorization":"a","X-Tenant":"b"}})").status,
      200);
}

/// An endpoint that subscribes to AssetChanged and to a bit that the catalogue no longer has.
std::string registerWithRemovedType(ApiFixture& api) {
  const auto id = api.registerEndpoint();
  api.backend.endpoints.endpoints.at(id).registration.changeTypes = 17;
  return id;
}

TEST(Endpoints, ARemovedChangeTypeIsNamedByItsBit) {
  ApiFixture api;
  const auto path = std::string(kPath) + "/" + registerWithRemovedType(api);
  EXPECT_EQ(api.get(path).json().at("changeTypes"), 17);
  EXPECT_EQ(api.get(path).json().at("changeTypeNames"), Json::array({"AssetChanged", "unknown (16)"}));
  EXPECT_EQ(api.get(std::string(kPath) + "?changeType=16").json().at("items").size(), 1U);
}

TEST(Endpoints, ARemovedChangeTypeFreezesNothing) {
  ApiFixture api;
  const auto path = std::string(kPath) + "/" + registerWithRemovedType(api);
  auto reply = api.send("PATCH", path, R"({"enabled":false,"name":"renamed"})");
  EXPECT_EQ(reply.status, 200) << reply.body;
  reply = api.send("PUT", path, api.get(path).body);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.json().at("changeTypes"), 17);
}

TEST(Endpoints, BitsOfARemovedChangeTypeMayStayOrGoButNotCome) {
  struct Case {
    int stored;
    int sent;
    int status;
  };
  for (const auto& [stored, sent, status] :
       {Case{17, 19, 200}, Case{17, 1, 200}, Case{17, 3, 200}, Case{16, 16, 200}, Case{17, 16, 400}, Case{17, 33, 400},
        Case{17, 0, 400}, Case{1, 17, 400}, Case{1, 16, 400}}) {
    ApiFixture api;
    const auto id = api.registerEndpoint();
    auto& changeTypes = api.backend.endpoints.endpoints.at(id).registration.changeTypes;
    changeTypes = static_cast<std::uint32_t>(stored);
    const auto reply =
        api.send("PATCH", std::string(kPath) + "/" + id, R"({"changeTypes":)" + std::to_string(sent) + "}");
    EXPECT_EQ(reply.status, status) << stored << " to " << sent << ": " << reply.body;
    EXPECT_EQ(changeTypes, static_cast<std::uint32_t>(status == 200 ? sent : stored));
  }
}

TEST(Endpoints, ATestSendPrefersATypeThatTheCatalogueHas) {
  ApiFixture api;
  const auto id = api.registerEndpoint();
  const auto path = std::string(kPath) + "/" + id + "/test";
  for (const auto& [stored, sent] : {std::pair{17U, 1U}, {16U, 16U}, {48U, 16U}}) {
    api.backend.endpoints.endpoints.at(id).registration.changeTypes = stored;
    EXPECT_EQ(api.request("POST", path).status, 200);
    EXPECT_EQ(api.backend.channel.last->message.key.changeType, sent);
  }
}

TEST(Endpoints, TheDestinationIsJudgedAgainOnlyWhenTheUrlChanges) {
  ApiFixture api;
  const auto path = std::string(kPath) + "/" + api.registerEndpoint();
  api.backend.destinations.judged.clear();
  api.send("PATCH", path, R"({"name":"x"})");
  EXPECT_TRUE(api.backend.destinations.judged.empty());
  EXPECT_EQ(api.send("PATCH", path, R"({"url":"https://hooks.example.com/forbidden"})").status, 400);
}

TEST(Endpoints, ABroughtSecretRotates) {
  ApiFixture api;
  const auto id = api.registerEndpoint();
  api.send("PATCH", std::string(kPath) + "/" + id, R"({"secret":"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})");
  const auto& secrets = api.backend.endpoints.endpoints.at(id).registration.webhook().secrets;
  EXPECT_EQ(secrets.current, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(secrets.retired,
            (std::vector<RetiredSecret>{{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", kNow + std::chrono::hours(24)}}));
}

TEST(Endpoints, AnyChangeForgetsTheSecretsThatHaveEnded) {
  ApiFixture api;
  const auto id = api.registerEndpoint();
  auto& secrets = api.backend.endpoints.endpoints.at(id).registration.webhook().secrets;
  secrets.retired = {{"whsec_live", kNow + std::chrono::hours(1)}, {"whsec_ended", kNow}};
  EXPECT_EQ(api.send("PATCH", std::string(kPath) + "/" + id, R"({"name":"x"})").status, 200);
  EXPECT_EQ(secrets.retired, (std::vector<RetiredSecret>{{"whsec_live", kNow + std::chrono::hours(1)}}));
}

TEST(Endpoints, TheSixthSecretOfADayEndsTheOldestAndTheJournalSaysSo) {
  ApiFixture api;
  const auto id = api.registerEndpoint();
  const auto path = std::string(kPath) + "/" + id;
  const auto& secrets = api.backend.endpoints.endpoints.at(id).registration.webhook().secrets;
  for (const char letter : {'A', 'B', 'C', 'D'}) {
    const auto brought = "whsec_" + std::string(32, letter);
    ASSERT_EQ(api.send("PATCH", path, R"({"secret":")" + brought + R"("})").status, 200);
  }
  EXPECT_EQ(secrets.retired.back().secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  EXPECT_TRUE(api.backend.journal.droppedSecrets().empty());
  ASSERT_EQ(api.send("PATCH", path, R"({"secret":"whsec_EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE"})").status, 200);
  EXPECT_EQ(secrets.retired.size(), 4U);
  EXPECT_EQ(secrets.retired.back().secret, "whsec_" + std::string(32, 'A'));
  EXPECT_EQ(api.backend.journal.droppedSecrets(), std::vector{id});
}

TEST(Endpoints, TheEtagFollowsTheRegistrationOnly) {
  ApiFixture api;
  const auto id = api.registerEndpoint();
  const auto path = std::string(kPath) + "/" + id;
  const auto etag = api.get(path).header("etag");
  api.backend.endpoints.state[id].consecutiveFailures = 3;
  EXPECT_EQ(api.get(path).header("etag"), etag);
  api.backend.endpoints.endpoints.at(id).registration.enabled = false;  // delivery paused it
  EXPECT_NE(api.get(path).header("etag"), etag);
  api.backend.endpoints.endpoints.at(id).registration.enabled = true;
  EXPECT_NE(api.send("PATCH", path, R"({"headers":{"X-Tenant":"south"}})").header("etag"), etag);
}

TEST(Endpoints, IfMatchGuardsPutPatchAndDelete) {
  ApiFixture api;
  const auto path = std::string(kPath) + "/" + api.registerEndpoint();
  const auto etag = api.get(path).header("etag");
  EXPECT_EQ(api.send("PATCH", path, R"({"name":"a"})", {{"If-Match", "\"other\", " + etag}}).status, 200);
  EXPECT_EQ(api.send("PATCH", path, R"({"name":"b"})", {{"If-Match", etag}}).status, 412);
  EXPECT_EQ(api.send("PATCH", path, R"({"name":"b"})", {{"If-Match", "W/" + api.get(path).header("etag")}}).status,
            412);
  EXPECT_EQ(api.request("DELETE", path, "", {{"If-Match", etag}}).status, 412);
  EXPECT_EQ(api.request("DELETE", path, "", {{"If-Match", "*"}}).status, 204);
  EXPECT_EQ(api.get(path).status, 404);
}

TEST(Endpoints, AConcurrentChangeIsReadAgainAndNotLost) {
  ApiFixture api;
  const auto path = std::string(kPath) + "/" + api.registerEndpoint();
  api.backend.endpoints.conflicts = 2;
  EXPECT_EQ(api.send("PATCH", path, R"({"name":"a"})").status, 200);
  api.backend.endpoints.conflicts = 100;
  EXPECT_EQ(api.send("PATCH", path, R"({"name":"b"})").status, 409);
}

TEST(Endpoints, AnotherDeliveryOrOrderIsA409WhileThereAreMessagesOrLetters) {
  ApiFixture api;
  const auto path = std::string(kPath) + "/" + api.registerEndpoint();
  auto& endpoints = api.backend.endpoints;
  endpoints.holdings = {2, 1};
  const auto refused = api.send("PATCH", path, R"({"delivery":"every"})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_THAT(refused.json().at("detail").get<std::string>(),
              ::testing::HasSubstr("it has 2 messages in its queue and 1 dead letter. Wait until"));
  EXPECT_EQ(endpoints.resumes.size(), 1U) << "asking again would not help";
  EXPECT_EQ(api.send("PATCH", path, R"({"name":"b"})").status, 200);
  endpoints.holdings = {};
  EXPECT_EQ(api.send("PATCH", path, R"({"delivery":"every"})").json().at("delivery"), "every");
}

TEST(Endpoints, OneThatIsFullShowsWhatItMissed) {
  ApiFixture api;
  const auto id = api.registerEndpoint();
  const auto path = std::string(kPath) + "/" + id;
  EXPECT_EQ(api.get(path).json().at("missed"), nullptr);
  api.backend.endpoints.state[id].pausedReason = PausedReason::QueueFull;
  api.backend.endpoints.state[id].missed = Missed{3, 1020, 1027};
  const auto full = api.get(path).json();
  EXPECT_EQ(full.at("pausedReason"), "queue-full");
  EXPECT_EQ(full.at("missed"), Json::parse(R"({"count":3,"firstSequence":1020,"lastSequence":1027})"));
  EXPECT_EQ(api.send("PUT", path, full.dump()).status, 200) << "it is read-only: taken and ignored";
}

TEST(Endpoints, TheListFiltersAndPages) {
  ApiFixture api;
  for (const std::string name : {"Alpha", "beta", "ALPHABET"}) {
    api.post(kPath, Json{{"name", name}, {"url", "https://h/" + name}, {"changeTypes", name == "beta" ? 2 : 5}}.dump());
  }
  api.backend.endpoints.state["ep_00000000000000000002"].breakerOpen = true;
  const auto names = [&](const std::string& query) {
    std::vector<std::string> out;
    const auto page = api.get(std::string(kPath) + query).json();
    for (const auto& item : page.at("items")) out.push_back(item.at("name"));
    return out;
  };
  EXPECT_THAT(names(""), ElementsAre("Alpha", "beta", "ALPHABET"));
  EXPECT_THAT(names("?name=alph"), ElementsAre("Alpha", "ALPHABET"));
  EXPECT_THAT(names("?url=%2FALPHA"), ElementsAre("ALPHABET"));
  EXPECT_THAT(names("?changeType=4"), ElementsAre("Alpha", "ALPHABET"));
  EXPECT_THAT(names("?health=open"), ElementsAre("beta"));
  EXPECT_THAT(names("?health=healthy&limit=1"), ElementsAre("Alpha"));

  const auto first = api.get(std::string(kPath) + "?limit=2").json();
  EXPECT_EQ(first.at("items").size(), 2U);
  const auto second =
      api.get(std::string(kPath) + "?limit=2&cursor=" + first.at("nextCursor").get<std::string>()).json();
  EXPECT_EQ(second.at("items").at(0).at("name"), "ALPHABET");
  EXPECT_EQ(second.at("nextCursor"), nullptr);
}

TEST(Endpoints, AListReadsTheStatesOfItsPageOnly) {
  ApiFixture api;
  for (int i = 0; i < 20; ++i) api.registerEndpoint();
  auto& read = api.backend.endpoints.statesRead;
  read = 0;
  EXPECT_EQ(api.get(std::string(kPath) + "?limit=3").json().at("items").size(), 3U);
  EXPECT_LE(read, 4U);
}

TEST(Endpoints, AFilterByHealthFindsTheFewAmongMany) {
  ApiFixture api;
  std::string last;
  for (int i = 0; i < 1100; ++i) {
    auto number = std::to_string(i);
    last = "ep_" + std::string(20 - number.size(), '0') + number;
    api.backend.endpoints.endpoints[last].id = last;
  }
  const auto second = "ep_" + std::string(17, '0') + "700";
  for (const auto& id : {second, last}) api.backend.endpoints.state[id].consecutiveFailures = 1;
  const auto first = api.get(std::string(kPath) + "?health=failing&limit=1").json();
  ASSERT_EQ(first.at("items").size(), 1U);
  EXPECT_EQ(first.at("items").at(0).at("id"), second);
  const auto rest =
      api.get(std::string(kPath) + "?health=failing&limit=1&cursor=" + first.at("nextCursor").get<std::string>())
          .json();
  EXPECT_EQ(rest.at("items").at(0).at("id"), last);
  EXPECT_EQ(rest.at("nextCursor"), nullptr);
}

TEST(Endpoints, TheListRefusesWrongQueryParameters) {
  ApiFixture api;
  const auto reply = api.get(std::string(kPath) + "?limit=501&changeType=3&health=ill&cursor=%21&nam=x&url=");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(pointersOf(reply),
              ::testing::UnorderedElementsAre("limit", "changeType", "health", "cursor", "nam", "url"));
  EXPECT_EQ(api.get(std::string(kPath) + "?limit=0").status, 400);
  EXPECT_EQ(api.get(std::string(kPath) + "?limit=1&limit=2").status, 400);
  EXPECT_EQ(api.get(std::string(kPath) + "?name=%zz").status, 400);
}

TEST(Endpoints, TheSecretIsShownAloneAndRotates) {
  ApiFixture api;
  const auto id = api.registerEndpoint();
  const auto path = std::string(kPath) + "/" + id + "/secret";
  api.backend.endpoints.endpoints.at(id).registration.webhook().secrets.current = "whsec_old";
  EXPECT_EQ(api.get(path).body, R"({"secret":"whsec_old"})");
  EXPECT_EQ(api.request("POST", path + "/rotate").body, R"({"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})");
  EXPECT_EQ(api.backend.endpoints.endpoints.at(id).registration.webhook().secrets.retired.at(0).secret, "whsec_old");
}

TEST(Endpoints, ATestSendCarriesTheLowestBitAndSaysWhatCameOfIt) {
  ApiFixture api;
  const auto created =
      api.post(kPath, R"({"name":"n","url":"https://h","changeTypes":12,"timeout":"00:00:03","enabled":false})");
  const auto reply =
      api.request("POST", std::string(kPath) + "/" + created.json().at("id").get<std::string>() + "/test");
  EXPECT_EQ(reply.body, R"({"outcome":"delivered","status":200,"durationMs":12,"error":null,"responseExcerpt":"ok"})");
  const auto& request = api.backend.channel.last;
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->test);
  EXPECT_EQ(request->timeout, Millis{3000});
  EXPECT_EQ(request->message.key, (ItemKey{4, ItemId(0)}));
  EXPECT_EQ(request->message.payload.baseId, ItemId(0));
}

struct TestSendRow {
  ReceiverAnswer answer;
  std::string outcome;
  Json error;
};

TEST(Endpoints, ATestSendIsNoSuccessWhenTheReceiversResultIsAnError) {
  ApiFixture api;
  const auto path = std::string(kPath) + "/" + api.registerEndpoint() + "/test";
  const std::vector<TestSendRow> rows{{{ReceiverResult::Ok, ""}, "delivered", nullptr},
                                      {{ReceiverResult::Ok, "Indexed."}, "delivered", "Indexed."},
                                      {{ReceiverResult::Error, "Locked."}, "retryable", "Locked."},
                                      {{ReceiverResult::ErrorAndSkip, "No such site."}, "retryable", "No such site."},
                                      {{ReceiverResult::SkipNow, "Later."}, "delivered", "Later."}};
  for (const auto& row : rows) {
    api.backend.channel.ends = [&row](AttemptResult& result) {
      result.outcome = row.answer.result == ReceiverResult::Ok ? Outcome::Delivered : Outcome::Retryable;
      result.answer = row.answer;
      result.sentence = row.answer.message;
    };
    const auto reply = api.request("POST", path).json();
    EXPECT_EQ(reply.at("outcome"), row.outcome) << toString(row.answer.result);
    EXPECT_EQ(reply.at("status"), 200);
    EXPECT_EQ(reply.at("error"), row.error) << toString(row.answer.result);
  }
}

TEST(Endpoints, AnUnknownIdIs404OnEveryRoute) {
  ApiFixture api;
  for (const std::string tail : {"", "/secret"}) {
    EXPECT_EQ(api.get(std::string(kPath) + "/ep_none" + tail).status, 404) << tail;
    EXPECT_EQ(api.get(std::string(kPath) + "/%00" + tail).status, 404) << tail;
    EXPECT_EQ(api.get(std::string(kPath) + "/" + std::string(300, 'a') + tail).status, 404) << tail;
  }
  EXPECT_EQ(api.request("POST", std::string(kPath) + "/ep_none/test").status, 404);
  EXPECT_EQ(api.request("POST", std::string(kPath) + "/ep_none/secret/rotate").status, 404);
  EXPECT_EQ(api.send("PUT", std::string(kPath) + "/ep_none", ApiFixture::kRegistration).status, 404);
  EXPECT_EQ(api.request("DELETE", std::string(kPath) + "/ep_none").status, 404);
}

}  // namespace
}  // namespace lull::api::testing
