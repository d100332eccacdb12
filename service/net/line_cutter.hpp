#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace lull::net {

/// Cuts a stream of bytes into lines. It keeps no more of a line than its users need, so that a receiver that sends a
/// line without end costs no memory.
class LineCutter {
 public:
  static constexpr std::size_t kKept = 1024;

  /// Takes bytes off `bytes`, up to the next LF at most; true when a line has ended. line() is valid until next().
  bool take(std::string_view& bytes) {
    const auto end = bytes.find('\n');
    const auto part = bytes.substr(0, end);
    const auto room = kKept - text_.size();
    text_.append(part.substr(0, room));
    cut_ = cut_ || part.size() > room;
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    return end != std::string_view::npos;
  }
  /// Without its line end, CR LF or LF alone (RFC 9112 section 2.2).
  std::string_view line() const {
    std::string_view text = text_;
    if (!cut_ && text.ends_with('\r')) text.remove_suffix(1);
    return text;
  }
  bool cut() const { return cut_; }  ///< the line was longer than what line() returns
  bool empty() const { return text_.empty(); }
  void next() {
    text_.clear();
    cut_ = false;
  }

 private:
  std::string text_;
  bool cut_ = false;
};

}  // namespace lull::net
