// What the claims of a verified token must say, and whom they make of the caller.
#include "../../../service/auth/token_claims.hpp"

#include <gmock/gmock.h>

namespace lull::auth::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kSeconds = 1'800'000'000;
const Instant kTime = instantOf(kSeconds * 1000);
const TokenSettings kRules{"https://id.example.com/realms/x", "lull", "roles"};

http::Json acceptedClaims() {
  return {{"iss", kRules.issuer}, {"aud", "lull"}, {"sub", "dam"}, {"exp", kSeconds + 300}};
}

http::Json with(const char* name, http::Json value) {
  auto claims = acceptedClaims();
  claims[name] = std::move(value);
  return claims;
}
http::Json without(const char* name) {
  auto claims = acceptedClaims();
  claims.erase(name);
  return claims;
}

std::string faultOf(const http::Json& claims, const TokenSettings& rules = kRules) {
  const auto judged = judgeClaims(claims, rules, kTime);
  const auto* fault = std::get_if<TokenFault>(&judged);
  return fault == nullptr ? "" : std::string(fault->description);
}

Principal principalOf(const http::Json& claims, const TokenSettings& rules = kRules) {
  return std::get<Principal>(judgeClaims(claims, rules, kTime));
}

/// "view crud publish", as far as they are given.
std::string rolesOf(const http::Json& claims, const std::string& path = "roles") {
  auto rules = kRules;
  rules.rolesClaim = path;
  const auto principal = principalOf(claims, rules);
  return std::string(principal.may(Access::View) ? "view " : "") + (principal.may(Access::Crud) ? "crud " : "") +
         (principal.may(Access::Publish) ? "publish" : "");
}

TEST(TokenClaims, AreGood) {
  EXPECT_EQ(faultOf(acceptedClaims()), "");
}

TEST(TokenClaims, TheIssuerIsExactlyTheExpectedOne) {
  for (const http::Json& issuer : {http::Json("https://id.example.com/realms/x/"), http::Json("https://evil.example"),
                                   http::Json(""), http::Json(1), http::Json::array({kRules.issuer})}) {
    EXPECT_THAT(faultOf(with("iss", issuer)), HasSubstr("issuer")) << issuer;
  }
  EXPECT_THAT(faultOf(without("iss")), HasSubstr("issuer"));
  EXPECT_EQ(faultOf(without("iss"), {"", "lull", "roles"}), "");
}

TEST(TokenClaims, TheAudienceIsATextOrOneOfAList) {
  EXPECT_EQ(faultOf(with("aud", http::Json::array({"other", "lull"}))), "");
  for (const http::Json& audience :
       {http::Json("other"), http::Json("lull "), http::Json::array(), http::Json::array({"other"}), http::Json(1),
        http::Json({{"lull", true}}), http::Json::array({http::Json::array({"lull"})}), http::Json(nullptr)}) {
    EXPECT_THAT(faultOf(with("aud", audience)), HasSubstr("audience")) << audience;
  }
  EXPECT_THAT(faultOf(without("aud")), HasSubstr("audience"));
  EXPECT_EQ(faultOf(without("aud"), {kRules.issuer, "", "roles"}), "");
}

TEST(TokenClaims, ExpiryIsNeededAndHasAMinuteOfLeeway) {
  EXPECT_THAT(faultOf(without("exp")), HasSubstr("expires"));
  EXPECT_EQ(faultOf(with("exp", kSeconds - 59)), "");
  EXPECT_THAT(faultOf(with("exp", kSeconds - 60)), HasSubstr("expired"));
  EXPECT_THAT(faultOf(with("exp", kSeconds - 61)), HasSubstr("expired"));
  EXPECT_EQ(faultOf(with("exp", kSeconds + 0.5)), "");
  for (const http::Json& never :
       {http::Json("never"), http::Json(std::to_string(kSeconds + 300)), http::Json(nullptr), http::Json(true),
        http::Json::array({kSeconds + 300}), http::Json(-1), http::Json(0)}) {
    EXPECT_NE(faultOf(with("exp", never)), "") << never;
  }
}

TEST(TokenClaims, NotBeforeHasAMinuteOfLeewayToo) {
  EXPECT_EQ(faultOf(with("nbf", kSeconds)), "");
  EXPECT_EQ(faultOf(with("nbf", kSeconds + 60)), "");
  EXPECT_THAT(faultOf(with("nbf", kSeconds + 61)), HasSubstr("yet"));
  EXPECT_NE(faultOf(with("nbf", "now")), "");
  EXPECT_NE(faultOf(with("nbf", nullptr)), "");
}

