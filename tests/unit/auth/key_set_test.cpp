// The keys that an issuer publishes, and the signatures that they verify.
#include "../../../service/auth/key_set.hpp"

#include "fakes/tokens.hpp"

#include <gmock/gmock.h>

namespace lull::auth::testing {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kContent = "header.payload";

TEST(VerificationKey, VerifiesWhatTheOtherHalfSigned) {
  for (const auto* key : {&rsaKey(), &ecKey()}) {
    const auto fromPem = VerificationKey::fromPem(key->pem());
    ASSERT_TRUE(fromPem);
    const auto set = parseKeySet(keySetText({key->jwk("a")}));
    ASSERT_TRUE(set);
    for (const auto& half : {*fromPem, set->entries.at(0).key}) {
      const auto signature = key->sign(kContent);
      EXPECT_TRUE(half.verifies(kContent, signature));
      EXPECT_FALSE(half.verifies("header.Payload", signature));
      EXPECT_FALSE(half.verifies(kContent, otherRsaKey().sign(kContent)));
      EXPECT_FALSE(half.verifies(kContent, ""));
      for (std::size_t at = 0; at < signature.size(); at += 7) {
        auto broken = signature;
        broken[at] = static_cast<char>(broken[at] ^ 1);
        EXPECT_FALSE(half.verifies(kContent, broken)) << at;
        EXPECT_FALSE(half.verifies(kContent, signature.substr(0, at)));
      }
      EXPECT_FALSE(half.verifies(kContent, signature + '\0'));
      EXPECT_FALSE(half.verifies(kContent, std::string(64, '\0'))) << "r = s = 0";
    }
  }
}

TEST(VerificationKey, IsOneOfTwoKindsOrAClearError) {
  EXPECT_EQ(VerificationKey::fromPem(rsaKey().pem())->algorithm(), SignatureAlgorithm::Rs256);
  EXPECT_EQ(VerificationKey::fromPem(ecKey().pem())->algorithm(), SignatureAlgorithm::Es256);
  const auto errorOf = [](const std::string& pem) { return VerificationKey::fromPem(pem).error().message; };
  EXPECT_THAT(errorOf(SigningKey::rsa(1024).pem()), HasSubstr("1024 bits"));
  EXPECT_THAT(errorOf(SigningKey::ec("P-384").pem()), HasSubstr("P-256"));
  EXPECT_THAT(errorOf(SigningKey::ed25519().pem()), HasSubstr("another type"));
  auto cut = rsaKey().pem();
  cut.erase(cut.size() / 2);
  for (const std::string& text : {std::string(), std::string("ssh-rsa AAAA"), cut,
                                  std::string("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")}) {
    EXPECT_THAT(errorOf(text), HasSubstr("no public key in PEM")) << text;
  }
}

TEST(KeySetDocument, KeepsWhatCanVerifyAndPassesOverTheRest) {
  const auto changed = [](const SigningKey& key, const char* name, Json value) {
    auto jwk = key.jwk("changed");
    jwk[name] = std::move(value);
    return jwk;
  };
  auto bare = rsaKey().jwk("bare");
  bare.erase("use");
  auto forVerify = ecKey().jwk("verify");
  forVerify["key_ops"] = Json::array({"verify"});
  forVerify["alg"] = "ES256";
  auto set = parseKeySet(keySetText({rsaKey().jwk("a"),
                                     changed(rsaKey(), "use", "enc"),
                                     changed(rsaKey(), "use", 1),
                                     changed(rsaKey(), "alg", "RS512"),
                                     changed(rsaKey(), "alg", "ES256"),
                                     changed(ecKey(), "alg", "RS256"),
                                     changed(rsaKey(), "key_ops", Json::array({"encrypt"})),
                                     changed(rsaKey(), "kty", "oct"),
                                     changed(ecKey(), "crv", "P-384"),
                                     changed(rsaKey(), "n", "AQAB"),
                                     changed(rsaKey(), "n", "!"),
                                     changed(rsaKey(), "e", "AQ"),
                                     changed(rsaKey(), "e", ""),
                                     changed(ecKey(), "x", ecKey().jwk("")["y"]),
                                     changed(ecKey(), "x", "AQAB"),
                                     SigningKey::rsa(1024).jwk("short"),
                                     Json("text"),
                                     Json{{"kty", "oct"}, {"k", "c2VjcmV0"}, {"kid", "hmac"}},
                                     bare,
                                     forVerify}));
  ASSERT_TRUE(set) << set.error().message;
  std::vector<std::string> ids;
  for (const auto& entry : set->entries) ids.push_back(entry.id);
  EXPECT_THAT(ids, ::testing::ElementsAre("a", "bare", "verify"));
}

TEST(KeySetDocument, ThatIsNoneIsAnErrorThatRepeatsNothing) {
  for (const std::string text : {"", "<html>secret", "[]", "{}", R"({"keys":{}})", R"({"keys":[],"keys":[]})"}) {
    const auto set = parseKeySet(text);
    ASSERT_FALSE(set) << text;
    EXPECT_THAT(set.error().message, Not(HasSubstr("secret")));
  }
  EXPECT_FALSE(parseKeySet(R"({"keys":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}"));
  EXPECT_FALSE(parseKeySet(keySetText(std::vector<Json>(101, ecKey().jwk("a")))));
}

TEST(KeySetDocument, MayHaveNoKeyThatIsOfUse) {
  for (const std::string text :
       {R"({"keys":[]})", R"({"keys":["secret"]})", R"({"keys":[{"kty":"oct","k":"secret"}]})"}) {
    const auto set = parseKeySet(text);
    ASSERT_TRUE(set) << text;
    EXPECT_TRUE(set->entries.empty()) << text;
  }
}

TEST(KeySetCandidates, AreOfTheKidAndTheAlgorithm) {
  auto nameless = ecKey().jwk("");
  nameless.erase("kid");
  const auto set = parseKeySet(keySetText({rsaKey().jwk("a"), otherRsaKey().jwk("b"), ecKey().jwk("a"), nameless}));
  const auto count = [&](const std::optional<std::string>& id, SignatureAlgorithm algorithm) {
    return set->candidates(id, algorithm).size();
  };
  EXPECT_EQ(count("a", SignatureAlgorithm::Rs256), 1U);
  EXPECT_EQ(count("c", SignatureAlgorithm::Rs256), 0U);
  EXPECT_EQ(count(std::nullopt, SignatureAlgorithm::Rs256), 2U);
  EXPECT_EQ(count("a", SignatureAlgorithm::Es256), 2U) << "the one without a name may be meant";
  EXPECT_EQ(count("b", SignatureAlgorithm::Es256), 1U);
}

TEST(DiscoveryDocument, NamesWherePeopleSignInUnlessThatIsLessSafeThanTheAuthority) {
  const auto found = [](const std::string& authority, const std::string& endpoint) {
    const Json document{{"issuer", authority},
                        {"jwks_uri", authority + "/keys"},
                        {"authorization_endpoint", endpoint},
                        {"token_endpoint", endpoint}};
    const auto discovery = parseDiscovery(document.dump(), authority, "");
    EXPECT_EQ(discovery->authorizationEndpoint, discovery->tokenEndpoint);
    return discovery->authorizationEndpoint;
  };
  EXPECT_EQ(found("https://id.example.com", "https://login.example.com/x?y=1"), "https://login.example.com/x?y=1");
  EXPECT_EQ(found("http://localhost:1", "http://localhost:1/x"), "http://localhost:1/x");
  for (const std::string other : {"http://id.example.com/x", "javascript:alert(1)", "/x", "", "https://a b/"}) {
    EXPECT_EQ(found("https://id.example.com", other), "") << other;
  }
}

TEST(DiscoveryDocument, MustBeOfTheIssuerThatWasAsked) {
  const std::string authority = "https://id.example.com/realms/x";
  const auto document = [](const std::string& issuer, const std::string& keys) {
    return Json{{"issuer", issuer}, {"jwks_uri", keys}, {"token_endpoint", "https://x"}}.dump();
  };
  const std::string keys = "https://keys.example.com/jwks";
  EXPECT_EQ(parseDiscovery(document(authority, keys), authority, "")->keysUrl, keys);
  EXPECT_EQ(parseDiscovery(document(authority + "/", keys), authority, "")->issuer, authority + "/");
  EXPECT_TRUE(parseDiscovery(document(authority, keys), authority + "/", ""));
  EXPECT_TRUE(parseDiscovery(document("https://public", keys), authority, "https://public"));
  EXPECT_FALSE(parseDiscovery(document("https://evil", keys), authority, ""));
  EXPECT_FALSE(parseDiscovery(document("https://evil", keys), authority, authority));
  EXPECT_FALSE(parseDiscovery(document("", keys), authority, ""));
  for (const std::string downgraded : {"http://id.example.com/jwks", "file:///etc/passwd", "jwks", ""}) {
    EXPECT_FALSE(parseDiscovery(document(authority, downgraded), authority, "")) << downgraded;
  }
  EXPECT_TRUE(parseDiscovery(document("http://localhost:1", "http://localhost:1/k"), "http://localhost:1", ""));
  for (const std::string text : {"", "[]", "{}", R"({"issuer":1,"jwks_uri":"https://x"})"}) {
    EXPECT_FALSE(parseDiscovery(text, authority, "")) << text;
  }
}

}  // namespace
}  // namespace lull::auth::testing
