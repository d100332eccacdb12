#include "tls_context.hpp"

#include "tls_stream.hpp"

#include <lull/runtime/log.hpp>

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <array>
#include <exception>
#include <stdexcept>

namespace lull::net {

namespace {

int onNewSession(SSL* ssl, SSL_SESSION* session) {
  auto* stream = static_cast<TlsStream*>(SSL_get_app_data(ssl));
  if (stream == nullptr) return 0;
  stream->remember(session);
  return 1;  // the session is ours now
}

}  // namespace

TlsContext::TlsContext(const std::string& caFile) : context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
  SSL_CTX* context = context_.get();
  if (context == nullptr) throw std::runtime_error("OpenSSL gives no TLS context");
  const bool read = caFile.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                   : SSL_CTX_load_verify_file(context, caFile.c_str()) == 1;
  ERR_clear_error();
  if (!read) throw std::runtime_error("the authorities in " + caFile + " cannot be read");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  // A name in the certificate's subject proves nothing (RFC 9110 section 4.3.4).
  X509_VERIFY_PARAM_set_hostflags(SSL_CTX_get0_param(context),
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  static constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context, kHttp11.data(), kHttp11.size());
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_COMPRESSION);
  // Idle connections hold no buffers.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &onNewSession);
}

SSL_SESSION* TlsContext::sessionOf(const std::string& origin) const {
  const auto found = sessions_.find(origin);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void TlsContext::remember(const std::string& origin, SSL_SESSION* session) {
  Session owned(session, &SSL_SESSION_free);
  const auto found = sessions_.find(origin);
  if (found != sessions_.end()) {
    found->second = std::move(owned);
    return;
  }
  if (sessions_.size() >= kMostSessions) sessions_.erase(sessions_.begin());
  sessions_.emplace(origin, std::move(owned));
}

TlsContexts::TlsContexts(std::string caFile)
    : caFile_(std::move(caFile)), stamp_(stampOf(caFile_)), current_(std::make_shared<TlsContext>(caFile_)) {}

TlsContexts::Stamp TlsContexts::stampOf(const std::string& path) {
  struct stat facts {};
  if (path.empty() || stat(path.c_str(), &facts) != 0) return {};
  return {facts.st_mtim.tv_sec * 1'000'000'000LL + facts.st_mtim.tv_nsec, facts.st_size, facts.st_ino};
}

std::shared_ptr<TlsContext> TlsContexts::current() {
  if (caFile_.empty()) return current_;
  const auto stamp = stampOf(caFile_);
  if (stamp == stamp_) return current_;
  stamp_ = stamp;
  try {
    current_ = std::make_shared<TlsContext>(caFile_);
    runtime::log(runtime::LogLevel::Information, "Lull.Delivery", "Egress:CaFile was read again", {{"file", caFile_}});
  } catch (const std::exception&) {
    runtime::log(
        runtime::LogLevel::Warning, "Lull.Delivery",
        "Egress:CaFile has changed and cannot be read; the authorities it had before stay trusted until it can",
        {{"file", caFile_}});
  }
  return current_;
}

}  // namespace lull::net
