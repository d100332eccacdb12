#pragma once

#include <string>
#include <vector>

namespace lull::auth {

struct ApiKey {
  std::string name;                ///< the principal
  std::string sha256;              ///< hex digest of the key; the key itself is known to its holder only
  std::vector<std::string> roles;  ///< the exact names of the roles
};

enum class AuthMode { None, ApiKey, Jwt };

/// What an access token must say.
struct TokenSettings {
  std::string issuer;    ///< empty: the issuer that the keys came from, where that is known
  std::string audience;  ///< empty: any
  std::string rolesClaim = "roles";
};

struct AuthSettings {
  AuthMode mode = AuthMode::None;
  std::vector<ApiKey> keys;  ///< in the modes ApiKey and Jwt
  TokenSettings token;
};

}  // namespace lull::auth
