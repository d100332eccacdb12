#pragma once

#include <lull/domain/time.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lull::ports {

/// An absolute http/https URL, taken apart once at preparation.
struct Target {
  bool tls = false;
  std::string host;  ///< name or literal without brackets, lower case
  std::uint16_t port = 0;
  std::string pathAndQuery;  ///< starts with "/"; what stands in the request line
  std::string hostHeader;    ///< host, with the port when it is not the scheme's default
  bool absolute = false;     ///< the name was written with a dot at its end: no search domain may be put behind it
  /// What to ask a resolver for. The dot is part of the name there, and nowhere else (RFC 9110 section 4.2.3).
  std::string lookupName() const { return absolute ? host + "." : host; }
  bool operator==(const Target&) const = default;
};

/// One request: a POST for Transport, also the GET of a document (NativeDocuments), whose body is empty.
struct HttpRequest {
  Target target;
  std::vector<std::string> addresses;  ///< the vetted IP literals, best first; the transport connects nowhere else
  std::vector<std::pair<std::string, std::string>> headers;  ///< checked: tokens, no CR, LF or NUL in values
  std::string body;
  Millis timeout{0};       ///< total, from the call of post() to the last byte of the answer
  bool wantsBody = false;  ///< the answer's body is kept, not only its excerpt
};

/// Where a request ended when no whole answer came back. Never classified by a library's text.
enum class TransportFailure {
  None,
  Connect,    ///< refused, unreachable, or timed out before the connection stood
  Tls,        ///< handshake or certificate
  Timeout,    ///< the total deadline passed after connecting
  Reset,      ///< closed before a whole status line and headers
  Protocol,   ///< not HTTP, header block over the cap
  Vetoed,     ///< the address guard refused the address at connect
  Cancelled,  ///< stopped before the request began: no byte of it was sent
  CutOff,     ///< stopped after the request began: the receiver may have got it
  Exhausted,  ///< this machine had no descriptor, port or memory left for a connection: not the receiver's failure
};

/// With a status and failure None the answer counts, even if its body was cut at the cap.
struct HttpAnswer {
  std::optional<int> status;
  std::string retryAfter;  ///< raw header value, empty: none
  std::string excerpt;     ///< first bytes of the body, at most 1 KiB, raw
  /// The whole body, raw, when the request wanted it. Absent when it went on beyond what is read of one, or broke off.
  std::optional<std::string> body;
  TransportFailure failure = TransportFailure::None;
  std::string error;  ///< a sentence for the operator; never holds a header value
  Millis duration{0};
};

/// Sends POST requests. Thread-safe. Keeps connections alive per origin; retries once, uncharged, when a pooled
/// connection turns out stale before any answer byte; follows no redirect; caps headers (32 KiB) and the body read (64
/// KiB).
class Transport {
 public:
  using Callback = std::function<void(HttpAnswer)>;
  virtual ~Transport() = default;
  /// Returns at once; `done` is called exactly once on a thread of the transport and must not block. After stop() it is
  /// called with Cancelled before post() returns, on the caller's thread.
  virtual void post(HttpRequest request, Callback done) = 0;
  /// Ends everything at once. Every request that the transport holds is answered before this returns: Cancelled when it
  /// had not begun, else CutOff (an answer that was whole by then still counts). Afterwards no callback runs or will
  /// come, so what they refer to may be destroyed. It takes well under a second. Called by one thread, from no
  /// callback; safe to call again, and the destructor does.
  virtual void stop() = 0;
};

}  // namespace lull::ports
