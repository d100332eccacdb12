#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::net {

/// How an answer's body ends (RFC 9112 section 6.3).
enum class BodyKind {
  None,
  Length,
  Chunked,
  UntilClose,
  Unknown,  ///< the headers contradict each other
};

/// Status line and headers of one answer, interim or final, taken in line by line. A value type.
class AnswerHead {
 public:
  enum class Line { Taken, End, Malformed };

  /// `line` is without its end; `cut` when more of it was dropped.
  Line take(std::string_view line, bool cut);

  int status() const { return status_; }
  /// 101 counts as final: Lull never asks for it, so nothing follows it.
  bool interim() const { return status_ < 200 && status_ != 101; }
  const std::string& retryAfter() const { return retryAfter_; }
  BodyKind body() const;
  std::uint64_t length() const { return length_.value_or(0); }
  /// True when the head leaves no doubt where the answer ends and does not ask for the connection's end.
  bool keepsConnection() const;

 private:
  Line takeStatus(std::string_view line, bool cut);
  Line takeField(std::string_view line, bool cut);
  bool takeLength(std::string_view value);
  void takeCodings(std::string_view value);
  void takeConnection(std::string_view value);

  int status_ = 0;
  bool older_ = false;      // HTTP/1.0
  bool doubtful_ = false;   // something breaks RFC 9112
  bool closes_ = false;     // Connection: close
  bool differing_ = false;  // two lengths that are not the same
  std::optional<std::uint64_t> length_;
  std::size_t codings_ = 0;
  bool chunkedLast_ = false;
  std::string retryAfter_;
};

}  // namespace lull::net
