#include "fakes/client.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kEndpointsPath = "/api/v1/endpoints";
constexpr const char* kExplain = "/api/v1/events/explain";

std::string registration(const std::string& filter) {
  return R"({"name":"n","url":"https://h.example","changeTypes":1,"filter":)" + filter + "}";
}

TEST(Filters, AreShownAsTheyWereRegistered) {
  ApiFixture api;
  const std::string filter =
      R"({"events":["AssetCreated"],"operations":["update","delete"],"fields":["title","größe"],"scopes":["AA"]})";
  const auto made = api.post(kEndpointsPath, registration(filter)).json();
  EXPECT_EQ(made.at("filter"), Json::parse(filter));
  const auto& stored = api.backend.endpoints.endpoints.begin()->second.registration.filter;
  EXPECT_EQ(stored, (Filter{{"AssetCreated"}, {Operation::Update, Operation::Delete}, {"title", "größe"}, {"AA"}}));
  for (const std::string none : {"null", "{}"}) {
    EXPECT_EQ(api.post(kEndpointsPath, registration(none)).json().at("filter"), Json()) << none;
  }
}

TEST(Filters, APatchChangesSingleListsAndAPutAll) {
  ApiFixture api;
  const auto made = api.post(kEndpointsPath, registration(R"({"fields":["title"],"scopes":["AA"]})")).json();
  const auto path = std::string(kEndpointsPath) + "/" + made.at("id").get<std::string>();
  const auto patched = [&](const std::string& filter) {
    return api.send("PATCH", path, R"({"filter":)" + filter + "}").json().at("filter");
  };
  EXPECT_EQ(patched(R"({"fields":["title","status"]})"),
            Json::parse(R"({"fields":["title","status"],"scopes":["AA"]})"));
  EXPECT_EQ(patched(R"({"scopes":null})"), Json::parse(R"({"fields":["title","status"]})"));
  auto whole = api.get(path).json();
  EXPECT_EQ(api.send("PUT", path, whole.dump()).json().at("filter"), whole.at("filter"));
  EXPECT_EQ(patched("null"), Json());
  EXPECT_EQ(patched(R"({"operations":["create"]})"), Json::parse(R"({"operations":["create"]})"));
  whole.erase("filter");
  EXPECT_EQ(api.send("PUT", path, whole.dump()).json().at("filter"), Json());
}

struct BadFilter {
  const char* name;
  std::string filter;
  std::string pointer;
  std::string says;
};

void PrintTo(const BadFilter& one, std::ostream* out) {
  *out << one.name;
}

class RefusedFilter : public ::testing::TestWithParam<BadFilter> {};

TEST_P(RefusedFilter, NamesThePlaceAndTheNearest) {
  ApiFixture api;
  const auto reply = api.post(kEndpointsPath, registration(GetParam().filter));
  ASSERT_EQ(reply.status, 400) << reply.body;
  const auto errors = reply.json().at("errors");
  ASSERT_EQ(errors.size(), 1U) << errors;
  EXPECT_EQ(errors.at(0).at("pointer"), GetParam().pointer);
  EXPECT_THAT(errors.at(0).at("detail").get<std::string>(), HasSubstr(GetParam().says));
  EXPECT_TRUE(api.backend.endpoints.endpoints.empty());
}

std::string listOf(std::size_t count, const std::string& text) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) list += (list.empty() ? "\"" : ",\"") + text + std::to_string(i) + "\"";
  return "[" + list + "]";
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedFilter,
    ::testing::Values(
        BadFilter{"NoObject", "[]", "/filter", "object"},
        BadFilter{"UnknownList", R"({"field":["a"]})", "/filter/field", "nearest is fields"},
        BadFilter{"UnknownEvent", R"({"events":["AssetCreated","AssetCreted"]})", "/filter/events/1", "AssetCreated"},
        BadFilter{"UnknownOperation", R"({"operations":["Created"]})", "/filter/operations/0", "nearest is create"},
        BadFilter{"EmptyList", R"({"fields":[]})", "/filter/fields", "1 to 100"},
        BadFilter{"NoList", R"({"scopes":"AA"})", "/filter/scopes", "1 to 100"},
        BadFilter{"NoText", R"({"scopes":["AA",1]})", "/filter/scopes/1", "text"},
        BadFilter{"EmptyName", R"({"fields":[""]})", "/filter/fields/0", "1 to 100 characters"},
        BadFilter{"LongName", R"({"fields":[")" + std::string(101, 'a') + "\"]}", "/filter/fields/0", "1 to 100"},
        BadFilter{"Twice", R"({"fields":["a","b","a"]})", "/filter/fields/2", "twice"},
        BadFilter{"TooMany", R"({"fields":)" + listOf(101, "f") + "}", "/filter/fields", "1 to 100"},
        BadFilter{"TooLarge", R"({"fields":)" + listOf(90, std::string(90, 'f')) + "}", "/filter", "8 KiB"}),
    [](const auto& each) { return each.param.name; });

