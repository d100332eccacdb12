// Access tokens at the door: who comes in, who does not, and what they are told.
#include "../../../service/api/routes.hpp"
#include "../../../service/auth/key_set.hpp"
#include "../auth/fakes/tokens.hpp"
#include "fakes/client.hpp"

#include <lull/text/base64.hpp>
#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>

#include <gmock/gmock.h>

namespace lull::api::testing {
namespace {

using namespace auth::testing;

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kIssuer = "https://id.example.com/realms/x";
const std::string kStatsPath = "/api/v1/stats";
constexpr std::string_view kRs256 = R"({"alg":"RS256","kid":"rsa"})";
constexpr std::string_view kEs256 = R"({"alg":"ES256","kid":"ec"})";

/// Keys that the test chooses.
class FakeKeySets final : public auth::KeySets {
 public:
  std::shared_ptr<const auth::KeySet> current() override { return keys; }
  std::shared_ptr<const auth::KeySet> newerThan(const std::shared_ptr<const auth::KeySet>&) override {
    ++asked;
    if (next) keys = next;
    return keys;
  }
  static std::shared_ptr<const auth::KeySet> of(const std::vector<Json>& jwks) {
    auto set = *auth::parseKeySet(keySetText(jwks));
    set.issuer = kIssuer;
    return std::make_shared<const auth::KeySet>(std::move(set));
  }

