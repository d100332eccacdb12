#pragma once

#include "tls_context.hpp"
#include "wire_io.hpp"

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace lull::net {

/// Our side of TLS on one non-blocking socket. Belongs to one thread.
class TlsStream {
 public:
  /// `host` is the name or the address literal that the certificate must be for. `origin` finds an earlier session.
  TlsStream(std::shared_ptr<TlsContext> context, int socket, const std::string& host, std::string origin);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  WireIo handshake();
  WireIo read(char* into, std::size_t size);
  WireIo write(std::string_view bytes);

  const std::shared_ptr<TlsContext>& context() const { return context_; }
  /// OpenSSL hands over a session that a later connection may resume.
  void remember(SSL_SESSION* session) { context_->remember(origin_, session); }

 private:
  WireIo judged(int returned, std::size_t bytes) const;

  const std::shared_ptr<TlsContext> context_;
  const std::string origin_;
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace lull::net
