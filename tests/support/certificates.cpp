#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>

namespace lull::testing {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr long kDay = 24L * 3600;

Key newKey() {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free};
}

void addExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) throw std::runtime_error("bad certificate extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509Ptr blank(const std::string& commonName, EVP_PKEY* key, long from, long until) {
  static std::atomic<long> serial{1};
  X509Ptr certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(commonName.c_str()), -1, -1, 0);
  return certificate;
}

}  // namespace

struct Authority::Keys {
  Key key{newKey()};
  X509Ptr certificate{nullptr, &X509_free};
};

Authority::Authority() : keys_(std::make_unique<Keys>()) {
  static std::atomic<int> count{0};
  const std::string name = "Lull test authority " + std::to_string(count++);
  keys_->certificate = blank(name, keys_->key.get(), -kDay, kDay);
  X509* certificate = keys_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  addExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  addExtension(certificate, certificate, NID_subject_key_identifier, "hash");
  X509_sign(certificate, keys_->key.get(), EVP_sha256());
  std::string path = (std::filesystem::temp_directory_path() / "lull-ca-XXXXXX").string();
  const int fd = mkstemp(path.data());
  file_ = path;
  FILE* file = fdopen(fd, "w");
  PEM_write_X509(file, certificate);
  fclose(file);
}

Authority::~Authority() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

Authority::Context Authority::serverContext(const Certificate& wanted) const {
  const auto key = newKey();
  const auto certificate = blank(wanted.commonName, key.get(), -10 * kDay, wanted.expired ? -kDay : kDay);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(keys_->certificate.get()));
  if (!wanted.subjectAltName.empty()) {
    addExtension(certificate.get(), keys_->certificate.get(), NID_subject_alt_name, wanted.subjectAltName);
  }
  addExtension(certificate.get(), keys_->certificate.get(), NID_authority_key_identifier, "keyid");
  X509_sign(certificate.get(), keys_->key.get(), EVP_sha256());
  Context context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  // Sessions are resumed only within a context that has a name.
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("lull"), 4);
  if (wanted.asksForClient) {
    SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace lull::testing
