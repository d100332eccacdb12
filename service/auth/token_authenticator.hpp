#pragma once

#include "access_token.hpp"
#include "api_keys.hpp"
#include "token_claims.hpp"

#include <lull/auth/authenticator.hpp>

#include <functional>

namespace lull::auth {

/// Authentication:Mode Jwt: `Authorization: Bearer` with an access token; configured API keys work beside it, as
/// Bearer or X-Api-Key.
class TokenAuthenticator final : public Authenticator {
 public:
  TokenAuthenticator(const AuthSettings& settings, KeySets& keySets, std::function<Instant()> wallClock);

  Verdict authenticate(const Credentials& credentials) const override;

 private:
  Verdict judge(std::string_view compact) const;
  Verdict judgeSigned(const AccessToken& token, const KeySet& keys) const;

  const ApiKeys apiKeys_;
  const TokenSettings rules_;
  KeySets& keySets_;
  const std::function<Instant()> wallClock_;
};

}  // namespace lull::auth
