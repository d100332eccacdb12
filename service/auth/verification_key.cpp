#include "verification_key.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <array>
#include <cstdlib>
#include <string>

namespace lull::auth {

namespace {

constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;  // a longer one would make every check a burden
constexpr std::size_t kMostExponentBytes = 4;
constexpr std::size_t kCoordinateBytes = 32;

template <class T, void (*Free)(T*)>
struct Freeing {
  void operator()(T* what) const { Free(what); }
};
template <class T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freeing<T, Free>>;

void freeBio(BIO* bio) {
  BIO_free(bio);
}

using Bio = Owned<BIO, freeBio>;
using Number = Owned<BIGNUM, BN_free>;
using Signature = Owned<ECDSA_SIG, ECDSA_SIG_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using ParamBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owned<OSSL_PARAM, OSSL_PARAM_free>;

const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number numberOf(std::string_view bigEndian) {
  return Number(BN_bin2bn(bytesOf(bigEndian), static_cast<int>(bigEndian.size()), nullptr));
}

Error unusable(std::string what) {
  ERR_clear_error();  // OpenSSL's queue belongs to the thread: what we left there would be read by the next caller
  return {ErrorCode::InvalidInput, std::move(what)};
}

std::shared_ptr<EVP_PKEY> keyOf(const char* type, OSSL_PARAM* params) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || params == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return nullptr;
  }
  return {key, EVP_PKEY_free};
}

bool isP256(const EVP_PKEY& key) {
  std::array<char, 32> name{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(&key, name.data(), name.size(), &length) != 1) return false;
  const std::string_view group(name.data(), length);
  return group == "prime256v1" || group == "P-256";
}

/// r and s in the form that OpenSSL reads. Empty when they are not 64 bytes.
std::string derSignature(std::string_view raw) {
  if (raw.size() != 2 * kCoordinateBytes) return {};
  Number r = numberOf(raw.substr(0, kCoordinateBytes));
  Number s = numberOf(raw.substr(kCoordinateBytes));
  const Signature pair(ECDSA_SIG_new());
  if (!pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());  // owned by the pair now
  static_cast<void>(s.release());
  unsigned char* encoded = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &encoded);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(size));
  OPENSSL_free(encoded);
  return der;
}

/// PEM may be encrypted; asking a terminal for the passphrase would hang the start.
int noPassphrase(char*, int, int, void*) {
  return 0;
}

}  // namespace

std::optional<SignatureAlgorithm> algorithmNamed(std::string_view name) {
  if (name == "RS256") return SignatureAlgorithm::Rs256;
  if (name == "ES256") return SignatureAlgorithm::Es256;
  return std::nullopt;
}

Result<VerificationKey> VerificationKey::of(Handle key) {
  const int type = EVP_PKEY_get_base_id(key.get());
  if (type == EVP_PKEY_RSA) {
    const int bits = EVP_PKEY_get_bits(key.get());
    if (bits < kLeastRsaBits || bits > kMostRsaBits) {
      return unusable("is an RSA key of " + std::to_string(bits) + " bits; allowed: 2048 to 8192");
    }
    return VerificationKey(SignatureAlgorithm::Rs256, std::move(key));
  }
  if (type == EVP_PKEY_EC && isP256(*key)) return VerificationKey(SignatureAlgorithm::Es256, std::move(key));
  return unusable("is a key of another type; allowed: RSA (for RS256) or EC on the curve P-256 (for ES256)");
}

Result<VerificationKey> VerificationKey::fromPem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Handle key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, noPassphrase, nullptr) : nullptr, EVP_PKEY_free);
  if (!key) return unusable("holds no public key in PEM (-----BEGIN PUBLIC KEY-----)");
  return of(std::move(key));
}

Result<VerificationKey> VerificationKey::fromRsa(std::string_view modulus, std::string_view exponent) {
  const Number n = numberOf(modulus.substr(0, kMostRsaBits));
  const Number e = numberOf(exponent.substr(0, kMostExponentBytes + 1));
  const bool sound = n && e && BN_is_odd(n.get()) == 1 && BN_is_odd(e.get()) == 1 && BN_is_one(e.get()) == 0;
  if (!sound || exponent.size() > kMostExponentBytes) return unusable("is no sound RSA key");
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  const bool pushed = builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
                      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1;
  const Params params(pushed ? OSSL_PARAM_BLD_to_param(builder.get()) : nullptr);
  auto key = keyOf("RSA", params.get());
  if (!key) return unusable("is no sound RSA key");
  return of(std::move(key));
}

Result<VerificationKey> VerificationKey::fromP256(std::string_view x, std::string_view y) {
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) return unusable("is no point on P-256");
  const std::string point = "\x04" + std::string(x) + std::string(y);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  const bool pushed =
      builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1;
  const Params params(pushed ? OSSL_PARAM_BLD_to_param(builder.get()) : nullptr);
  auto key = keyOf("EC", params.get());
  const KeyContext check(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr);
  if (!check || EVP_PKEY_public_check(check.get()) != 1) return unusable("is no point on P-256");
  return of(std::move(key));
}

bool VerificationKey::verifies(std::string_view content, std::string_view signature) const {
  const std::string der = algorithm_ == SignatureAlgorithm::Es256 ? derSignature(signature) : std::string(signature);
  const DigestContext context(EVP_MD_CTX_new());
  const bool good = !der.empty() && context &&
                    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                    EVP_DigestVerify(context.get(), bytesOf(der), der.size(), bytesOf(content), content.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace lull::auth
