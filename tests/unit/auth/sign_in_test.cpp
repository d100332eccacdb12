// Trading a code for a token: the form that is sent, and what each answer of a provider means.
#include "../../../service/auth/key_set.hpp"

#include <lull/auth/sign_in.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace lull::auth::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KnownKeys final : public KeySets {
 public:
  std::shared_ptr<const KeySet> current() override { return keys; }
  std::shared_ptr<const KeySet> newerThan(const std::shared_ptr<const KeySet>&) override { return keys; }
  std::shared_ptr<KeySet> keys = std::make_shared<KeySet>();
};

class FakeForms final : public ports::FormPosts {
 public:
  Result<ports::FormAnswer> post(const std::string& url, const std::string& form) override {
    posted.push_back(url + " " + form);
    return answer;
  }
  std::vector<std::string> posted;
  Result<ports::FormAnswer> answer{ports::FormAnswer{200, R"({"access_token":"token","token_type":"Bearer"})"}};
};

class SignInTest : public ::testing::Test {
 protected:
  SignInTest() {
    keys_.keys->authorizationEndpoint = "https://id.example.com/authorize";
    keys_.keys->tokenEndpoint = "https://id.example.com/token";
  }
  Result<GrantedToken> exchange() { return signIn_.exchange({"a code&more", "the-verifier", "https://lull/console/"}); }
  Error failure(int status, std::string body) {
    forms_.answer = ports::FormAnswer{status, std::move(body)};
    const auto granted = exchange();
    EXPECT_FALSE(granted);
    return granted ? Error{} : granted.error();
  }

  KnownKeys keys_;
  FakeForms forms_;
  SignIn signIn_{{"lull-console", "openid"}, keys_, forms_};
};

TEST_F(SignInTest, OffersWhatTheProviderSays) {
  const auto offer = signIn_.offer();
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->authorizationEndpoint, "https://id.example.com/authorize");
  EXPECT_EQ(offer->clientId, "lull-console");
  EXPECT_EQ(offer->scope, "openid");
  keys_.keys->authorizationEndpoint.clear();
  EXPECT_EQ(signIn_.offer().error().code, ErrorCode::Upstream);
  keys_.keys.reset();
  EXPECT_EQ(signIn_.offer().error().code, ErrorCode::Unavailable);
  EXPECT_EQ(exchange().error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(forms_.posted.empty());
}

TEST_F(SignInTest, SendsEveryValueEncoded) {
  EXPECT_EQ(exchange()->accessToken, "token");
  EXPECT_EQ(forms_.posted.at(0),
            "https://id.example.com/token grant_type=authorization_code&code=a%20code%26more"
            "&redirect_uri=https%3A%2F%2Flull%2Fconsole%2F&client_id=lull-console&code_verifier=the-verifier");
  keys_.keys->tokenEndpoint.clear();
  EXPECT_EQ(exchange().error().code, ErrorCode::Upstream);
}

TEST_F(SignInTest, TheLifeOfATokenIsHandedOnWhereItIsANumber) {
  const auto lives = [&](const std::string& expires) {
    forms_.answer = ports::FormAnswer{200, R"({"access_token":"t")" + expires + "}"};
    return exchange()->expiresIn;
  };
  EXPECT_EQ(lives(R"(,"expires_in":300)"), 300);
  for (const std::string other : {"", R"(,"expires_in":"300")", R"(,"expires_in":-1)", R"(,"expires_in":1.5)"})
    EXPECT_EQ(lives(other), std::nullopt) << other;
}

TEST_F(SignInTest, ARefusalHoldsTheWordOfTheProviderAndNothingElseOfIt) {
  const auto refused = failure(400, R"({"error":"invalid_grant","error_description":"code 4711 is unknown"})");
  EXPECT_EQ(refused.code, ErrorCode::InvalidInput);
  EXPECT_THAT(refused.message, HasSubstr("invalid_grant"));
  EXPECT_THAT(refused.message, Not(HasSubstr("4711")));
  EXPECT_EQ(failure(401, R"({"error":"invalid_client"})").code, ErrorCode::InvalidInput);
  for (const std::string body : {R"({"error":"a code&more"})", R"({"error":7})", "{}", "no json"}) {
    const auto unusable = failure(400, body);
    EXPECT_EQ(unusable.code, ErrorCode::Upstream) << body;
    EXPECT_THAT(unusable.message, Not(HasSubstr("code&more")));
  }
}

TEST_F(SignInTest, AnswersThatAreNoUseAreToldApartFromNoAnswer) {
  for (const std::string body : {"", "[]", "{}", R"({"access_token":""})", R"({"access_token":7})",
                                 R"({"access_token":"t","token_type":"mac"})"}) {
    EXPECT_EQ(failure(200, body).code, ErrorCode::Upstream) << body;
  }
  EXPECT_EQ(failure(500, R"({"error":"server_error"})").code, ErrorCode::Upstream);
  forms_.answer = Error{ErrorCode::Unavailable, "No whole answer came in time."};
  EXPECT_EQ(exchange().error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace lull::auth::testing
