// What a client sends is taken as it was meant or refused by name: nothing of it is passed over.
#include "../../../service/api/routes.hpp"
#include "fakes/client.hpp"
#include "unit/text/url_rows.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class StrictInput : public ::testing::Test {
 protected:
  StrictInput() { api.registerEndpoint(); }

  static std::string pathOf(const Route& route) {
    std::string path(route.pattern);
    const auto brace = path.find("{id}");
    const std::string id = path.find("dead-letters") != std::string::npos ? "dl_0001"
                           : path.starts_with("/api-docs")                ? "swagger-ui.css"
                                                                          : "ep_00000000000000000001";
    return brace == std::string::npos ? path : path.replace(brace, 4, id);
  }
  std::size_t countOf(const std::string& path) { return api.get(path).json().at("items").size(); }

  ApiFixture api;
  Backend& backend = api.backend;
};

TEST_F(StrictInput, EveryRouteRefusesAQueryParameterThatItDoesNotKnow) {
  for (const auto& route : routeTable()) {
    if (route.query == kAnyQuery) continue;  // console_pages_test.cpp has the only one
    const auto what = std::string(route.method) + " " + std::string(route.pattern);
    const auto body = route.takes == Takes::Nothing ? "" : R"({"all":true})";
    const auto unknown = api.send(std::string(route.method), pathOf(route) + "?surprise=1&%20=2", body);
    ASSERT_EQ(unknown.status, 400) << what << " " << unknown.body;
    EXPECT_THAT(pointersOf(unknown), ::testing::IsSupersetOf({"surprise", " "})) << what;
    const auto broken = api.send(std::string(route.method), pathOf(route) + "?%zz", body);
    EXPECT_EQ(broken.status, 400) << what;
  }
  EXPECT_EQ(backend.deadLetters.bulkCalls, 0);
  EXPECT_EQ(backend.endpoints.endpoints.size(), 1U) << "nothing was deleted or created";
}

TEST_F(StrictInput, AFilterInTheQueryOfABulkCallPurgesNothing) {
  const auto purge = api.post("/api/v1/dead-letters/purge?endpointId=ep_00000000000000000001", R"({"all":true})");
  EXPECT_EQ(purge.status, 400);
  EXPECT_THAT(pointersOf(purge), ElementsAre("endpointId"));
  EXPECT_EQ(backend.deadLetters.bulkCalls, 0);
}

TEST_F(StrictInput, NullInABulkFilterIsRefused) {
  const std::string queue = "/api/v1/endpoints/ep_00000000000000000001/queue/";
  for (const auto& path : {std::string("/api/v1/dead-letters/purge"), std::string("/api/v1/dead-letters/retry"),
                           queue + "purge", queue + "retry", std::string("/api/v1/windows/flush")}) {
    EXPECT_THAT(pointersOf(api.post(path, R"({"changeType":null})")), ElementsAre("/changeType")) << path;
    EXPECT_EQ(api.post(path, "null").status, 400) << path;
  }
  for (const std::string name : {"endpointId", "itemId", "status", "reason", "superseded", "since", "until", "ids",
                                 "includeSuperseded", "dryRun", "all"}) {
    const auto reply = api.post("/api/v1/dead-letters/purge", R"({"all":true,")" + name + R"(":null})");
    EXPECT_EQ(reply.status, 400) << name;
    EXPECT_EQ(api.post("/api/v1/dead-letters/purge", R"({"status":503,")" + name + R"(":null})").status, 400) << name;
  }
  EXPECT_EQ(backend.deadLetters.bulkCalls, 0);
  EXPECT_FALSE(backend.windows.flushes);
}

TEST_F(StrictInput, TwoFiltersThatMayDifferAreRefused) {
  const auto reply = api.post("/api/v1/windows/flush?itemId=4", R"({"itemId":5,"changeType":1})");
  EXPECT_THAT(pointersOf(reply), ElementsAre("/itemId"));
  EXPECT_FALSE(backend.windows.flushes);
  EXPECT_EQ(api.post("/api/v1/windows/flush?itemId=4", R"({"changeType":1})").status, 200);
  EXPECT_EQ(backend.windows.lastFilter.itemId, "4");
  EXPECT_EQ(backend.windows.lastFilter.changeType, 1U);
}

TEST_F(StrictInput, AnItemIdWithNulIsFiltered) {
  const std::string id("a\0b", 3);
  EXPECT_EQ(api.get("/api/v1/windows?itemId=a%00b").status, 200);
  EXPECT_EQ(backend.windows.lastFilter.itemId, id);
  EXPECT_EQ(api.get("/api/v1/dead-letters?itemId=a%00b").status, 200);
  EXPECT_EQ(backend.deadLetters.lastBulk.filter.itemId, id);
  EXPECT_EQ(api.post("/api/v1/dead-letters/retry", R"({"itemId":"a\u0000b"})").status, 202);
  EXPECT_EQ(backend.deadLetters.lastBulk.filter.itemId, id);
  EXPECT_EQ(api.get("/api/v1/endpoints/ep_%00").status, 404) << "an id of ours has none";
}

