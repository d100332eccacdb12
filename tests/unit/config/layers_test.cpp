#include "config_fixture.hpp"

#include <gmock/gmock.h>

#include <tuple>
#include <vector>

namespace lull::config {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Layers = ConfigTest;

TEST_F(Layers, LaterOnesWin) {
  settingsFile(R"({"Delivery": {"MaxConcurrency": 1}})");
  const auto concurrency = [this] { return settings().delivery.maxConcurrency; };
  EXPECT_EQ(concurrency(), 1);
  write("appsettings.Production.json", R"({"Delivery": {"MaxConcurrency": 2}})");
  EXPECT_EQ(concurrency(), 2);
  write("mounted/Delivery__MaxConcurrency", "3\r\n");
  input_.arguments = {"--KeyPerFileDirectory", "mounted"};
  EXPECT_EQ(concurrency(), 3);
  input_.environment["DELIVERY__MAXCONCURRENCY"] = "4";
  EXPECT_EQ(concurrency(), 4);
  input_.arguments.emplace_back("--delivery:maxconcurrency=5");
  EXPECT_EQ(concurrency(), 5);
}

TEST_F(Layers, TheEnvironmentNameChoosesTheFile) {
  write("appsettings.Staging.json", R"({"PathBase": "/staging"})");
  write("appsettings.Test.json", R"({"PathBase": "/test"})");
  EXPECT_EQ(settings().pathBase, "");
  input_.environment["ASPNETCORE_ENVIRONMENT"] = "Test";
  EXPECT_EQ(settings().pathBase, "/test");
  input_.environment["DOTNET_ENVIRONMENT"] = "Staging";
  EXPECT_EQ(settings().pathBase, "/staging");
  EXPECT_EQ(settings().environment, "Staging");
  input_.arguments = {"--environment", "Test"};
  EXPECT_EQ(settings().pathBase, "/test");
  input_.arguments = {"--environment", "../x"};
  EXPECT_THAT(error(), HasSubstr("DOTNET_ENVIRONMENT"));
}

TEST_F(Layers, ContentRootMovesTheFiles) {
  settingsFile(R"({"PathBase": "/here"})");
  write("etc/appsettings.json", R"({"PathBase": "/there"})");
  for (const auto& root : {std::string("etc"), (directory_ / "etc").string()}) {
    input_.arguments = {"--contentRoot", root};
    EXPECT_EQ(settings().pathBase, "/there");
  }
  input_.arguments = {"--contentRoot=nowhere"};
  EXPECT_THAT(error(), HasSubstr("--contentRoot: "));
}

TEST_F(Layers, CommandLineTakesEveryFormOfDotNet) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--PathBase=/x"},
                                                    {"--PathBase", "/x"},
                                                    {"/PathBase=/x"},
                                                    {"/PathBase", "/x"},
                                                    {"PathBase=/x"},
                                                    {"--pathbase=/y", "--PATHBASE=/x"},
                                                    {"--unrelated", "value", "--PathBase=/x"}}) {
    input_.arguments = arguments;
    const LoadedSettings loaded = this->loaded();
    EXPECT_EQ(loaded.settings.pathBase, "/x");
    EXPECT_THAT(loaded.warnings, IsEmpty());
  }
  input_.arguments = {"stray", "--PathBase", "--Redis:KeyPrefix=x", "--Redis:Mode"};
  const std::string message = error();
  EXPECT_THAT(message, HasSubstr("argument 1: is not of the form"));
  EXPECT_THAT(message, HasSubstr("--PathBase has no value"));
  EXPECT_THAT(message, HasSubstr("--Redis:Mode has no value"));
}

