#include "api_keys.hpp"
#include "token_authenticator.hpp"

#include <lull/auth/authenticator.hpp>
#include <lull/http/message_head.hpp>
#include <lull/text/ascii.hpp>

#include <stdexcept>

namespace lull::auth {

namespace {

/// Authentication:Mode None: whoever reaches the address may do everything.
class Anonymous final : public Authenticator {
 public:
  Verdict authenticate(const Credentials&) const override {
    return Principal{"anonymous", "anonymous", "none", true, true, true};
  }
};

/// Authentication:Mode ApiKey.
class ByApiKey final : public Authenticator {
 public:
  explicit ByApiKey(const std::vector<ApiKey>& keys) : keys_(keys) {}

  Verdict authenticate(const Credentials& credentials) const override {
    if (!credentials.authorization && !credentials.apiKey) return Rejected{"", kHowTo};
    if (const auto* principal = keys_.find(bearerToken(credentials.authorization.value_or("")))) return *principal;
    if (const auto* principal = keys_.find(credentials.apiKey.value_or(""))) return *principal;
    return Rejected{"invalid_token", kHowTo};
  }

 private:
  static constexpr std::string_view kHowTo = "Send an API key as Authorization: Bearer or X-Api-Key.";

  const ApiKeys keys_;
};

}  // namespace

std::string_view bearerToken(std::string_view authorization) {
  const auto blank = authorization.find(' ');
  if (blank == std::string_view::npos || !text::equalsIgnoringCase(authorization.substr(0, blank), "Bearer")) return {};
  return text::trimmed(authorization.substr(blank));
}

std::unique_ptr<Authenticator> makeAuthenticator(const AuthSettings& settings, KeySets* keySets,
                                                 std::function<Instant()> wallClock) {
  switch (settings.mode) {
    case AuthMode::None:
      return std::make_unique<Anonymous>();
    case AuthMode::ApiKey:
      return std::make_unique<ByApiKey>(settings.keys);
    case AuthMode::Jwt:
      break;
  }
  if (keySets == nullptr) throw std::invalid_argument("AuthMode::Jwt needs key sets");
  return std::make_unique<TokenAuthenticator>(settings, *keySets, std::move(wallClock));
}

}  // namespace lull::auth
