// Pages of other sites: what their browsers may not do here.
#include "fakes/client.hpp"

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kRead = "/api/v1/change-types";

WireReply ask(const ApiFixture& api, const std::string& line, const std::string& host, const HeaderFields& more = {}) {
  RawConnection connection(api.port());
  std::string text = line + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n";
  for (const auto& [name, value] : more) text += name + ": " + value + "\r\n";
  connection.send(text + "\r\n");
  return connection.readReply();
}

WireReply get(const ApiFixture& api, const std::string& host) {
  return ask(api, std::string("GET ") + kRead, host);
}

TEST(HostName, WithoutAuthenticationOnlyLoopbackNamesAndLiteralsAreServed) {
  ApiFixture api;
  for (const auto* host : {"localhost", "LOCALHOST:8080", "localhost.", "lull.localhost:1", "127.0.0.1:8080",
                           "10.1.2.3", "[::1]:8080", "[fd00::1]"}) {
    EXPECT_EQ(get(api, host).status, 200) << host;
  }
  for (const auto* host : {"attacker.test", "attacker.test:8080", "localhost.attacker.test", "127.0.0.1.attacker.test",
                           "2130706433", "0x7f.1", "[::1", "notlocalhost"}) {
    const auto reply = get(api, host);
    EXPECT_EQ(reply.status, 421) << host;
    EXPECT_THAT(reply.body, HasSubstr("AllowedHosts")) << host;
  }
  // Nothing is told or done under a foreign name: no secret read, no health, no page.
  for (const auto* line : {"GET /healthz/live", "GET /metrics", "GET /api-docs", "DELETE /api/v1/endpoints/ep_1"}) {
    EXPECT_EQ(ask(api, line, "attacker.test").status, 421) << line;
  }
}

TEST(HostName, IsServedWhereTheSettingNamesIt) {
  ApiSettings settings;
  settings.allowedHosts = {"Lull.example.com", "*.svc.cluster.local"};
  ApiFixture api(settings);
  for (const auto* host : {"lull.example.com", "LULL.EXAMPLE.COM:443", "lull.ns.svc.cluster.local"}) {
    EXPECT_EQ(get(api, host).status, 200) << host;
  }
  for (const auto* host : {"svc.cluster.local", "other.example.com", "xsvc.cluster.local", "127.0.0.1"}) {
    EXPECT_EQ(get(api, host).status, 421) << host;
  }
  settings.allowedHosts = {"*"};
  ApiFixture any(settings);
  EXPECT_EQ(get(any, "attacker.test").status, 200);
}

TEST(HostName, IsNotJudgedWhereACredentialIsNeeded) {
  ApiSettings settings;
  settings.auth.mode = auth::AuthMode::ApiKey;
  ApiFixture api(settings);
  EXPECT_EQ(get(api, "lull.internal").status, 401);
}

WireReply write(const ApiFixture& api, const HeaderFields& more) {
  auto headers = more;
  headers.emplace_back("Content-Length", "0");
  return ask(api, "POST /api/v1/windows/flush", "localhost:8080", headers);
}

TEST(ForeignOrigin, MayNotWriteInAnyMode) {
  for (const auto mode : {auth::AuthMode::None, auth::AuthMode::ApiKey}) {
    ApiSettings settings;
    settings.auth.mode = mode;
    ApiFixture api(settings);
    const int served = mode == auth::AuthMode::None ? 200 : 401;
    EXPECT_EQ(write(api, {}).status, served) << "a program";
    EXPECT_EQ(write(api, {{"Origin", "http://localhost:8080"}}).status, served) << "our own page";
    EXPECT_EQ(write(api, {{"Origin", "https://lull.example.com"}, {"Sec-Fetch-Site", "same-origin"}}).status, served)
        << "our own page behind a proxy that ends TLS";
    EXPECT_EQ(write(api, {{"Sec-Fetch-Site", "none"}}).status, served) << "the address bar";
    for (const auto& foreign :
         {HeaderFields{{"Origin", "http://attacker.test"}}, HeaderFields{{"Origin", "null"}},
          HeaderFields{{"Origin", "http://localhost:8081"}}, HeaderFields{{"Origin", ""}},
          HeaderFields{{"Sec-Fetch-Site", "cross-site"}}, HeaderFields{{"Sec-Fetch-Site", "same-site"}},
          HeaderFields{{"Origin", "http://localhost:8080"}, {"Sec-Fetch-Site", "cross-site"}}}) {
      const auto reply = write(api, foreign);
      EXPECT_EQ(reply.status, 403) << foreign.front().second;
      EXPECT_THAT(reply.body, HasSubstr("Cors:Origins"));
    }
    EXPECT_EQ(ask(api, std::string("GET ") + kRead, "localhost", {{"Origin", "http://attacker.test"}}).status, served)
        << "reading needs no guard: the browser shows the page nothing";
  }
}

TEST(Cors, IsOffUnlessAnOriginIsNamed) {
  ApiFixture api;
  const HeaderFields preflight{{"Origin", "https://console.example.com"}, {"Access-Control-Request-Method", "POST"}};
  EXPECT_EQ(ask(api, "OPTIONS /api/v1/events", "localhost", preflight).status, 405);
  EXPECT_EQ(ask(api, std::string("GET ") + kRead, "localhost", preflight).header("access-control-allow-origin"), "");
}

TEST(Cors, LetsPagesOfANamedOriginCallAndRead) {
  ApiSettings settings;
  settings.corsOrigins = {"https://console.example.com"};
  ApiFixture api(settings);
  const HeaderFields preflight{{"Origin", "https://console.example.com"}, {"Access-Control-Request-Method", "POST"}};
  const auto allowed = ask(api, "OPTIONS /api/v1/windows/flush", "localhost", preflight);
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.header("access-control-allow-origin"), "https://console.example.com");
  EXPECT_THAT(allowed.header("access-control-allow-headers"), HasSubstr("X-Api-Key"));
  const auto done = write(api, {{"Origin", "https://console.example.com"}, {"Sec-Fetch-Site", "cross-site"}});
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.header("access-control-allow-origin"), "https://console.example.com");
  EXPECT_EQ(done.header("vary"), "Origin");
  const auto other = write(api, {{"Origin", "https://console.example.com.attacker.test"}});
  EXPECT_EQ(other.status, 403);
  EXPECT_EQ(other.header("access-control-allow-origin"), "");
}

}  // namespace
}  // namespace lull::api::testing