TEST_F(Layers, UrlsComeFromTheVariablesOfAspNetCoreToo) {
  settingsFile(R"({"Urls": "http://localhost:1"})");
  const auto port = [this] { return settings().urls.at(0).port; };
  input_.environment["DOTNET_URLS"] = "http://localhost:2";
  EXPECT_EQ(port(), 2);
  input_.environment["ASPNETCORE_URLS"] = "http://localhost:3";
  EXPECT_EQ(port(), 3);
  input_.environment["Urls"] = "http://localhost:4";
  EXPECT_EQ(port(), 4);
}

TEST_F(Layers, UrlsMayEndInASeparatorAsInKestrel) {
  const auto ports = [this] {
    std::vector<int> numbers;
    for (const auto& address : settings().urls) numbers.push_back(address.port);
    return numbers;
  };
  for (const char* urls : {"http://localhost:1;http://localhost:2;", ";http://localhost:1;;http://localhost:2"}) {
    input_.environment["ASPNETCORE_URLS"] = urls;
    EXPECT_THAT(ports(), ElementsAre(1, 2)) << urls;
  }
  input_.environment["ASPNETCORE_URLS"] = ";";
  EXPECT_THAT(error(), HasSubstr("Urls"));
  input_.environment = {{"Egress__AllowedPorts", "1,"}};
  EXPECT_THAT(error(), HasSubstr("Egress:AllowedPorts"));
}

TEST_F(Layers, HttpPortsListenOnEveryAddressUnlessUrlsIsSet) {
  input_.arguments = {"--Authentication:AllowAnonymous=true"};
  input_.environment["ASPNETCORE_HTTP_PORTS"] = "8081;8082";
  LoadedSettings loaded = this->loaded();
  ASSERT_THAT(loaded.settings.urls, SizeIs(2));
  EXPECT_EQ(loaded.settings.urls[0].host, "*");
  EXPECT_EQ(loaded.settings.urls[1].port, 8082);
  EXPECT_EQ(lineOf(loaded, "Urls")->source, "environment variable ASPNETCORE_HTTP_PORTS");
  settingsFile(R"({"Urls": "http://localhost:1"})");
  loaded = this->loaded();
  EXPECT_EQ(loaded.settings.urls.at(0).port, 1);
  EXPECT_THAT(loaded.warnings, Contains(HasSubstr("ASPNETCORE_HTTP_PORTS is ignored, because Urls is set (")));
  settingsFile("{}");
  input_.environment["ASPNETCORE_HTTP_PORTS"] = "http";
  EXPECT_THAT(error(), HasSubstr("the port must be 0-65535"));
  input_.environment = {{"ASPNETCORE_HTTPS_PORTS", "8443"}};
  EXPECT_THAT(this->loaded().warnings, Contains(HasSubstr("ASPNETCORE_HTTPS_PORTS is ignored")));
}

TEST_F(Layers, AByteOrderMarkIsNoPartOfAMountedSecret) {
  write("mounted/PathBase", "\xEF\xBB\xBF/x\n");
  input_.arguments = {"--KeyPerFileDirectory=mounted"};
  EXPECT_EQ(settings().pathBase, "/x");
}

TEST_F(Layers, Utf16IsNamedAsWhatItIs) {
  using namespace std::string_literals;
  for (const auto& text : {"\xFF\xFE{\0}\0"s, "\xFE\xFF\0{\0}"s, "{\0}\0"s, "\0{\0}"s}) {
    settingsFile(text);
    EXPECT_THAT(error(), HasSubstr("appsettings.json: is encoded as UTF-16; save it as UTF-8"));
  }
}

TEST_F(Layers, ArraysMergeByIndexAndAStringReplacesThem) {
  const auto ports = [this] { return settings().egress.allowedPorts; };
  settingsFile(R"({"Egress": {"AllowedPorts": [1, 2, 3]}})");
  EXPECT_THAT(ports(), ElementsAre(PortRange{1, 1}, PortRange{2, 2}, PortRange{3, 3}));
  write("appsettings.Production.json", R"({"Egress": {"AllowedPorts": [4]}})");
  EXPECT_THAT(ports(), ElementsAre(PortRange{4, 4}, PortRange{2, 2}, PortRange{3, 3}));
  input_.environment["Egress__AllowedPorts__12"] = "6-7";
  EXPECT_THAT(ports(), ElementsAre(PortRange{4, 4}, PortRange{2, 2}, PortRange{3, 3}, PortRange{6, 7}));
  input_.arguments = {"--Egress:AllowedPorts=8, 9"};
  EXPECT_THAT(ports(), ElementsAre(PortRange{8, 8}, PortRange{9, 9}));
  input_.arguments = {"--Egress:AllowedPorts=8,9", "--Egress:AllowedPorts:1=10"};
  EXPECT_THAT(ports(), ElementsAre(PortRange{8, 8}, PortRange{10, 10}));
  input_.arguments = {"--Egress:AllowedPorts="};
  EXPECT_THAT(ports(), IsEmpty());
}

TEST_F(Layers, AnIndexReplacesOneEntryOfAStringBelow) {
  settingsFile(R"({"Egress": {"AllowedPorts": "1,2,3"}})");
  input_.environment["Egress__AllowedPorts__1"] = "9";
  const LoadedSettings loaded = this->loaded();
  EXPECT_THAT(loaded.settings.egress.allowedPorts, ElementsAre(PortRange{1, 1}, PortRange{9, 9}, PortRange{3, 3}));
  EXPECT_EQ(lineOf(loaded, "Egress:AllowedPorts")->value, "1,9,3");
  EXPECT_THAT(lineOf(loaded, "Egress:AllowedPorts")->source,
              HasSubstr("appsettings.json:1, environment variable Egress__AllowedPorts__1"));
}

TEST_F(Layers, ObjectsInListsMergeByIndex) {
  settingsFile(R"({"Authentication": {"Mode": "ApiKey", "ApiKeys": [
    {"Name": "a", "Sha256": "x", "Roles": ["Integration_Endpoints_View"]}, ]}})");
  input_.environment["Authentication__ApiKeys__0__Sha256"] = std::string(64, 'A');
  input_.environment["Authentication__ApiKeys__7__Name"] = "b";
  input_.environment["Authentication__ApiKeys__7__Sha256"] = std::string(64, 'b');
  input_.environment["Authentication__ApiKeys__7__Roles"] = "integration_events_publish, Integration_Endpoints_CRUD";
  const auto keys = settings().authentication.apiKeys;
  ASSERT_THAT(keys, SizeIs(2));
  EXPECT_EQ(keys[0].sha256, std::string(64, 'a'));
  EXPECT_THAT(keys[0].roles, ElementsAre("Integration_Endpoints_View"));
  EXPECT_EQ(keys[1].name, "b");
  EXPECT_THAT(keys[1].roles, ElementsAre("Integration_Events_Publish", "Integration_Endpoints_CRUD"));
}

