#include <lull/net/signer.hpp>

#include <gtest/gtest.h>

namespace lull::net {

namespace {

constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SignedContent kContent{"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"};
constexpr std::string_view kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

TEST(Signer, MatchesTheVectorOfStandardWebhooks) {
  EXPECT_EQ(sign(kSecret, kContent).value(), kSignature);
  EXPECT_TRUE(verify(kSecret, kContent, kSignature));
}

TEST(Signer, SignsWithBothSecretsUntilTheOldOneEnds) {
  const SigningSecrets secrets{makeSecret(), {{std::string(kSecret), instantOf(1000)}}};
  const auto both = signatureHeader(secrets, kContent, instantOf(999)).value();
  EXPECT_EQ(both, sign(secrets.current, kContent).value() + " " + std::string(kSignature));
  EXPECT_TRUE(verify(kSecret, kContent, both));
  EXPECT_TRUE(verify(secrets.current, kContent, both));
  EXPECT_EQ(signatureHeader(secrets, kContent, instantOf(1000)).value(), sign(secrets.current, kContent).value());
}

TEST(Signer, EachRetiredSecretSignsUntilItsOwnEnd) {
  const SigningSecrets secrets{makeSecret(), {{makeSecret(), instantOf(2000)}, {makeSecret(), instantOf(1000)}}};
  const auto signers = [&](std::int64_t at) {
    const auto header = signatureHeader(secrets, kContent, instantOf(at)).value();
    return std::vector{verify(secrets.current, kContent, header), verify(secrets.retired[0].secret, kContent, header),
                       verify(secrets.retired[1].secret, kContent, header)};
  };
  EXPECT_EQ(signers(999), (std::vector{true, true, true}));
  EXPECT_EQ(signers(1000), (std::vector{true, true, false}));
  EXPECT_EQ(signers(2000), (std::vector{true, false, false}));
}

TEST(Signer, VerifiesNothingElse) {
  EXPECT_FALSE(verify(makeSecret(), kContent, kSignature));
  EXPECT_FALSE(verify(kSecret, {kContent.id, kContent.timestamp + 1, kContent.body}, kSignature));
  EXPECT_FALSE(verify(kSecret, {kContent.id, kContent.timestamp, "{}"}, kSignature));
  EXPECT_FALSE(verify(kSecret, kContent, kSignature.substr(0, kSignature.size() - 1)));
  EXPECT_FALSE(verify(kSecret, kContent, ""));
  EXPECT_FALSE(verify("whsec_", kContent, kSignature));
}

TEST(Signer, MakesDifferentSecretsOf32Bytes) {
  const auto secret = makeSecret();
  EXPECT_EQ(secret.size(), 6U + 44U);
  EXPECT_TRUE(checkSecret(secret).ok());
  EXPECT_NE(secret, makeSecret());
}

TEST(Signer, RefusesMalformedSecretsWithoutRepeatingThem) {
  for (const std::string& secret :
       {std::string("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), std::string("whsec_c2hvcnQ="),
        std::string("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"), std::string("whsec_MfKQ9r8G KYqrTwjUPD8ILPZIo2LaLaS"),
        "whsec_" + std::string(88, 'A') + "AAAA"}) {
    const auto checked = checkSecret(secret);
    ASSERT_FALSE(checked.ok()) << secret;
    EXPECT_EQ(checked.error().message.find(secret.substr(6)), std::string::npos);
    EXPECT_FALSE(sign(secret, kContent).ok());
  }
}

}  // namespace

}  // namespace lull::net