TEST_F(StrictInput, TheIdOfALetterMayBeAsLongAsItsItemsIdMakesIt) {
  backend.deadLetters.letter.id = "dl_" + std::string(1150, 'a');
  EXPECT_EQ(api.get("/api/v1/dead-letters/" + backend.deadLetters.letter.id).status, 200);
  EXPECT_EQ(api.request("POST", "/api/v1/dead-letters/" + backend.deadLetters.letter.id + "/retry").status, 202);
  EXPECT_EQ(api.request("DELETE", "/api/v1/dead-letters/" + backend.deadLetters.letter.id).status, 204);
  EXPECT_EQ(api.get("/api/v1/dead-letters/dl_" + std::string(4000, 'a')).status, 404);
}

TEST_F(StrictInput, NamesAreFoundWhateverTheirCase) {
  for (const std::string name : {"Zürich", "ΟΔΥΣΣΕΥΣ", "Страна", "ǅ", "ﬁn", "Straße"}) {
    const auto body = Json{{"name", name}, {"url", "https://h.example"}, {"changeTypes", 1}};
    ASSERT_EQ(api.post("/api/v1/endpoints", body.dump()).status, 201);
  }
  // Z%C3%9CRICH, zürich, οδυσσευς with its final sigma, СТРАНА, ǆ and Ǆ.
  for (const std::string filter :
       {"Z%C3%9CRICH", "z%C3%BCri", "%CE%BF%CE%B4%CF%85%CF%83%CF%83%CE%B5%CF%85%CF%82", "%CF%83%CE%B5%CF%85%CF%83",
        "%D0%A1%D0%A2%D0%A0%D0%90%D0%9D%D0%90", "%C7%86", "%C7%84", "CATALOGUE", "STRA%C3%9FE"}) {
    EXPECT_EQ(countOf("/api/v1/endpoints?name=" + filter), 1U) << filter;
  }
  EXPECT_EQ(countOf("/api/v1/endpoints?name=zurich"), 0U) << "accents stay";
  EXPECT_EQ(countOf("/api/v1/endpoints?name=STRASSE"), 0U) << "one character for one";
}

struct RefusedUrl {
  const char* url;
  const char* says;
};

