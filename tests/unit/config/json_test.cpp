#include "config_fixture.hpp"

#include <gmock/gmock.h>

namespace lull::config {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Json = ConfigTest;

TEST_F(Json, MayHoldCommentsTrailingCommasAndAByteOrderMark) {
  settingsFile(
      "\xEF\xBB\xBF// first, [\n"
      "{ /* , } */ \"Delivery\": { \"Timeout\": \"00:00:03\", // seconds, }\n"
      "    \"Retry\": { \"Schedule\": [ \"00:00:01\", \"00:00:02\" , /* end */ ], }, },\n"
      "  \"PathBase\": \"/a,]\" ,\n"
      "}\n");
  write("appsettings.Production.json", R"({"PathBase": "/a", })");
  const Settings s = settings();
  EXPECT_EQ(s.delivery.timeout, seconds{3});
  EXPECT_THAT(s.delivery.retry.schedule, ElementsAre(seconds{1}, seconds{2}));
  EXPECT_EQ(s.pathBase, "/a");
}

TEST_F(Json, LeavesCommasInsideTextsAlone) {
  settingsFile(R"({"Authentication": {"Jwt": {"Audience": "a,]\",}"}}})");
  EXPECT_EQ(settings().authentication.jwt.audience, "a,]\",}");
}

TEST_F(Json, ComparesKeysWithoutCaseAndTheLastOneWins) {
  settingsFile(R"({"DELIVERY": {"timeout": "00:00:03", "TimeOut": "00:00:04"}, "delivery:TIMEOUT": "00:00:05",
                   "Egress": {"AllowedPorts": [1, 2, 3], "allowedports": [4]}})");
  EXPECT_EQ(settings().delivery.timeout, seconds{5});
  EXPECT_THAT(settings().egress.allowedPorts, ElementsAre(PortRange{4, 4}));
}

TEST_F(Json, TakesNumbersAndBooleansForTexts) {
  settingsFile(R"({"Delivery": {"MaxConcurrency": 32, "Retry": {"Jitter": 0.25}}, "Redis": {"AllowVolatile": true}})");
  const Settings s = settings();
  EXPECT_EQ(s.delivery.maxConcurrency, 32);
  EXPECT_DOUBLE_EQ(s.delivery.retry.jitter, 0.25);
  EXPECT_TRUE(s.redis.allowVolatile);
}

TEST_F(Json, TakesNullForEmpty) {
  settingsFile(R"({"Debouncing": {"MaxWait": null}, "Redis": {"ConnectionString": null}, "Delivery": null,
                   "Egress": {"AllowedNetworks": null}, "Authentication": {"ApiKeys": []}})");
  const LoadedSettings loaded = this->loaded();
  EXPECT_EQ(loaded.settings.debouncing.maxWait, seconds{30});
  EXPECT_THAT(loaded.settings.egress.allowedNetworks, IsEmpty());
  EXPECT_THAT(loaded.warnings, IsEmpty());
  settingsFile(R"({"Delivery": {"Timeout": null}})");
  EXPECT_THAT(error(), HasSubstr("Delivery:Timeout = \"\""));
}

TEST_F(Json, EmptyArrayEmptiesTheList) {
  settingsFile(R"({"Delivery": {"Retry": {"Schedule": []}}})");
  EXPECT_THAT(settings().delivery.retry.schedule, IsEmpty());
}

struct Broken {
  std::string text;
  std::string where;
};

TEST_F(Json, BrokenIsReportedWithFileLineAndColumn) {
  const std::vector<Broken> cases{
      {"{\n  \"Urls\": nope\n}", "line 2, column 12"},
      {"{\n  \"Urls\": \"x\"\n  \"PathBase\": \"\"\n}", "line 3, column 12"},
      {"{\n  \"Urls\": \"x\",\n", "line 3, column 1"},
      {std::string("{\n}\0{}", 6), "line 2, column 2: a NUL byte is no JSON"},
      {"", "line 1, column 1"},
      {"[]", "line 1, column 1"},
      {"\"text\"", "line 1, column 6"},
      {"{\"a\": [,]}", "line 1, column 8"},
      {"{\"a\": [1,,]}", "line 1, column 10"},
      {"{,}", "line 1, column 2"},
      {"{} {}", "line 1, column 4"},
      {"{ /* open ", "line 1"},
      {"{\"a\": \"open", "line 1"},
  };
  for (const auto& [text, where] : cases) {
    settingsFile(text);
    const std::string message = error();
    EXPECT_THAT(message, HasSubstr((directory_ / "appsettings.json").string() + ": " + where)) << text;
    EXPECT_EQ(countOf(message, "error:"), 1U) << message;
  }
}

TEST_F(Json, BrokenNeverRepeatsWhatItHolds) {
  settingsFile("{\"Redis\": {\"ConnectionString\": \"cache,password=hunter2\n\"}}");
  EXPECT_EQ(error().find("hunter2"), std::string::npos);
}

TEST_F(Json, DepthIsBounded) {
  std::string nested = "1";
  for (int i = 0; i < 100000; ++i) nested = "[" + nested;
  settingsFile("{\"Other\": " + nested);
  EXPECT_THAT(error(), HasSubstr("nested deeper than 64 levels"));
}

TEST_F(Json, ProblemsOfTheOtherLayersAreReportedToo) {
  settingsFile("{");
  write("appsettings.Production.json", R"({"Delivery": {"Timeout": "x"}})");
  input_.environment["Redis__Mode"] = "Cluster";
  EXPECT_EQ(countOf(error(), "error:"), 3U);
}

TEST_F(Json, SourcesNameTheLineOfTheValue) {
  const std::string path = write("appsettings.json",
                                 "{\n\"Delivery\":\n{\n\"MaxConcurrency\": 5\n,\n\"Retry\": {\"Schedule\": [\n"
                                 "\"00:00:01\",\n\"soon\"\n]},\n\"Timeout\":\n\"x\"\n}}");
  const std::string message = error();
  EXPECT_THAT(message, HasSubstr("Delivery:Retry:Schedule = \"soon\" (" + path + ":8)"));
  EXPECT_THAT(message, HasSubstr("Delivery:Timeout = \"x\" (" + path + ":11)"));
  write("appsettings.json", "{\n\"Delivery\": {\n\"MaxConcurrency\": 0\n}}");
  EXPECT_THAT(error(), HasSubstr(path + ":3)"));
}

}  // namespace
}  // namespace lull::config
