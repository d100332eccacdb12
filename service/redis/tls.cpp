#include "tls.hpp"

#ifdef LULL_REDIS_TLS
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>

#include <memory>
#endif

namespace lull::redis {

#ifdef LULL_REDIS_TLS

namespace {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

// hiredis' own redisSSLContext sends the server's name but never compares it with the certificate, so ours is made
// here.
std::unique_ptr<SSL, FreeSsl> makeSsl(const std::string& host) {
  const std::unique_ptr<SSL_CTX, FreeSsl> context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_default_verify_paths(context.get()) != 1) return nullptr;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context.get()));
  if (!ssl || SSL_set1_host(ssl.get(), host.c_str()) != 1) return nullptr;
  SSL_set_tlsext_host_name(ssl.get(), host.c_str());
  return ssl;
}

}  // namespace

Status startTls(redisContext& context, const Address& address) {
  auto ssl = makeSsl(address.host);
  if (!ssl) return Error{ErrorCode::Internal, "OpenSSL could not prepare a TLS connection to Redis."};
  if (redisInitiateSSL(&context, ssl.get()) != REDIS_OK) {
    return Error{ErrorCode::Unavailable, "The TLS handshake with Redis at " + address.describe() +
                                             " failed: " + context.errstr +
                                             ". Check that it speaks TLS there and that its certificate names the host "
                                             "and is signed by an authority that this machine trusts."};
  }
  static_cast<void>(ssl.release());  // The context owns it from here on.
  return Done{};
}

#else

Status startTls(redisContext& /*context*/, const Address& address) {
  return Error{ErrorCode::Unavailable,
               "Redis at " + address.describe() +
                   " is to be reached over TLS, but this build's hiredis has no TLS: build Lull "
                   "with hiredis 1.0 or newer and hiredis_ssl, or put a TLS tunnel in between."};
}

#endif

}  // namespace lull::redis
