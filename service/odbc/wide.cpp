#include "wide.hpp"

#include <lull/text/utf8.hpp>

#include <array>
#include <cstddef>

namespace lull::odbc {

namespace {

constexpr char32_t kReplacement = 0xfffd;
constexpr char32_t kFirstHigh = 0xd800;
constexpr char32_t kFirstLow = 0xdc00;
constexpr char32_t kLastLow = 0xdfff;
constexpr char32_t kBeyondPlane = 0x10000;

/// The code point of a well-formed character.
char32_t characterOf(std::string_view bytes) {
  constexpr std::array<unsigned, 5> kBitsOfFirst{0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t character = static_cast<unsigned char>(bytes[0]) & kBitsOfFirst.at(bytes.size());
  for (std::size_t i = 1; i < bytes.size(); ++i)
    character = (character << 6U) | (static_cast<unsigned char>(bytes[i]) & 0x3fU);
  return character;
}

}  // namespace

std::u16string wideOf(std::string_view text) {
  std::u16string wide;
  wide.reserve(text.size());
  while (!text.empty()) {
    const auto length = text::characterLength(text);
    const auto character = length == 0 ? kReplacement : characterOf(text.substr(0, length));
    if (character >= kBeyondPlane) {
      const auto rest = character - kBeyondPlane;
      wide.push_back(static_cast<char16_t>(kFirstHigh + (rest >> 10U)));
      wide.push_back(static_cast<char16_t>(kFirstLow + (rest & 0x3ffU)));
    } else {
      wide.push_back(static_cast<char16_t>(character));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return wide;
}

std::string narrowOf(std::u16string_view text) {
  std::string narrow;
  narrow.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t character = text[i];
    if (character >= kFirstHigh && character <= kLastLow) {
      const bool paired =
          character < kFirstLow && i + 1 < text.size() && text[i + 1] >= kFirstLow && text[i + 1] <= kLastLow;
      character = paired ? kBeyondPlane + ((character - kFirstHigh) << 10U) + (text[i + 1] - kFirstLow) : kReplacement;
      if (paired) ++i;
    }
    text::appendCharacter(narrow, character);
  }
  return narrow;
}

}  // namespace lull::odbc
