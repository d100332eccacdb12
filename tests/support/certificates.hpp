#pragma once

#include <filesystem>
#include <memory>
#include <string>

using SSL_CTX = struct ssl_ctx_st;

namespace lull::testing {

/// A private authority, made anew for each test process, and server contexts with certificates of it.
class Authority {
 public:
  Authority();
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  /// PEM of the authority's certificate, to be trusted by the transport under test.
  const std::filesystem::path& file() const { return file_; }

  struct Certificate {
    std::string subjectAltName;  ///< "DNS:localhost"; empty: it has none
    bool expired = false;
    std::string commonName = "receiver";
    bool asksForClient = false;  ///< TLS 1.3 only, and nobody without a certificate of their own gets in
  };
  using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
  Context serverContext(const Certificate& wanted) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
  std::filesystem::path file_;
};

}  // namespace lull::testing
