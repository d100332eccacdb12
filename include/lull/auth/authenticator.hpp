#pragma once

#include <lull/auth/key_sets.hpp>
#include <lull/auth/roles.hpp>
#include <lull/auth/settings.hpp>
#include <lull/domain/time.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lull::auth {

/// The header values that a client may prove itself with. When both are there the one that is valid decides, the first
/// when both are: a proxy may leave a credential of its own in Authorization.
struct Credentials {
  std::optional<std::string_view> authorization;
  std::optional<std::string_view> apiKey;
};

/// Nobody. Both texts are constant and fit for a header's quoted string: nothing of the credential is repeated.
struct Rejected {
  std::string_view error;   ///< of RFC 6750 section 3.1; empty when there was no credential at all
  std::string_view detail;  ///< what was wrong with it, or what to send
};

/// Whether the credential is good cannot be told now; the client should try again.
struct Undecided {
  std::string_view detail;
};

using Verdict = std::variant<Principal, Rejected, Undecided>;

/// Finds out who calls. Thread-safe; waits a bounded time at most, for keys of an issuer that are on their way.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual Verdict authenticate(const Credentials& credentials) const = 0;
};

/// The token of `Authorization: Bearer <token>`; empty when it is something else.
std::string_view bearerToken(std::string_view authorization);

/// `keySets` is needed by AuthMode::Jwt and outlives the authenticator; `wallClock` tells the time that tokens are
/// judged by.
std::unique_ptr<Authenticator> makeAuthenticator(const AuthSettings& settings, KeySets* keySets,
                                                 std::function<Instant()> wallClock);

}  // namespace lull::auth
