#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The frames of STOMP 1.2 (https://stomp.github.io/stomp-specification-1.2.html). Pure.
namespace lull::stomp {

struct Frame {
  std::string command;
  std::vector<std::pair<std::string, std::string>> headers{};  ///< not escaped; of equal names the first one counts
  std::string body{};

  /// nullptr: there is no such header.
  const std::string* header(std::string_view name) const;
};

/// The bytes of a frame. Names and values are escaped, but for CONNECT, whose may hold no line feed and no carriage
/// return, and its names no colon either.
std::string encode(const Frame& frame);

/// Cuts what a broker sends into frames, however it arrives. Not thread-safe.
class FrameReader {
 public:
  static constexpr std::size_t kMostHeaderBytes = 65'536;
  static constexpr std::size_t kMostBodyBytes = 1'048'576;

  /// Bytes that came.
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  /// The next frame, once it is complete. Line feeds between frames (heart-beats) are passed over.
  std::optional<Frame> next();
  /// Why what came is no STOMP, as the end of a sentence; empty: all is well. Afterwards nothing is read any more.
  const std::string& fault() const { return fault_; }
  std::size_t buffered() const { return buffer_.size() - read_; }

 private:
  struct Head {
    Frame frame;
    std::size_t bodyAt = 0;
  };
  std::optional<Head> head();
  std::optional<std::size_t> bodyEnd(const Head& head);
  std::optional<std::string> line(std::size_t& at);
  void fail(const char* why);

  std::string buffer_;
  std::size_t read_ = 0;  // so many bytes of the buffer are done with
  std::string fault_;
};

}  // namespace lull::stomp
