#pragma once

#include "verification_key.hpp"

#include <lull/http/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lull::auth {

/// Entra ID puts up to 200 groups into a token, which makes 10 KiB. Half of the head that a request may have.
inline constexpr std::size_t kMaxTokenBytes = std::size_t{16} * 1024;

/// Why a token is refused: constant text, fit for error_description (RFC 6750 section 3), so that nothing of the token
/// can come back to whoever sent it.
struct TokenFault {
  std::string_view description;
};

/// A token taken apart and proven by nothing yet. `signedPart` points into the text that was parsed.
struct AccessToken {
  SignatureAlgorithm algorithm = SignatureAlgorithm::Rs256;
  std::optional<std::string> keyId;  ///< kid
  std::string_view signedPart;
  std::string signature;
  http::Json claims;
};

/// Reads a JWS in compact form (RFC 7515) that is a JWT (RFC 7519), as strictly as RFC 8725 advises: three parts of
/// unpadded base64url in their only spelling, JSON objects of at most 64 levels without a member twice, an algorithm
/// of ours, no `crit`, no other type of token, at most 16 KiB.
std::variant<AccessToken, TokenFault> parseToken(std::string_view compact);

}  // namespace lull::auth
