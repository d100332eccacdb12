#pragma once

#include "answer_head.hpp"
#include "chunk_reader.hpp"
#include "line_cutter.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lull::net {

/// Limits of what is read of an answer. A head beyond its limit makes the answer invalid; a body is cut at its limit.
struct AnswerLimits {
  std::size_t headBytes = 32UL * 1024;  ///< of all heads, those of interim answers included
  std::size_t bodyBytes = 64UL * 1024;  ///< chunk sizes, extensions and trailers included
  std::size_t excerptBytes = 1024;      ///< of the body, kept
};

/// Reads one answer out of the bytes of a connection, however they are cut: skips interim answers, keeps the status,
/// Retry-After and the first KiB of the body, and knows whether the answer was framed so exactly that the connection
/// may serve another request. Holds at most about 2 KiB more than the excerpt, whatever the receiver sends. A value
/// type, no I/O.
class AnswerReader {
 public:
  AnswerReader() = default;
  explicit AnswerReader(AnswerLimits limits) : limits_(limits) {}

  enum class State {
    Head,     ///< more bytes are needed before a status counts
    Body,     ///< the status counts; the body goes on
    Whole,    ///< nothing more is needed: the answer ended, or its body reached the cap
    NotHttp,  ///< ended: what came is no HTTP answer
    TooLong,  ///< ended: the head is over the cap
  };

  State feed(std::string_view bytes);
  State state() const { return state_; }

  bool statusCounts() const { return state_ == State::Body || state_ == State::Whole; }
  /// True before the first byte of the final answer, between interim ones too.
  bool untouched() const { return state_ == State::Head && headLines_ == 0 && lines_.empty() && !lines_.cut(); }
  bool anyByte() const { return anyByte_; }
  /// Call this when the peer closed in good order: it ends a body that has no other end.
  void closed();
  /// True when the body ended as its framing says, below the limit; more bytes may have come after it.
  bool complete() const { return complete_; }
  /// After Whole: the answer ended where its framing says, and not a byte came after it.
  bool keepsConnection() const { return state_ == State::Whole && exact_ && head_.keepsConnection(); }
  int status() const { return head_.status(); }
  const std::string& retryAfter() const { return head_.retryAfter(); }
  const std::string& excerpt() const { return excerpt_; }

 private:
  void feedHead(std::string_view& bytes);
  void feedBody(std::string_view& bytes);
  void feedChunks(std::string_view& bytes);
  void beginBody();
  /// Takes at most `most` bytes of the body off `bytes`.
  std::size_t takeBody(std::string_view& bytes, std::uint64_t most);
  void end(bool exactly);

  AnswerLimits limits_;
  State state_ = State::Head;
  LineCutter lines_;
  AnswerHead head_;
  ChunkReader chunks_;
  std::size_t headBytes_ = 0;
  std::size_t headLines_ = 0;  // of the head that is being read
  std::size_t bodyBytes_ = 0;
  std::uint64_t left_ = 0;  // of a body with a length
  bool anyByte_ = false;
  bool exact_ = true;
  bool complete_ = false;
  std::string excerpt_;
};

}  // namespace lull::net
