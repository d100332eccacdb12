// The two calls by which users of the console sign in, on a provider that the test plays.
#include "../../../service/api/console/sign_in_handlers.hpp"
#include "../../../service/auth/key_set.hpp"
#include "fakes/client.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>

namespace lull::api::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Provider final : public auth::KeySets, public ports::FormPosts {
 public:
  std::shared_ptr<const auth::KeySet> current() override { return known; }
  std::shared_ptr<const auth::KeySet> newerThan(const std::shared_ptr<const auth::KeySet>&) override { return known; }
  Result<ports::FormAnswer> post(const std::string&, const std::string&) override {
    ++posts;
    if (gate) gate->wait();
    return answer;
  }

  std::shared_ptr<auth::KeySet> known = [] {
    auto set = std::make_shared<auth::KeySet>();
    set->authorizationEndpoint = "https://id.example.com/authorize";
    set->tokenEndpoint = "https://id.example.com/token";
    return set;
  }();
  Result<ports::FormAnswer> answer{ports::FormAnswer{200, R"({"access_token":"t","expires_in":60})"}};
  std::optional<std::shared_future<void>> gate;
  std::atomic<std::size_t> posts{0};
};

class ConsoleSignIn : public ::testing::Test {
 protected:
  static ApiSettings byTokens() {
    ApiSettings settings;
    settings.auth.mode = auth::AuthMode::Jwt;
    return settings;
  }
  WireReply trade() { return api.post("/console/token", kGood); }

  static constexpr const char* kGood =
      R"({"code":"c","codeVerifier":"0123456789012345678901234567890123456789012","redirectUri":"https://l/console/"})";
  Provider provider;
  auth::SignIn signIn{{"lull-console", "openid"}, provider, provider};
  ApiFixture api{byTokens(), &provider, &signIn};
};

TEST_F(ConsoleSignIn, ThePageIsToldWhere) {
  const auto reply = api.get("/console/config.json");
  EXPECT_EQ(reply.body, R"({"version":"0.1.0","authentication":"jwt","signIn":{"authorizationEndpoint":)"
                        R"("https://id.example.com/authorize","clientId":"lull-console","scope":"openid"}})");
  EXPECT_EQ(reply.header("cache-control"), "no-store");
  provider.known.reset();
  EXPECT_EQ(api.get("/console/config.json").status, 503);
}

TEST_F(ConsoleSignIn, ACodeIsTraded) {
  const auto reply = trade();
  EXPECT_EQ(reply.body, R"({"accessToken":"t","expiresIn":60})");
  EXPECT_EQ(reply.header("cache-control"), "no-store");
}

TEST_F(ConsoleSignIn, EachFailureHasItsStatus) {
  provider.answer = ports::FormAnswer{400, R"({"error":"invalid_grant"})"};
  const auto refused = trade();
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("invalid_grant"));
  provider.answer = ports::FormAnswer{500, ""};
  EXPECT_EQ(trade().status, 502);
  provider.answer = Error{ErrorCode::Unavailable, "No whole answer came in time."};
  EXPECT_EQ(trade().status, 503);
}

TEST_F(ConsoleSignIn, AStrangerSendsFewBytesAndSaysHowMany) {
  const std::string much(17UL * 1024, ' ');
  EXPECT_EQ(api.post("/console/token", much).status, 413);
  RawConnection chunked(api.port());
  chunked.send(
      "POST /console/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(chunked.readReply().status, 413) << "before any of it came";
  EXPECT_THAT(pointersOf(api.post("/console/token", "{}")), ElementsAre("/code", "/codeVerifier", "/redirectUri"));
  EXPECT_EQ(provider.posts, 0U);
}

TEST_F(ConsoleSignIn, SoManyMayBeTradedAtOnceAndNoMore) {
  std::promise<void> open;
  provider.gate = open.get_future().share();
  std::vector<std::future<WireReply>> running;
  for (std::size_t i = 0; i < SignInHandlers::kMostExchanges; ++i)
    running.push_back(std::async(std::launch::async, [&] { return trade(); }));
  while (provider.posts < SignInHandlers::kMostExchanges) std::this_thread::yield();
  const auto refused = trade();
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.header("retry-after"), "");
  open.set_value();
  for (auto& one : running) EXPECT_EQ(one.get().status, 200);
}

TEST_F(ConsoleSignIn, SoManyMayBeTradedInASecond) {
  std::size_t limited = 0;
  for (unsigned i = 0; i < 4 * SignInHandlers::kExchangesPerSecond && limited == 0; ++i)
    limited += trade().status == 429;
  EXPECT_EQ(limited, 1U);
}

TEST(ConsoleWithoutSignIn, ThePageIsToldWhatToAskFor) {
  ApiSettings settings;
  settings.auth.mode = auth::AuthMode::ApiKey;
  ApiFixture api(settings);
  EXPECT_EQ(api.get("/console/config.json").body, R"({"version":"0.1.0","authentication":"apiKey","signIn":null})");
  EXPECT_EQ(api.post("/console/token", "{}").status, 404);
}

}  // namespace
}  // namespace lull::api::testing