TEST(Filters, AnEventThatTheCatalogueHasLostMayStay) {
  ApiFixture api;
  const auto made = api.post(kEndpointsPath, registration("null")).json();
  const auto path = std::string(kEndpointsPath) + "/" + made.at("id").get<std::string>();
  api.backend.endpoints.endpoints.begin()->second.registration.filter.events = {"AssetShelved"};
  EXPECT_EQ(api.send("PUT", path, api.get(path).body).status, 200);
  EXPECT_EQ(api.send("PATCH", path, R"({"filter":{"events":["AssetShelvd"]}})").status, 400);
}

TEST(Explanations, SayWhoWouldBeToldAndWhyTheOthersWouldNot) {
  ApiFixture api;
  api.post(kEndpointsPath, registration("null"));
  api.post(kEndpointsPath, registration(R"({"events":["AssetDeleted"]})"));
  api.post(kEndpointsPath, registration(R"({"operations":["create","delete"]})"));
  api.post(kEndpointsPath, registration(R"({"fields":["title","status"]})"));
  api.post(kEndpointsPath, registration(R"({"scopes":["AA"]})"));
  auto other = Json::parse(registration("null"));
  other["changeTypes"] = 2;
  api.post(kEndpointsPath, other.dump());
  const auto paused = api.post(kEndpointsPath, registration("null")).json().at("id").get<std::string>();
  api.backend.endpoints.state[paused].pausedReason = PausedReason::Operator;

  const auto reply = api.post(
      kExplain,
      R"({"type":"AssetMetadataUpdated","itemId":7,"baseId":1,"operation":"update","scope":"BB","changedFields":["note"]})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto explained = reply.json();
  EXPECT_EQ(explained.at("changeType"), 1);
  EXPECT_EQ(explained.at("changeTypeName"), "AssetChanged");
  EXPECT_EQ(explained.at("operation"), "update");
  std::vector<std::string> reasons;
  std::string details;
  for (const auto& item : explained.at("items")) {
    EXPECT_EQ(item.at("told"), item.at("reason").is_null());
    reasons.push_back(item.at("reason").is_null() ? "" : item.at("reason").get<std::string>());
    details += (item.at("detail").is_null() ? "-" : item.at("detail").get<std::string>()) + "\n";
  }
  EXPECT_THAT(reasons, ElementsAre("", "filter", "filter", "filter", "filter", "mask", "paused"));
  EXPECT_EQ(details,
            "-\n"
            "Its filter wants the events AssetDeleted.\n"
            "Its filter wants the operations create, delete; this is one of update.\n"
            "Its filter wants updates of the fields title, status; this one changed note.\n"
            "Its filter wants the scopes AA; this event has BB.\n"
            "It does not subscribe to AssetChanged.\n"
            "It is paused (operator); what it is told of waits until it is enabled.\n");
  EXPECT_TRUE(api.backend.admission.admitted.empty());
}

TEST(Explanations, ComeInPages) {
  ApiFixture api;
  for (int i = 0; i < 3; ++i) api.post(kEndpointsPath, registration("null"));
  const std::string event = R"({"type":"AssetCreated","itemId":7,"baseId":1})";
  const auto first = api.post(std::string(kExplain) + "?limit=2", event).json();
  EXPECT_EQ(first.at("items").size(), 2U);
  const auto cursor = first.at("nextCursor").get<std::string>();
  const auto second = api.post(std::string(kExplain) + "?limit=2&cursor=" + cursor, event).json();
  EXPECT_EQ(second.at("items").size(), 1U);
  EXPECT_EQ(second.at("nextCursor"), Json());
  EXPECT_NE(second.at("items").at(0).at("endpointId"), first.at("items").at(1).at("endpointId"));
}

TEST(Explanations, TakeOneEventAsItWouldBePublished) {
  ApiFixture api;
  const std::string event = R"({"type":"AssetCreated","itemId":7,"baseId":1})";
  EXPECT_THAT(pointersOf(api.post(kExplain, "[" + event + "," + event + "]")), ElementsAre(""));
  EXPECT_THAT(pointersOf(api.post(kExplain, R"({"type":"AssetCreted","itemId":7,"baseId":1})")), ElementsAre("/type"));
  EXPECT_EQ(api.get(kExplain).status, 405);
}

}  // namespace
}  // namespace lull::api::testing
