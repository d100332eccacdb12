#pragma once

#include <lull/text/base64.hpp>

#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// A token issuer of the tests: keys made by OpenSSL, tokens signed with them, in whatever form a test wants.
namespace lull::auth::testing {

/// A key pair, and how its public half is published.
class SigningKey {
 public:
  static SigningKey rsa(unsigned bits = 2048) { return SigningKey(EVP_RSA_gen(bits)); }
  static SigningKey ec(const char* curve = "P-256") { return SigningKey(EVP_EC_gen(curve)); }
  static SigningKey ed25519() { return SigningKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

  /// The raw signature of JWS: PKCS #1 v1.5 with SHA-256, or r and s.
  std::string sign(std::string_view content) const {
    auto signature = digestSign(content);
    return EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_EC ? rawPair(signature) : signature;
  }

  std::string pem() const {
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PUBKEY(bio.get(), key_.get());
    char* text = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
  }

  /// With `kid`, and `use` sig.
  nlohmann::ordered_json jwk(const std::string& kid) const {
    nlohmann::ordered_json json{{"kid", kid}, {"use", "sig"}};
    if (EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_EC) {
      json["kty"] = "EC";
      json["crv"] = "P-256";
      json["x"] = number(OSSL_PKEY_PARAM_EC_PUB_X, 32);
      json["y"] = number(OSSL_PKEY_PARAM_EC_PUB_Y, 32);
    } else {
      json["kty"] = "RSA";
      json["n"] = number(OSSL_PKEY_PARAM_RSA_N);
      json["e"] = number(OSSL_PKEY_PARAM_RSA_E);
    }
    return json;
  }

 private:
  explicit SigningKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {
    if (key == nullptr) throw std::runtime_error("OpenSSL made no key");
  }

  std::string digestSign(std::string_view content) const {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const auto* bytes = reinterpret_cast<const unsigned char*>(content.data());
    std::size_t size = 0;
    std::string out;
    if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, bytes, content.size()) != 1) {
      throw std::runtime_error("OpenSSL does not sign");
    }
    out.resize(size);
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes, content.size());
    out.resize(size);
    return out;
  }

  static std::string rawPair(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> pair(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
    return padded(ECDSA_SIG_get0_r(pair.get()), 32) + padded(ECDSA_SIG_get0_s(pair.get()), 32);
  }

  static std::string padded(const BIGNUM* number, int size) {
    std::string out(static_cast<std::size_t>(size), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(out.data()), size);
    return out;
  }

  std::string number(const char* name, int size = 0) const {
    BIGNUM* found = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &found);
    const std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> owned(found, BN_free);
    return text::toBase64Url(padded(found, size > 0 ? size : BN_num_bytes(found)));
  }

  std::shared_ptr<EVP_PKEY> key_;
};

/// Made once: a 2048 bit key takes OpenSSL a tenth of a second.
inline const SigningKey& rsaKey() {
  static const SigningKey key = SigningKey::rsa();
  return key;
}
inline const SigningKey& otherRsaKey() {
  static const SigningKey key = SigningKey::rsa();
  return key;
}
inline const SigningKey& ecKey() {
  static const SigningKey key = SigningKey::ec();
  return key;
}

/// `header.payload`, of any two texts.
inline std::string unsignedToken(std::string_view header, std::string_view payload) {
  return text::toBase64Url(header) + "." + text::toBase64Url(payload);
}

inline std::string signedToken(const SigningKey& key, std::string_view header, std::string_view payload) {
  const auto content = unsignedToken(header, payload);
  return content + "." + text::toBase64Url(key.sign(content));
}

inline std::string keySetText(const std::vector<nlohmann::ordered_json>& jwks) {
  return nlohmann::ordered_json{{"keys", jwks}}.dump();
}

}  // namespace lull::auth::testing
