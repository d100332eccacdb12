#pragma once

#include <lull/domain/result.hpp>

#include <memory>
#include <optional>
#include <string_view>

using EVP_PKEY = struct evp_pkey_st;

namespace lull::auth {

/// The signatures that a token may have (RFC 7518 section 3.1). What is not here, `none` and HMAC among them, is
/// refused before any key is looked at.
enum class SignatureAlgorithm { Rs256, Es256 };

/// Exactly "RS256" or "ES256".
std::optional<SignatureAlgorithm> algorithmNamed(std::string_view name);

/// A public key that can verify signatures of exactly one algorithm: RSA of 2048 to 8192 bits, or a point on P-256.
/// Immutable; copies share the key. Thread-safe.
class VerificationKey {
 public:
  /// A PEM text with one SubjectPublicKeyInfo ("BEGIN PUBLIC KEY"). The error says what is wrong with it.
  static Result<VerificationKey> fromPem(std::string_view pem);
  /// Big-endian bytes of modulus and exponent, as a JWK has them (RFC 7518 section 6.3).
  static Result<VerificationKey> fromRsa(std::string_view modulus, std::string_view exponent);
  /// The coordinates, 32 bytes each (RFC 7518 section 6.2).
  static Result<VerificationKey> fromP256(std::string_view x, std::string_view y);

  SignatureAlgorithm algorithm() const { return algorithm_; }

  /// RS256: the bytes of RFC 8017 section 8.2; ES256: r and s of 32 bytes each (RFC 7518 section 3.4).
  bool verifies(std::string_view content, std::string_view signature) const;

 private:
  using Handle = std::shared_ptr<EVP_PKEY>;
  VerificationKey(SignatureAlgorithm algorithm, Handle key) : algorithm_(algorithm), key_(std::move(key)) {}
  /// Judges what was read, whatever its form.
  static Result<VerificationKey> of(Handle key);

  SignatureAlgorithm algorithm_;
  Handle key_;
};

}  // namespace lull::auth
