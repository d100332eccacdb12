#pragma once

#include "line_cutter.hpp"

#include <cstdint>
#include <string_view>

namespace lull::net {

/// The framing of a chunked body (RFC 9112 section 7.1). A value type, no I/O.
class ChunkReader {
 public:
  enum class Next {
    NeedsMore,  ///< all bytes were taken
    Data,       ///< data() bytes of the body come next; report them with took()
    End,        ///< the last chunk and the trailers are read
    Malformed,
  };

  /// Takes framing off `bytes` until something else is next.
  Next advance(std::string_view& bytes) {
    while (true) {
      if (place_ == Place::Data && data_ > 0) return bytes.empty() ? Next::NeedsMore : Next::Data;
      if (!lines_.take(bytes)) return Next::NeedsMore;
      const Next next = takeLine();
      lines_.next();
      if (next != Next::NeedsMore) return next;
    }
  }
  std::uint64_t data() const { return data_; }
  void took(std::uint64_t bytes) { data_ -= bytes; }

 private:
  enum class Place { Size, Data, Trailers };

  /// Handles a line; NeedsMore means that reading goes on.
  Next takeLine() {
    switch (place_) {
      case Place::Size:
        return takeSize();
      case Place::Data:  // the line end behind the data
        place_ = Place::Size;
        return lines_.line().empty() && !lines_.cut() ? Next::NeedsMore : Next::Malformed;
      case Place::Trailers:
        return lines_.line().empty() && !lines_.cut() ? Next::End : Next::NeedsMore;
    }
    return Next::Malformed;
  }

  Next takeSize();

  LineCutter lines_;
  Place place_ = Place::Size;
  std::uint64_t data_ = 0;
};

}  // namespace lull::net
