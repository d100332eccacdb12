#include <lull/text/digest.hpp>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace lull::text {

namespace {

constexpr std::size_t kSha256Bytes = 32;

[[noreturn]] void failDigest(const std::string& name) {
  throw std::runtime_error("OpenSSL has no " + name + ": look at its configuration (OPENSSL_CONF)");
}

std::string digestOf(std::string_view bytes, const EVP_MD* algorithm, const char* name) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, algorithm, nullptr) != 1) failDigest(name);
  return {digest.begin(), digest.begin() + size};
}

// OpenSSL looks its algorithms up by name, behind locks: once per thread instead of once per digest.
class HmacSha256 {
 public:
  HmacSha256() : algorithm_(EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr)) {
    if (algorithm_) context_.reset(EVP_MAC_CTX_new(algorithm_.get()));
    std::array<char, 7> digest{"SHA256"};
    const std::array<OSSL_PARAM, 2> chosen{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                           OSSL_PARAM_construct_end()};
    if (!context_ || EVP_MAC_CTX_set_params(context_.get(), chosen.data()) != 1) failDigest(kName);
  }

  std::string digest(std::string_view key, std::string_view bytes) {
    std::string digest(kSha256Bytes, '\0');
    std::size_t size = 0;
    // OpenSSL takes a null pointer for the key of the digest before.
    const auto* keyBytes = reinterpret_cast<const unsigned char*>(key.empty() ? "" : key.data());
    if (EVP_MAC_init(context_.get(), keyBytes, key.size(), nullptr) != 1 ||
        EVP_MAC_update(context_.get(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) != 1 ||
        EVP_MAC_final(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), &size, digest.size()) != 1) {
      failDigest(kName);
    }
    return digest;
  }

 private:
  static constexpr const char* kName = "HMAC with SHA-256";

  struct Free {
    void operator()(EVP_MAC* algorithm) const { EVP_MAC_free(algorithm); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };

  std::unique_ptr<EVP_MAC, Free> algorithm_;
  std::unique_ptr<EVP_MAC_CTX, Free> context_;
};

}  // namespace

std::string sha256(std::string_view bytes) {
  return digestOf(bytes, EVP_sha256(), "SHA-256");
}

std::string sha1(std::string_view bytes) {
  return digestOf(bytes, EVP_sha1(), "SHA-1");
}

std::string hmacSha256(std::string_view key, std::string_view bytes) {
  thread_local HmacSha256 hmac;
  return hmac.digest(key, bytes);
}

bool equalsInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace lull::text
