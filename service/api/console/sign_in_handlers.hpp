#pragma once

#include "call.hpp"

#include <lull/api/server.hpp>
#include <lull/auth/rate_limiter.hpp>
#include <lull/auth/sign_in.hpp>
#include <lull/runtime/gate.hpp>

#include <cstddef>
#include <string>

namespace lull::api {

/// How a user of the console gets a credential. Both calls are open to everybody: who makes them has none yet.
struct SignInHandlers {
  std::string version;
  auth::AuthMode mode;
  auth::SignIn* signIn;  ///< nullptr: the console asks its user for a credential

  // An exchange occupies the thread of its request until the provider has answered. Whoever asks for them makes this
  // service call the provider, so they are few, for all clients together.
  static constexpr std::size_t kMostExchanges = 8;
  static constexpr unsigned kExchangesPerSecond = 10;
  runtime::Gate gate{kMostExchanges};
  auth::RateLimiter limiter{kExchangesPerSecond};

  /// What the page has to know before anybody has signed in.
  Result<http::Response> getConfig(Call& call) const;
  /// Trades the code that the provider gave the page for an access token. The page may call no other host, so this
  /// service does it.
  Result<http::Response> exchange(Call& call);
};

}  // namespace lull::api