TEST_F(Layers, UnknownKeysWarnInOurSectionsOnly) {
  settingsFile(R"({"Delivery": {"Timout": "00:00:03", "Retry": {"Jiter": 1}}, "AllowedHosts": "*", "Kestrel": {"A": 1},
                   "Authentication": {"ApiKeys": [{"Role": "x"}]}, "ConnectionStrings": {"Database": "x"}})");
  input_.environment = {{"EVENTS", "x"}, {"PATH", "/bin"}, {"REDIS_PORT", "tcp://x"}, {"Redis__KeyPrefx", "p"}};
  input_.arguments = {"--verbose=true", "--Debouncing:Intervall=1"};
  EXPECT_THAT(loaded().warnings,
              testing::UnorderedElementsAre(
                  "Delivery:Timout: unknown key (" + (directory_ / "appsettings.json").string() +
                      ":1); the nearest known key is Delivery:Timeout",
                  HasSubstr("the nearest known key is Delivery:Retry:Jitter"),
                  HasSubstr("the nearest known key is Authentication:ApiKeys:0:Roles"),
                  "Redis:KeyPrefx: unknown key (environment variable Redis__KeyPrefx); the nearest known key is "
                  "Redis:KeyPrefix",
                  HasSubstr("Debouncing:Intervall: unknown key (command line)")));
  input_.arguments.emplace_back("--Delivery:MaxConcurrency=0");
  EXPECT_EQ(countOf(error(), "warning: "), 5U);
}

TEST_F(Layers, TheAliasOfTheConnectionStringLosesOnlyToOneOfTheSameLayer) {
  input_.environment["DOTNET_ENVIRONMENT"] = "Development";
  const auto connection = [this] { return settings().redis.connectionString; };
  settingsFile(R"({"ConnectionStrings": {"Redis": "alias"}, "Redis": {"ConnectionString": ""}})");
  EXPECT_EQ(connection(), "alias");
  settingsFile(R"({"ConnectionStrings": {"Redis": "alias"}, "Redis": {"ConnectionString": "direct"}})");
  EXPECT_EQ(connection(), "direct");
  input_.environment["ConnectionStrings__Redis"] = "above";
  EXPECT_EQ(connection(), "above");
}

