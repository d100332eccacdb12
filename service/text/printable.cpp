#include <lull/text/hex.hpp>
#include <lull/text/printable.hpp>
#include <lull/text/utf8.hpp>

#include <algorithm>

namespace lull::text {

namespace {

bool isControl(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 2) return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
  return character.size() == 1 && (first < 0x20 || first == 0x7f);
}

}  // namespace

std::string printable(std::string_view text, std::string_view kept) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = characterLength(text);
    const auto character = text.substr(0, std::max<std::size_t>(length, 1));
    const bool stays = length == 1 && kept.find(character) != std::string_view::npos;
    if (length > 0 && (stays || !isControl(character))) {
      shown += character;
    } else {
      for (std::size_t at = 0; at < character.size(); ++at) shown += "\\x" + toHex(character.substr(at, 1));
    }
    text.remove_prefix(character.size());
  }
  return shown;
}

}  // namespace lull::text
