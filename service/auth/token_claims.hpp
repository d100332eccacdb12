#pragma once

#include "access_token.hpp"

#include <lull/auth/authenticator.hpp>
#include <lull/domain/time.hpp>

#include <string>
#include <variant>

namespace lull::auth {

/// How far the clocks of the issuer and of this machine may be apart.
inline constexpr Millis kClockLeeway{60'000};

/// Judges the claims of a token whose signature was verified (RFC 7519 section 4.1): issuer, audience, `exp`, which
/// must be there, and `nbf`; empty texts of `rules` are not checked. The principal is `sub`, else `client_id`, else
/// `azp`; its roles are what `rolesClaim` holds, as a list of texts or one text separated by blanks or commas. That
/// name is looked for as it stands first and then as a dotted path, in which "\\." is a dot of a name. Roles that are
/// not ours are passed over.
std::variant<Principal, TokenFault> judgeClaims(const http::Json& claims, const TokenSettings& rules, Instant now);

}  // namespace lull::auth
