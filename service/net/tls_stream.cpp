#include "tls_stream.hpp"

#include <lull/net/ip_address.hpp>

#include <openssl/err.h>

#include <new>
#include <utility>

namespace lull::net {

namespace {

/// Why TLS gave up: the peer's alert, or what is wrong with its certificate.
std::string reasonOf(SSL* ssl) {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  std::string text = reason == nullptr ? "the handshake failed" : reason;
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) text += std::string(" (") + X509_verify_cert_error_string(verified) + ")";
  return text;
}

}  // namespace

TlsStream::TlsStream(std::shared_ptr<TlsContext> context, int socket, const std::string& host, std::string origin)
    : context_(std::move(context)), origin_(std::move(origin)), ssl_(SSL_new(context_->get()), &SSL_free) {
  SSL* ssl = ssl_.get();
  if (ssl == nullptr || SSL_set_fd(ssl, socket) != 1) throw std::bad_alloc();
  SSL_set_app_data(ssl, this);
  if (IpAddress::parse(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  } else {
    SSL_set1_host(ssl, host.c_str());
    SSL_set_tlsext_host_name(ssl, host.c_str());
  }
  if (auto* session = context_->sessionOf(origin_)) SSL_set_session(ssl, session);
  SSL_set_connect_state(ssl);
}

TlsStream::~TlsStream() {
  // Without this OpenSSL treats the session as broken and never resumes it.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

WireIo TlsStream::judged(int returned, std::size_t bytes) const {
  WireIo io;
  io.bytes = bytes;
  if (returned == 1) return io;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      io.kind = WireIo::Kind::NotYet;
      return io;
    case SSL_ERROR_WANT_WRITE:
      io.kind = WireIo::Kind::NotYet;
      io.wantsWrite = true;
      return io;
    case SSL_ERROR_ZERO_RETURN:
      io.kind = WireIo::Kind::Closed;
      return io;
    case SSL_ERROR_SSL:
      io.tls = true;
      io.error = reasonOf(ssl_.get());
      break;
    default:
      break;
  }
  io.kind = WireIo::Kind::Broken;
  ERR_clear_error();
  return io;
}

WireIo TlsStream::handshake() {
  ERR_clear_error();
  return judged(SSL_do_handshake(ssl_.get()), 0);
}

WireIo TlsStream::read(char* into, std::size_t size) {
  ERR_clear_error();
  std::size_t got = 0;
  const int returned = SSL_read_ex(ssl_.get(), into, size, &got);
  return judged(returned, got);
}

WireIo TlsStream::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t sent = 0;
  const int returned = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  return judged(returned, sent);
}

}  // namespace lull::net
