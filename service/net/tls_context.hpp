#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

namespace lull::net {

/// One set of trusted authorities, and the TLS sessions that were made under it, so that no session outlives the trust
/// in its authority. Belongs to one thread. The constructor throws std::runtime_error when the file cannot be read.
class TlsContext {
 public:
  /// `caFile` is PEM; empty: the system's authorities.
  explicit TlsContext(const std::string& caFile);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext() = default;

  SSL_CTX* get() const { return context_.get(); }
  /// The session of an earlier connection to the origin, or null. Stays owned here.
  SSL_SESSION* sessionOf(const std::string& origin) const;
  /// Takes the session over.
  void remember(const std::string& origin, SSL_SESSION* session);

 private:
  using Session = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;
  static constexpr std::size_t kMostSessions = 512;

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unordered_map<std::string, Session> sessions_;
};

/// The current context: when the authority file has changed, it is read again before the next use. Belongs to one
/// thread.
class TlsContexts {
 public:
  /// Throws as TlsContext does.
  explicit TlsContexts(std::string caFile);

  /// When the file can no longer be read, the context stays as it is and a log line says so.
  std::shared_ptr<TlsContext> current();

 private:
  struct Stamp {
    long long modified = 0;  // nanoseconds
    long long size = 0;
    unsigned long long inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stampOf(const std::string& path);

  const std::string caFile_;
  Stamp stamp_;
  std::shared_ptr<TlsContext> current_;
};

}  // namespace lull::net
