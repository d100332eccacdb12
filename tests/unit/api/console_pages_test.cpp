// The console's page and its parts, as they are embedded: addresses, headers, and what is not there.
#include "fakes/client.hpp"

#include <lull/web/assets.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace lull::api::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

ApiSettings below(const std::string& pathBase) {
  ApiSettings settings;
  settings.pathBase = pathBase;
  return settings;
}

void expectSafe(const WireReply& reply) {
  EXPECT_EQ(reply.header("content-security-policy"), kPolicy);
  EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(reply.header("referrer-policy"), "no-referrer");
}

TEST(ConsolePage, HasThePartsThatItNamesAndNoOthersAreEmbedded) {
  ApiFixture api(below("/lull"));
  const auto page = api.get("/lull/console/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.header("cache-control"), "no-cache");
  expectSafe(page);
  ASSERT_GE(web::consoleAssets().size(), 3U) << "a page, a script, styles";
  for (const auto& asset : web::consoleAssets()) {
    const std::string path(asset.path);
    if (path == "/console/index.html") continue;
    EXPECT_THAT(path, MatchesRegex("/console/[a-z-]+-[0-9a-f]+[.](js|css|svg)"));
    EXPECT_THAT(page.body, HasSubstr("\"" + path.substr(path.rfind('/') + 1) + "\"")) << "a relative link";
    const auto part = api.get("/lull" + path);
    EXPECT_EQ(part.status, 200) << path;
    EXPECT_EQ(part.body, asset.body) << path;
    EXPECT_EQ(part.header("content-type"), asset.contentType);
    EXPECT_EQ(part.header("cache-control"), "public, max-age=31536000, immutable");
    expectSafe(part);
    const auto head = api.request("HEAD", "/lull" + path);
    EXPECT_EQ(head.header("content-length"), std::to_string(asset.body.size())) << path;
    EXPECT_EQ(head.body, "");
  }
}

TEST(ConsolePage, IsLedToFromTheRootAndFromItsAddressWithoutTheSlash) {
  for (const std::string base : {"", "/lull"}) {
    ApiFixture api(below(base));
    for (const std::string path : {"/", "/console"}) {
      const auto reply = api.get(base + path);
      EXPECT_EQ(reply.status, 302) << base << path;
      EXPECT_EQ(reply.header("location"), base + "/console/");
      expectSafe(reply);
    }
  }
}

TEST(ConsolePage, TakesWhateverAProviderLeadsBackWith) {
  ApiFixture api;
  const auto page = api.get("/console/").body;
  for (const std::string query :
       {"?code=c&state=s&session_state=x&iss=https%3A%2F%2Fid", "?error=access_denied", "?%zz"}) {
    const auto reply = api.get("/console/" + query);
    EXPECT_EQ(reply.status, 200) << query;
    EXPECT_EQ(reply.body, page) << "nothing of it is repeated";
  }
  EXPECT_EQ(api.get("/console?code=c").status, 400);
}

TEST(ConsolePage, HasNothingInlineThatItsPolicyWouldBlock) {
  ApiFixture api;
  const auto body = api.get("/console/").body;
  EXPECT_THAT(body, ::testing::Not(HasSubstr("<script>")));
  EXPECT_THAT(body, ::testing::Not(HasSubstr("<style")));
  EXPECT_THAT(body, ::testing::Not(HasSubstr("style=")));
  EXPECT_THAT(body, ::testing::Not(HasSubstr("http://")));
}

TEST(ConsolePage, OtherFilesAreNotThere) {
  ApiFixture api;
  for (const std::string path : {"/console/nothing.js", "/console/../swagger/v1/swagger.json", "/console/a/b",
                                 "/console/..%2Fapi-docs%2Findex.html", "/console//"}) {
    EXPECT_EQ(api.get(path).status, 404) << path;
  }
  EXPECT_EQ(api.get("/console/nothing.js").header("cache-control"), "no-store");
  const auto refused = api.post("/console/", "{}");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("allow"), "GET, HEAD");
}

}  // namespace
}  // namespace lull::api::testing
