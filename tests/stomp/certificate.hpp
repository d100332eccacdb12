#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace lull::testing {

/// A certificate of 127.0.0.1 that it has signed itself, and its key, in one PEM file that ends with the object. The
/// key has a passphrase where one is given.
class Certificate {
 public:
  explicit Certificate(const std::string& passphrase = {}) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> one(X509_new(), &X509_free);
    X509_set_version(one.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(one.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(one.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(one.get()), 86'400);
    X509_set_pubkey(one.get(), key.get());
    auto* name = X509_get_subject_name(one.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("Lull test"), -1, -1,
                               0);
    X509_set_issuer_name(one.get(), name);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> address(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"), &X509_EXTENSION_free);
    X509_add_ext(one.get(), address.get(), -1);
    X509_sign(one.get(), key.get(), EVP_sha256());
    std::string path = (std::filesystem::temp_directory_path() / "lull-pem-XXXXXX").string();
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(::fdopen(::mkstemp(path.data()), "w"), &std::fclose);
    PEM_write_X509(file.get(), one.get());
    PEM_write_PrivateKey(file.get(), key.get(), passphrase.empty() ? nullptr : EVP_aes_128_cbc(),
                         reinterpret_cast<const unsigned char*>(passphrase.data()), static_cast<int>(passphrase.size()),
                         nullptr, nullptr);
    file_ = path;
  }
  ~Certificate() { std::filesystem::remove(file_); }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  const std::string& file() const { return file_; }

 private:
  std::string file_;
};

}  // namespace lull::testing