  std::shared_ptr<const auth::KeySet> keys = of({rsaKey().jwk("rsa"), ecKey().jwk("ec")});
  std::shared_ptr<const auth::KeySet> next;
  int asked = 0;
};

Json goodClaims() {
  const auto now = millisOf(kNow) / 1000;
  return {{"iss", kIssuer},
          {"aud", "lull"},
          {"sub", "ada"},
          {"exp", now + 300},
          {"roles", Json::array({"Integration_Endpoints_View"})}};
}

class TokenAccess : public ::testing::Test {
 protected:
  static ApiSettings settings() {
    ApiSettings settings;
    settings.auth.mode = auth::AuthMode::Jwt;
    settings.auth.token.audience = "lull";
    settings.auth.keys = {{"ada",
                           text::toHex(text::sha256("view.key.dots")),
                           {"Integration_Endpoints_CRUD", "Integration_Events_Publish"}}};
    return settings;
  }
  WireReply with(const std::string& token, const std::string& path = kStatsPath) {
    return api.get(path, {{"Authorization", "Bearer " + token}});
  }
  /// Refused, saying this, and without repeating anything of the token.
  void refuses(const std::string& token, const std::string& because) {
    const auto reply = with(token);
    EXPECT_EQ(reply.status, 401) << because;
    EXPECT_THAT(
        reply.header("www-authenticate"),
        AllOf(HasSubstr(R"(Bearer realm="lull", error="invalid_token", error_description=")"), HasSubstr(because)));
    if (token.size() > 8) {
      EXPECT_THAT(reply.body + reply.header("www-authenticate"), Not(HasSubstr(token.substr(0, 8))));
    }
  }

  FakeKeySets keys;
  ApiFixture api{settings(), &keys};
};

TEST_F(TokenAccess, GoodTokensOfBothAlgorithmsComeIn) {
  EXPECT_EQ(with(signedToken(rsaKey(), kRs256, goodClaims().dump())).status, 200);
  EXPECT_EQ(with(signedToken(ecKey(), kEs256, goodClaims().dump())).status, 200);
  EXPECT_EQ(with(signedToken(ecKey(), R"({"alg":"ES256"})", goodClaims().dump())).status, 200) << "without a kid";
  EXPECT_EQ(keys.asked, 0);
}

TEST_F(TokenAccess, UnsignedAndConfusedTokensDoNot) {
  const auto claims = goodClaims().dump();
  const auto rsa = signedToken(rsaKey(), kRs256, claims);
  refuses(unsignedToken(R"({"alg":"none"})", claims) + ".", "RS256 or ES256");
  refuses(unsignedToken(R"({"alg":"none"})", claims) + ".c2ln", "RS256 or ES256");
  for (const auto& secret : {rsaKey().pem(), keySetText({rsaKey().jwk("rsa")}), std::string()}) {
    const auto content = unsignedToken(R"({"alg":"HS256","kid":"rsa"})", claims);
    refuses(content + "." + text::toBase64Url(text::hmacSha256(secret, content)), "RS256 or ES256");
    const auto posing = unsignedToken(kRs256, claims);
    refuses(posing + "." + text::toBase64Url(text::hmacSha256(secret, posing)), "signature");
  }
  refuses(rsa.substr(0, rsa.rfind('.')) + ".", "well-formed");
  refuses(unsignedToken(kRs256, claims) + "." + text::toBase64Url(std::string(256, '\0')), "signature");
  refuses(unsignedToken(kEs256, claims) + "." + text::toBase64Url(std::string(64, '\0')), "signature");
  auto more = goodClaims();
  more["roles"] = "Integration_Endpoints_CRUD";
  refuses(unsignedToken(kRs256, more.dump()) + rsa.substr(rsa.rfind('.')), "signature");
}

TEST_F(TokenAccess, TheKeyMustBeOfTheTokensAlgorithmAndName) {
  const auto claims = goodClaims().dump();
  refuses(signedToken(rsaKey(), R"({"alg":"ES256","kid":"rsa"})", claims), "does not publish");
  refuses(signedToken(ecKey(), R"({"alg":"RS256","kid":"ec"})", claims), "does not publish");
  refuses(signedToken(ecKey(), R"({"alg":"RS256"})", claims), "signature");
  refuses(signedToken(rsaKey(), R"({"alg":"RS256","kid":"unknown"})", claims), "does not publish");
  refuses(signedToken(otherRsaKey(), kRs256, claims), "signature");
  const auto embedded = Json{{"alg", "RS256"}, {"jwk", otherRsaKey().jwk("mine")}, {"jku", "https://evil/jwks"}};
  refuses(signedToken(otherRsaKey(), embedded.dump(), claims), "signature");
}

TEST_F(TokenAccess, TheClaimsAreJudgedAtTheWallClock) {
  auto claims = goodClaims();
  claims["iss"] = "https://other.example";
  refuses(signedToken(rsaKey(), kRs256, claims.dump()), "another issuer");
  claims = goodClaims();
  claims["aud"] = "other";
  refuses(signedToken(rsaKey(), kRs256, claims.dump()), "another audience");
  const auto token = signedToken(rsaKey(), kRs256, goodClaims().dump());
  api.backend.wallClock = kNow + std::chrono::seconds(359);
  EXPECT_EQ(with(token).status, 200);
  api.backend.wallClock = kNow + std::chrono::seconds(361);
  refuses(token, "expired");
}

TEST_F(TokenAccess, AnUnknownKeyIsLookedForOnce) {
  keys.next = FakeKeySets::of({otherRsaKey().jwk("new")});
  const auto token = signedToken(otherRsaKey(), R"({"alg":"RS256","kid":"new"})", goodClaims().dump());
  EXPECT_EQ(with(token).status, 200);
  EXPECT_EQ(with(token).status, 200);
  EXPECT_EQ(keys.asked, 1);
}

TEST_F(TokenAccess, ANewKeyUnderTheOldNameOrUnderNoneIsLookedForOnce) {
  for (const std::string header : {R"({"alg":"RS256","kid":"rsa"})", R"({"alg":"RS256"})"}) {
    keys.keys = FakeKeySets::of({rsaKey().jwk("rsa")});
    keys.next = FakeKeySets::of({otherRsaKey().jwk("rsa")});
    keys.asked = 0;
    const auto old = signedToken(rsaKey(), header, goodClaims().dump());
    EXPECT_EQ(with(old).status, 200) << header;
    EXPECT_EQ(keys.asked, 0);
    EXPECT_EQ(with(signedToken(otherRsaKey(), header, goodClaims().dump())).status, 200) << header;
    EXPECT_EQ(keys.asked, 1);
    refuses(old, "signature");
  }
}

TEST_F(TokenAccess, AForgedSignatureAsksOnceAndStaysRefused) {
  refuses(signedToken(otherRsaKey(), kRs256, goodClaims().dump()), "signature");
  EXPECT_EQ(keys.asked, 1);
}

TEST_F(TokenAccess, TheValidOneOfTwoCredentialsDecides) {
  const auto status = [&](const std::string& authorization, const std::string& key) {
    return api.get("/api/v1/endpoints/x/secret", {{"Authorization", authorization}, {"X-Api-Key", key}}).status;
  };
  const auto token = "Bearer " + signedToken(rsaKey(), kRs256, goodClaims().dump());
  EXPECT_EQ(status("Basic cHJveHk6c2VjcmV0", "view.key.dots"), 404);
  EXPECT_EQ(status("Bearer garbage", "view.key.dots"), 404);
  EXPECT_EQ(status(token, "wrong"), 403);
  EXPECT_EQ(status(token, "view.key.dots"), 403) << "of two valid ones it is Authorization";
  EXPECT_EQ(status("Basic cHJveHk6c2VjcmV0", "wrong"), 401);
  keys.keys = nullptr;
  EXPECT_EQ(status(token, "view.key.dots"), 404) << "what cannot be told now does not stand in the way";
  EXPECT_EQ(status(token, "wrong"), 503);
}

TEST_F(TokenAccess, ATokenWithTwoHundredGroupsComesIn) {
  auto claims = goodClaims();
  auto& groups = claims["groups"] = Json::array();
  for (int i = 0; i < 200; ++i) groups.push_back("0f5e5ea1-7ed3-4f46-9b64-" + std::to_string(100'000'000'000 + i));
  const auto token = signedToken(rsaKey(), kRs256, claims.dump());
  EXPECT_GT(token.size(), 10'000U);
  EXPECT_EQ(with(token).status, 200);
  claims["more"] = std::string(1500, 'x');
  for (std::size_t i = 0; signedToken(rsaKey(), kRs256, claims.dump()).size() < 16'000; ++i) {
    claims["more" + std::to_string(i)] = std::string(500, 'x');
  }
  const auto large = signedToken(rsaKey(), kRs256, claims.dump());
  EXPECT_LE(large.size(), 16'384U);
  EXPECT_EQ(api.get(kStatsPath, {{"Authorization", "Bearer " + large}, {"X-Other", std::string(8000, 'y')}}).status,
            200);
  claims["most"] = std::string(1000, 'x');
  refuses(signedToken(rsaKey(), kRs256, claims.dump()), "too long");
}

TEST_F(TokenAccess, WithoutAnyKeysTheAnswerIs503) {
  keys.keys = nullptr;
  const auto reply = with(signedToken(rsaKey(), kRs256, goodClaims().dump()));
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.header("retry-after"), "");
  EXPECT_EQ(with("garbage").status, 401) << "what can be told without keys is told";
  EXPECT_EQ(api.get(kStatsPath).status, 401);
  EXPECT_EQ(api.get(kStatsPath, {{"X-Api-Key", "view.key.dots"}}).status, 200);
}

TEST_F(TokenAccess, ApiKeysWorkBesideTokens) {
  EXPECT_EQ(api.get(kStatsPath, {{"X-Api-Key", "view.key.dots"}}).status, 200);
  EXPECT_EQ(with("view.key.dots").status, 200);
  EXPECT_EQ(api.get(kStatsPath, {{"X-Api-Key", "wrong"}}).status, 401);
  const auto token = signedToken(rsaKey(), kRs256, goodClaims().dump());
  EXPECT_EQ(api.get(kStatsPath, {{"X-Api-Key", token}}).status, 401) << "a token is no key";
  EXPECT_EQ(api.get(kStatsPath, {{"Authorization", "Basic " + token}}).status, 401);
  EXPECT_EQ(api.get(kStatsPath, {{"Authorization", token}}).status, 401);
}

TEST_F(TokenAccess, ATokenWithoutTheRoleIsForbidden) {
  const auto reply = with(signedToken(rsaKey(), kRs256, goodClaims().dump()), "/api/v1/endpoints/x/secret");
  EXPECT_EQ(reply.status, 403);
  EXPECT_THAT(reply.header("www-authenticate"),
              AllOf(HasSubstr(R"(error="insufficient_scope")"), HasSubstr("Integration_Endpoints_CRUD")));
}

TEST_F(TokenAccess, NobodyIsToldAnErrorAboutACredentialThatIsNotThere) {
  EXPECT_EQ(api.get(kStatsPath).header("www-authenticate"), R"(Bearer realm="lull")");
}

TEST_F(TokenAccess, ASubjectAndAKeyOfTheSameNameShareNoIds) {
  auto claims = goodClaims();
  claims["roles"] = "Integration_Events_Publish Integration_Endpoints_CRUD";
  const HeaderFields token{{"Authorization", "Bearer " + signedToken(rsaKey(), kRs256, claims.dump())}};
  const HeaderFields key{{"X-Api-Key", "view.key.dots"}};
  const std::string event = R"({"type":"AssetCreated","itemId":1,"baseId":1,"id":"same"})";
  EXPECT_EQ(api.post("/api/v1/events", event, key).json().at("accepted"), 1);
  EXPECT_EQ(api.post("/api/v1/events", event, token).json().at("accepted"), 1);
  EXPECT_EQ(api.post("/api/v1/events", event, token).json().at("duplicates"), 1);
  std::set<std::string> created;
  for (auto headers : {key, token}) {
    headers.emplace_back("Idempotency-Key", "same");
    for (int i = 0; i < 2; ++i) {
      created.insert(api.post("/api/v1/endpoints", ApiFixture::kRegistration, headers).json().at("id"));
    }
  }
  EXPECT_EQ(created.size(), 2U);
}

TEST_F(TokenAccess, EveryChangingRouteLeavesALineThatSaysWho) {
  auto claims = goodClaims();
  claims["roles"] = "Integration_Events_Publish Integration_Endpoints_CRUD";
  const std::string bearer = "Bearer " + signedToken(rsaKey(), kRs256, claims.dump());
  std::size_t changing = 0;
  for (const auto& route : routeTable()) {
    if (route.access != auth::Access::Crud && route.access != auth::Access::CrudOwn &&
        route.access != auth::Access::Publish) {
      continue;
    }
    std::string path(route.pattern);
    const auto brace = path.find("{id}");
    const std::string id = brace == std::string::npos ? "" : "thing";
    if (!id.empty()) path.replace(brace, 4, id);
    const auto status =
        api.send(std::string(route.method), path, route.takes == Takes::Nothing ? "" : R"({"secret":"s3cret"})",
                 {{"Authorization", bearer}})
            .status;
    EXPECT_NE(status, 401) << path;
    const auto lines = api.backend.journal.audits();
    ASSERT_EQ(lines.size(), ++changing) << route.method << " " << path << " leaves no line";
    EXPECT_EQ(lines.back(), "ada " + std::string(route.action) + " " + id + " " + std::to_string(status));
    EXPECT_NE(route.action, "") << path;
  }
  EXPECT_GE(changing, 15U);
}

TEST(FixedKeys, AreOnePemWhateverTheKid) {
  auto keys = auth::makeFixedKeys(ecKey().pem());
  ASSERT_TRUE(keys);
  ApiSettings settings;
  settings.auth.mode = auth::AuthMode::Jwt;
  settings.auth.token.issuer = kIssuer;
  ApiFixture api(settings, keys->get());
  const auto status = [&](const std::string& token) {
    return api.get(kStatsPath, {{"Authorization", "Bearer " + token}}).status;
  };
  EXPECT_EQ(status(signedToken(ecKey(), R"({"alg":"ES256","kid":"any"})", goodClaims().dump())), 200);
  EXPECT_EQ(status(signedToken(rsaKey(), kRs256, goodClaims().dump())), 401);
  EXPECT_FALSE(auth::makeFixedKeys("no PEM"));
}

}  // namespace
}  // namespace lull::api::testing
