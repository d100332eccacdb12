#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lull::http {

inline constexpr std::size_t kMaxHeadBytes = std::size_t{32} * 1024;
inline constexpr std::size_t kMaxTargetBytes = std::size_t{8} * 1024;
inline constexpr std::size_t kMaxHeaderCount = 100;

enum class Framing { None, Length, Chunked };

/// The head of a request, as strictly as RFC 9112 allows a server to read it. The views point into the block that was
/// parsed.
struct MessageHead {
  std::string_view method;
  std::string_view path;   ///< origin-form, still percent-encoded
  std::string_view query;  ///< without "?", still percent-encoded
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  Framing framing = Framing::None;
  std::size_t contentLength = 0;
  bool keepAlive = true;
  bool expectsContinue = false;

  /// The first header of that name (in any case).
  std::optional<std::string_view> header(std::string_view name) const;
};

/// Why a head was refused. The connection is closed after it: where the next request begins cannot be trusted.
struct HeadFault {
  int status = 400;
  std::string detail;
};

/// `block` ends with the empty line. Refuses whatever two parsers could read differently: a bare CR or LF, folded
/// lines, blanks before the colon, Transfer-Encoding beside Content-Length or other than exactly `chunked`, a repeated
/// or non-numeric Content-Length, a repeated credential, a body on GET or HEAD (RFC 9112 sections 2.2, 5.1, 6.1–6.3).
std::variant<MessageHead, HeadFault> parseHead(std::string_view block);

}  // namespace lull::http
