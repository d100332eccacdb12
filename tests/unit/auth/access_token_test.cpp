// What is a token at all: every spelling that two readers could understand differently is refused before a key is used.
#include "../../../service/auth/access_token.hpp"

#include "fakes/tokens.hpp"

#include <lull/text/base64.hpp>

#include <gmock/gmock.h>

namespace lull::auth::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kHeader = R"({"alg":"RS256","typ":"JWT","kid":"k1"})";
constexpr std::string_view kClaims = R"({"sub":"dam","exp":1})";

/// Why a token of these two texts is refused; "" when it is taken.
std::string faultOf(const std::string& compact) {
  const auto parsed = parseToken(compact);
  const auto* fault = std::get_if<TokenFault>(&parsed);
  return fault == nullptr ? "" : std::string(fault->description);
}
std::string faultOf(std::string_view header, std::string_view claims) {
  return faultOf(unsignedToken(header, claims) + ".c2ln");
}

TEST(AccessToken, IsTakenApart) {
  const auto compact = unsignedToken(kHeader, kClaims) + "." + text::toBase64Url("signature");
  const auto parsed = parseToken(compact);
  const auto& token = std::get<AccessToken>(parsed);
  EXPECT_EQ(token.algorithm, SignatureAlgorithm::Rs256);
  EXPECT_EQ(token.keyId, "k1");
  EXPECT_EQ(token.signedPart, unsignedToken(kHeader, kClaims));
  EXPECT_EQ(token.signature, "signature");
  EXPECT_EQ(token.claims, http::Json::parse(kClaims));
  EXPECT_EQ(faultOf(R"({"alg":"ES256"})", kClaims), "");
}

TEST(AccessToken, OfAnotherAlgorithmIsRefusedWhateverItsSpelling) {
  for (const std::string alg : {"none", "None", "NONE", "nOnE", "", "HS256", "HS512", "RS384", "RS512", "PS256",
                                "ES384", "ES256K", "EdDSA", "rs256", "RS256 ", "RSA1_5"}) {
    EXPECT_THAT(faultOf(R"({"alg":")" + alg + R"("})", kClaims), HasSubstr("RS256 or ES256")) << alg;
  }
  for (const std::string header : {R"({})", R"({"alg":null})", R"({"alg":["RS256"]})", R"({"alg":256})",
                                   R"({"alg":"RS256","alg":"none"})", R"({"alg":"none","alg":"RS256"})"}) {
    EXPECT_NE(faultOf(header, kClaims), "") << header;
  }
  EXPECT_NE(faultOf(unsignedToken(R"({"alg":"none"})", kClaims) + "."), "");
}

TEST(AccessToken, WithCriticalParametersOrOfAnotherTypeIsRefused) {
  EXPECT_THAT(faultOf(R"({"alg":"RS256","crit":["b64"],"b64":false})", kClaims), HasSubstr("critical"));
  EXPECT_THAT(faultOf(R"({"alg":"RS256","crit":[]})", kClaims), HasSubstr("critical"));
  for (const std::string type : {R"("JWE")", R"("logout+jwt")", R"("dpop+jwt")", "1", "null"}) {
    EXPECT_NE(faultOf(R"({"alg":"RS256","typ":)" + type + "}", kClaims), "") << type;
  }
  for (const std::string type : {"JWT", "jwt", "at+jwt", "application/at+jwt"}) {
    EXPECT_EQ(faultOf(R"({"alg":"RS256","typ":")" + type + R"("})", kClaims), "") << type;
  }
}

TEST(AccessToken, ThatIsNotThreePartsOfCanonicalBase64UrlIsRefused) {
  const auto good = unsignedToken(kHeader, kClaims) + ".c2ln";
  EXPECT_EQ(faultOf(good), "");
  for (std::size_t size = 0; size < good.size() - 4; ++size) {
    EXPECT_NE(faultOf(good.substr(0, size)), "") << "cut after " << size;
  }
  for (const std::string& bad : {good + ".", good + ".x", "." + good, good + "=", good + "\n", " " + good,
                                 unsignedToken(kHeader, kClaims) + ".c2l+", unsignedToken(kHeader, kClaims) + ".c2lo=",
                                 unsignedToken(kHeader, kClaims) + ".c2l",  // bits left over
                                 std::string(".."), std::string("a.b.c"), std::string("...."), std::string()}) {
    EXPECT_NE(faultOf(bad), "") << bad;
  }
}

TEST(AccessToken, WithJsonThatIsNoPlainObjectIsRefused) {
  for (const std::string claims :
       {"", "[]", "null", "1", R"("x")", R"({"sub":"a")", R"({"sub":"a"}})", R"({"sub":"a","sub":"b"})",
        R"({"a":{"b":1,"b":2}})", "{\"sub\":\"\xff\"}", "{'sub':'a'}", R"({"exp":NaN})", R"({"exp":1e999})"}) {
    EXPECT_NE(faultOf(kHeader, claims), "") << claims;
  }
  const std::string deep = R"({"a":)" + std::string(2000, '[') + std::string(2000, ']') + "}";
  EXPECT_NE(faultOf(kHeader, deep), "");
  EXPECT_NE(faultOf(R"({"alg":"RS256","kid":7})", kClaims), "");
  EXPECT_NE(faultOf(R"({"alg":"RS256","kid":")" + std::string(300, 'k') + R"("})", kClaims), "");
}

TEST(AccessToken, IsBounded) {
  const auto padded = [](std::size_t size) { return R"({"p":")" + std::string(size, 'x') + R"("})"; };
  EXPECT_EQ(faultOf(kHeader, padded(6'000)), "");
  EXPECT_THAT(faultOf(kHeader, padded(17'000)), HasSubstr("too long"));
}

}  // namespace
}  // namespace lull::auth::testing
