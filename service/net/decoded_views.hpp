#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lull::net {

/// A text as somebody who decodes it would read it. Byte i of `bytes` was written as the bytes [from[i], to[i]) of the
/// original text.
struct DecodedView {
  std::string bytes;
  std::vector<std::size_t> from;
  std::vector<std::size_t> to;

  void add(char byte, std::size_t begin, std::size_t end);
};

/// The text itself, and what it may stand for: escapes of JSON, URLs, HTML and quoted-printable undone, runs of base64
/// and of hex read at each alignment, and each of these once more on what came of it. Bounded: at most 111 views, none
/// longer than the text. Characters that escapes name are written in UTF-8. Meant for excerpts of some KiB.
std::vector<DecodedView> decodedViews(std::string_view text);

}  // namespace lull::net