TEST(TokenClaims, RolesAreAListOrOneText) {
  EXPECT_EQ(rolesOf(acceptedClaims()), "");
  EXPECT_EQ(rolesOf(with("roles", http::Json::array({"Integration_Endpoints_View", "other", 7}))), "view ");
  EXPECT_EQ(rolesOf(with("roles", http::Json::array({"Integration_Endpoints_CRUD"}))), "view crud ");
  EXPECT_EQ(rolesOf(with("roles", "Integration_Events_Publish")), "publish");
  EXPECT_EQ(rolesOf(with("roles", "openid Integration_Endpoints_View,Integration_Events_Publish")), "view publish");
  EXPECT_EQ(rolesOf(with("roles", "integration_endpoints_view XIntegration_Endpoints_CRUD")), "");
  EXPECT_EQ(rolesOf(with("roles", http::Json::array({"Integration_Endpoints_View Integration_Endpoints_CRUD"}))), "");
  EXPECT_EQ(rolesOf(with("roles", {{"Integration_Endpoints_CRUD", true}})), "");
}

TEST(TokenClaims, RolesStandUnderALiteralNameOrAPath) {
  const http::Json publish = http::Json::array({"Integration_Events_Publish"});
  EXPECT_EQ(rolesOf(with("realm_access", {{"roles", publish}}), "realm_access.roles"), "publish");
  EXPECT_EQ(rolesOf(with("a", {{"b", {{"c", publish}}}}), "a.b.c"), "publish");
  const char* url = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role";
  EXPECT_EQ(rolesOf(with(url, publish), url), "publish");
  auto both = with("realm_access.roles", http::Json::array());
  both["realm_access"] = {{"roles", publish}};
  EXPECT_EQ(rolesOf(both, "realm_access.roles"), "") << "the literal name comes first";
  for (const std::string path : {"realm_access", "realm_access.", "realm_access.roles.x", ".roles", "roles", "."}) {
    EXPECT_EQ(rolesOf(with("realm_access", {{"roles", publish}}), path), "") << path;
  }
}

TEST(TokenClaims, ABackslashMakesADotPartOfAName) {
  const http::Json publish = http::Json::array({"Integration_Events_Publish"});
  const auto claims = with("resource_access", {{"lull.example.com", {{"roles", publish}}}, {"a\\b", publish}});
  EXPECT_EQ(rolesOf(claims, R"(resource_access.lull\.example\.com.roles)"), "publish");
  EXPECT_EQ(rolesOf(claims, R"(resource_access.a\b)"), "publish") << "before another character it is one itself";
  EXPECT_EQ(rolesOf(claims, R"(resource_access.a\\b)"), "publish");
  EXPECT_EQ(rolesOf(claims, "resource_access.lull.example.com.roles"), "");
  EXPECT_EQ(rolesOf(with("a.b", {{"c", publish}}), R"(a\.b.c)"), "publish");
  for (const std::string path : {R"(a\.b)", R"(a\.b.c\)", R"(a\.b\.c)", R"(\)", R"(a\.b.c.)"}) {
    EXPECT_EQ(rolesOf(with("a.b", {{"c", publish}}), path), "") << path;
  }
}

TEST(TokenClaims, TheSubjectIsThePrincipalAndFitForLogs) {
  EXPECT_EQ(principalOf(acceptedClaims()).name, "dam");
  EXPECT_EQ(principalOf(acceptedClaims()).proof, "jwt");
  auto client = without("sub");
  EXPECT_THAT(faultOf(client), HasSubstr("whose"));
  client["azp"] = "portal";
  EXPECT_EQ(principalOf(client).name, "portal");
  client["client_id"] = "service";
  EXPECT_EQ(principalOf(client).name, "service");
  EXPECT_NE(faultOf(with("sub", http::Json::array({"dam"}))), "");
  EXPECT_EQ(principalOf(with("sub", "a\nb\x1b[31m c")).name, "a?b?[31m?c");
  EXPECT_EQ(principalOf(with("sub", std::string(5000, 'x'))).name.size(), 100U);
}

TEST(TokenClaims, PrincipalsThatDifferShareNoScope) {
  const TokenSettings any{"", "", "roles"};
  const auto scopeOf = [&](const http::Json& claims) { return principalOf(claims, any).scope; };
  EXPECT_EQ(scopeOf(acceptedClaims()), scopeOf(with("aud", "other")));
  EXPECT_NE(scopeOf(acceptedClaims()), scopeOf(with("iss", "https://other.example"))) << "per issuer";
  EXPECT_NE(scopeOf(acceptedClaims()), "dam") << "an API key may have that name";
  const std::string stem(100, 'x');
  EXPECT_NE(scopeOf(with("sub", stem + "1")), scopeOf(with("sub", stem + "2"))) << "although their names look the same";
  EXPECT_NE(scopeOf(with("sub", "a\n")), scopeOf(with("sub", "a\t")));
}

}  // namespace
}  // namespace lull::auth::testing