TEST_F(StrictInput, AHostBeyondAsciiIsToldItsOtherName) {
  for (const auto& [url, says] : {RefusedUrl{"http://bücher.test/", "write xn--bcher-kva.test for it"},
                                  RefusedUrl{"https://BÜCHER.test:8443/a?b=ü", "write xn--bcher-kva.test for it"},
                                  RefusedUrl{"http://bu\u0308cher.test", "write xn--bcher-kva.test for it"},
                                  RefusedUrl{"http://пример.рф/", "write xn--e1afmkfd.xn--p1ai for it"},
                                  RefusedUrl{"http://faß.de/", "write xn--fa-hia.de for it"},
                                  RefusedUrl{"http://\u2028x.test/", "no internationalized name"},
                                  RefusedUrl{"http://hooks.test/bücher", "must be percent-encoded"}}) {
    const auto reply = api.post("/api/v1/endpoints", Json{{"name", "n"}, {"url", url}, {"changeTypes", 1}}.dump());
    EXPECT_EQ(reply.status, 400) << url;
    EXPECT_THAT(pointersOf(reply), ElementsAre("/url"));
    EXPECT_THAT(reply.body, HasSubstr(says)) << url;
  }
  EXPECT_EQ(api.post("/api/v1/endpoints", R"({"name":"n","url":"http://xn--bcher-kva.test/","changeTypes":1})").status,
            201);
}

TEST_F(StrictInput, AUrlIsTakenExactlyWhenItCanBeCalled) {
  const auto statusFor = [&](const std::string& url) {
    return api.post("/api/v1/endpoints", Json{{"name", "n"}, {"url", url}, {"changeTypes", 1}}.dump()).status;
  };
  for (const auto& row : text::testing::acceptedUrls()) EXPECT_EQ(statusFor(row.url), 201) << row.url;
  for (const auto& url : text::testing::refusedUrls()) EXPECT_EQ(statusFor(url), 400) << url;
}

TEST_F(StrictInput, AHeaderValueIsKeptForTheSameOriginHoweverItIsWritten) {
  const auto statusFor = [&](const std::string& from, const std::string& to) {
    const Json registration{{"name", "n"}, {"url", from}, {"changeTypes", 1}, {"headers", {{"X-Key", "k"}}}};
    const auto path =
        "/api/v1/endpoints/" + api.post("/api/v1/endpoints", registration.dump()).json()["id"].get<std::string>();
    return api.send("PATCH", path, Json{{"url", to}, {"headers", {{"X-Key", "***"}}}}.dump()).status;
  };
  EXPECT_EQ(statusFor("https://hooks.test/a", "HTTPS://Hooks.test:0443/b"), 200);
  EXPECT_EQ(statusFor("http://[2001:db8::1]/", "http://[2001:DB8:0:0::1]:80/"), 200);
  EXPECT_EQ(statusFor("https://hooks.test/", "http://hooks.test/"), 400);
  EXPECT_EQ(statusFor("https://hooks.test/", "https://hooks.test:8443/"), 400);
  EXPECT_EQ(statusFor("https://hooks.test/", "https://hooks.test./"), 400);
}

TEST_F(StrictInput, ATimeSpanMayStandBetweenBlanks) {
  const Json registration{{"name", "n"}, {"url", "https://h.example"}, {"changeTypes", 1}, {"timeout", "\t00:00:07\n"}};
  const auto reply = api.post("/api/v1/endpoints", registration.dump());
  ASSERT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(reply.json()["timeout"], "00:00:07");
}

TEST_F(StrictInput, AHeaderValueThatHttpWouldDropIsRefused) {
  for (const std::string value : {" ", "  ", "\t"}) {
    auto body = Json::parse(R"({"name":"n","url":"https://h.example","changeTypes":1})");
    body["headers"] = {{"X-Blank", value}, {"X-Good", "a b"}, {"X-Empty", ""}};
    const auto reply = api.post("/api/v1/endpoints", body.dump());
    EXPECT_EQ(reply.status, 400) << '[' << value << ']';
    EXPECT_THAT(pointersOf(reply), ::testing::Each("/headers/X-Blank"));
  }
}

TEST_F(StrictInput, DataIsAnyJsonAndKeepsItsBytes) {
  const std::string digits(400, '7');
  const std::vector<std::string> values{"1e400",
                                        "-1E+400",
                                        "[1e400,1.5e-400,{\"a\":9e999}]",
                                        digits,
                                        digits + "." + digits + "e" + digits,
                                        R"({"1e400":"1e400 )" + digits + R"(","b":2E400})",
                                        R"("\"1e400\\")"};
  for (const auto& value : values) {
    const auto event = R"({"type":"AssetCreated","itemId":"00)" + digits.substr(0, 100) + R"(e9","baseId":12,"data":)" +
                       value + R"( ,"traceparent":null})";
    for (const bool lines : {false, true}) {
      backend.admission.admitted.clear();
      const auto reply = lines ? api.request("POST", "/api/v1/events", event + "\n" + event + "\n",
                                             {{"Content-Type", "application/x-ndjson"}})
                               : api.post("/api/v1/events", "[" + event + "]");
      ASSERT_EQ(reply.status, 202) << value << " " << reply.body;
      EXPECT_EQ(backend.admission.admitted.at(0).data, value);
      EXPECT_EQ(backend.admission.admitted.at(0).itemId.text(), "00" + digits.substr(0, 100) + "e9");
    }
  }
}

TEST_F(StrictInput, ANumberThatIsNoneAndAnItemIdThatIsTooLargeAreStillRefused) {
  const auto refused = [&](const std::string& members) {
    return api.post("/api/v1/events", R"({"type":"AssetCreated",)" + members + "}");
  };
  for (const std::string value : {"1e", "1e+", "1e400.5", "01e400", "1e400e1", "-", "1.e400", "1e4x00", "+1e400"}) {
    EXPECT_EQ(refused(R"("itemId":1,"baseId":1,"data":[1e400,)" + value + "]").status, 400) << value;
  }
  for (const std::string value : {"1e400", "9223372036854775808", "99999999999999999999999999999999", "1e0"}) {
    EXPECT_THAT(pointersOf(refused(R"("data":1e400,"baseId":1,"itemId":)" + value)), ElementsAre("/itemId")) << value;
  }
  EXPECT_TRUE(backend.admission.admitted.empty());
}

TEST_F(StrictInput, ErrorsOfEarlierLinesOutliveAHugeNumber) {
  const auto reply = api.request("POST", "/api/v1/events",
                                 "{\"type\":\"Nothing\",\"itemId\":1,\"baseId\":1}\n"
                                 "{\"type\":\"AssetCreated\",\"itemId\":1,\"data\":1e400}\n",
                                 {{"Content-Type", "application/x-ndjson"}});
  EXPECT_THAT(pointersOf(reply), UnorderedElementsAre("/0/type", "/1/baseId"));
}

}  // namespace
}  // namespace lull::api::testing