TEST_F(Layers, StartErrorsRepeatNoPasswordOfAUrlAndNoKeyInPlaceOfAFile) {
  const std::string key = "k1:" + std::string(43, 'A') + "=";
  for (const auto& [name, value, secret] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"Authentication__Jwt__Authority", "https://svc:hunter2@issuer.test/x", "hunter2"},
           {"Authentication__Jwt__JwksUrl", "https://hunter2@issuer.test/", "hunter2"},
           {"Urls", "http://a@b:hunter2@host:1;http://hunter2@host", "hunter2"},
           {"Encryption__KeyFile", key, "AAAA"},
           {"Encryption__KeyFile", std::string(64, 'a'), "aaaa"},
           {"Authentication__Jwt__PublicKeyPath", "-----BEGIN PRIVATE KEY----- hunter2", "hunter2"},
           {"Egress__CaFile", "-----BEGIN CERTIFICATE-----\nhunter2", "hunter2"}}) {
    input_.environment = {{name, value}};
    const auto message = error();
    EXPECT_THAT(message, HasSubstr("***"));
    EXPECT_THAT(message, Not(HasSubstr(secret))) << name;
  }
  input_.environment = {{"Encryption__KeyFile", key}};
  EXPECT_THAT(error(), HasSubstr("write it into a file, and name that file here"));
  input_.environment = {{"Encryption__KeyFile", "/run/secrets/missing"}};
  EXPECT_THAT(error(), HasSubstr("\"/run/secrets/missing\""));
}

TEST_F(Layers, StrangeKeysAndValuesStayOnOneLine) {
  settingsFile(R"({"Delivery": {"Time\nout": "x"}, "Logging": {"LogLevel": {"A\u001bB": "Debug"}}})");
  const LoadedSettings loaded = this->loaded();
  EXPECT_THAT(loaded.warnings, ElementsAre(testing::StartsWith("Delivery:Time\\x0aout: unknown key")));
  EXPECT_THAT(renderConfig(loaded), HasSubstr("Logging:LogLevel:A\\x1bB = Debug"));
  settingsFile("{\"Delivery\": {\"Timeout\": \"" + std::string(1000, 'x') + "\\n\"}}");
  EXPECT_LT(error().size(), 600U);
}

TEST_F(Layers, BlanksAroundAValueAreNoPartOfIt) {
  settingsFile(R"({"Debouncing": {"Interval": "  00:00:07\t"}, "Delivery": {"SuccessStatuses": [" 200", "202 "],
                   "PermanentStatuses": " 400 ,\t5xx "}})");
  const Settings settings = this->settings();
  EXPECT_EQ(settings.debouncing.interval, Millis{7000});
  EXPECT_EQ(settings.delivery.successStatuses.text(), "200,202");
  EXPECT_EQ(settings.delivery.permanentStatuses.text(), "400,5xx");
}

TEST_F(Layers, KeyPerFileDirectoryReadsLinksAsKubernetesMountsThem) {
  write("secrets/..2026/ConnectionStrings__Redis", "cache:7000\n");
  std::filesystem::create_directory_symlink("..2026", directory_ / "secrets/..data");
  std::filesystem::create_symlink("..data/ConnectionStrings__Redis", directory_ / "secrets/ConnectionStrings__Redis");
  write("secrets/unrelated", std::string(5 * 1024 * 1024, 'x'));
  input_.environment["DOTNET_ENVIRONMENT"] = "Development";
  input_.arguments = {"--KeyPerFileDirectory=" + (directory_ / "secrets").string()};
  EXPECT_EQ(settings().redis.connectionString, "cache:7000");
  input_.arguments = {"--KeyPerFileDirectory=missing"};
  EXPECT_THAT(error(), HasSubstr("--KeyPerFileDirectory: "));
}

TEST_F(Layers, RenderShowsEveryWinnerWithItsSourceAndNoSecret) {
  input_.environment = {{"DOTNET_ENVIRONMENT", "Development"},
                        {"Redis__ConnectionString", "cache:7000,password=hunter2,ssl=true"},
                        {"Authentication__ApiKeys__0__Name", "ci"},
                        {"Authentication__ApiKeys__0__Sha256", std::string(64, 'c')},
                        {"Authentication__ApiKeys__0__Roles", "Integration_Endpoints_View"}};
  input_.arguments = {"--Debouncing:Interval=00:01:00"};
  const std::string text = renderConfig(loaded());
  EXPECT_THAT(text, HasSubstr("Debouncing:Interval = 00:01:00  (command line)\n"));
  EXPECT_THAT(text, HasSubstr("Debouncing:MaxWait = 00:06:00  (default)\n"));
  EXPECT_THAT(text, HasSubstr("Redis:Mode = External  (default)\n"));
  EXPECT_THAT(text, HasSubstr("Redis:ConnectionString = cache:7000,password=***,ssl=true  "
                              "(environment variable Redis__ConnectionString)\n"));
  EXPECT_THAT(text, HasSubstr("Authentication:ApiKeys:0:Sha256 = ***  "));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, Not(HasSubstr("cccc")));
}

}  // namespace
}  // namespace lull::config
