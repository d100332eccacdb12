#pragma once

#include <lull/domain/result.hpp>

#include <cstdint>
#include <string>

namespace lull::api {

/// A socket that listens on one address, non-blocking and closed on exec. Owns it.
class ListeningSocket {
 public:
  /// `host` is an IP literal without brackets; "::" takes IPv4 as well; port 0 lets the system choose. The error tells
  /// what to do.
  static Result<ListeningSocket> open(const std::string& host, std::uint16_t port);
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ~ListeningSocket();

  int descriptor() const { return socket_; }
  std::uint16_t port() const { return port_; }

 private:
  ListeningSocket(int socket, std::uint16_t port) : socket_(socket), port_(port) {}

  int socket_;
  std::uint16_t port_;
};

}  // namespace lull::api
