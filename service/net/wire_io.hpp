#pragma once

#include <cstddef>
#include <string>

namespace lull::net {

/// The outcome of one non-blocking call on a connection.
struct WireIo {
  enum class Kind {
    Done,    ///< `bytes` were read or written, or the handshake stands
    NotYet,  ///< call again when the socket is readable, or writable if `wantsWrite`
    Closed,  ///< the peer ended the connection in good order
    Broken,  ///< reset, timed out, or refused by TLS
  };
  Kind kind = Kind::Done;
  std::size_t bytes = 0;
  bool wantsWrite = false;
  bool tls = false;   ///< Broken by TLS itself: `error` says why
  std::string error;  ///< OpenSSL's words; never the peer's text
};

}  // namespace lull::net
