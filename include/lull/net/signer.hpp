#pragma once

#include <lull/domain/endpoint.hpp>
#include <lull/domain/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// Standard Webhooks 1.0 signatures: HMAC-SHA256 over `id.timestamp.body`, keyed with the bytes that are written in
/// base64 after "whsec_". All functions are thread-safe. Signing throws std::runtime_error when OpenSSL has no
/// HMAC-SHA256.
namespace lull::net {

/// A new secret of 32 random bytes, "whsec_…". Throws std::runtime_error when the system has no randomness.
std::string makeSecret();

/// A secret that was brought along is "whsec_" and base64 of 24 to 64 bytes. The error never repeats the secret.
Status checkSecret(std::string_view secret);

struct SignedContent {
  std::string_view id;
  std::int64_t timestamp = 0;  ///< seconds since the Unix epoch
  std::string_view body;
};

/// "v1,<base64>"; an error when the secret is malformed.
Result<std::string> sign(std::string_view secret, const SignedContent& content);

/// The value of webhook-signature: the signature of the current secret, then those of the retired ones that have
/// not ended at `now`, separated by blanks.
Result<std::string> signatureHeader(const SigningSecrets& secrets, const SignedContent& content, Instant now);

/// True when one of the space-separated signatures in `header` is this secret's. Compares in constant time. The caller
/// judges the timestamp's age.
bool verify(std::string_view secret, const SignedContent& content, std::string_view header);

}  // namespace lull::net
