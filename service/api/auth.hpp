#pragma once

#include <lull/api/key_sets.hpp>
#include <lull/api/server.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lull::api {

/// What a route asks for. Crud implies View.
enum class Access { Open, View, Crud, Publish };

struct Principal {
  std::string name;        ///< who, for people: in logs
  std::string scope;       ///< who, for ids: two different principals never share one, however they are called
  std::string_view proof;  ///< by what it was known: "none", "key", "jwt"
  bool view = false;
  bool crud = false;
  bool publish = false;

  bool may(Access access) const;
  /// Gives it what a role of that name allows; a name that is none of ours gives nothing.
  void grant(std::string_view role);
};

std::string_view roleName(Access access);  ///< "Integration_Endpoints_View", …; Open is ""

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

}  // namespace lull::api
