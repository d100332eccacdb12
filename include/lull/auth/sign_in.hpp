#pragma once

#include <lull/auth/key_sets.hpp>
#include <lull/domain/result.hpp>
#include <lull/ports/form_posts.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace lull::auth {

struct SignInSettings {
  std::string clientId;  ///< of a public client, which has no secret
  std::string scope;     ///< what is asked for, as OAuth 2.0 writes it
};

/// Where a page sends its user to sign in.
struct SignInOffer {
  std::string authorizationEndpoint;
  std::string clientId;
  std::string scope;
};

/// What a page got back from there: the code, and what proves that the page is the one that asked (RFC 7636).
struct CodeGrant {
  std::string code;
  std::string codeVerifier;
  std::string redirectUri;
};

struct GrantedToken {
  std::string accessToken;
  std::optional<std::int64_t> expiresIn;  ///< seconds, where the provider says it
};

/// Sign-in of a page at an OpenID Connect provider by the authorization code flow with PKCE (RFC 6749 section 4.1, RFC
/// 7636). The provider's discovery document, which the key sets come from as well, says where its endpoints are. It
/// keeps nothing between two calls, and repeats no code, verifier or token. Thread-safe.
class SignIn {
 public:
  /// `keySets` and `forms` outlive it.
  SignIn(SignInSettings settings, KeySets& keySets, ports::FormPosts& forms);

  /// Unavailable: the provider's document is not known yet. Upstream: it names no authorization endpoint.
  Result<SignInOffer> offer();

  /// Calls the provider's token endpoint. InvalidInput: the provider refused, and the message holds the word by which
  /// it says why (RFC 6749 section 5.2). Unavailable: no answer. Upstream: an answer that is no use.
  Result<GrantedToken> exchange(const CodeGrant& grant);

 private:
  const SignInSettings settings_;
  KeySets& keySets_;
  ports::FormPosts& forms_;
};

}  // namespace lull::auth
