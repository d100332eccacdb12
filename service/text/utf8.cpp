#include <lull/text/utf8.hpp>

#include <locale.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cwctype>

namespace lull::text {

namespace {

/// The character of a sequence of valid UTF-8.
char32_t characterIn(std::string_view sequence) {
  static constexpr std::array<unsigned, 5> kFirstBits{0, 0x7f, 0x1f, 0x0f, 0x07};
  char32_t character = static_cast<unsigned char>(sequence.front()) & kFirstBits.at(sequence.size());
  for (const char next : sequence.substr(1)) character = (character << 6U) | (static_cast<unsigned char>(next) & 0x3fU);
  return character;
}

/// Upper case first: what has two small forms, such as the Greek sigma, has one capital.
char32_t folded(char32_t character) {
  if (character >= 'A' && character <= 'Z') return character + 32;
  if (character < 0x80) return character;
  // Part of every glibc, and independent of the locale that the process runs in.
  static const locale_t tables = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (tables == nullptr) return character;
  return static_cast<char32_t>(::towlower_l(::towupper_l(static_cast<std::wint_t>(character), tables), tables));
}

}  // namespace

std::size_t characterLength(std::string_view text) {
  if (text.empty()) return 0;
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  return std::ranges::all_of(text.substr(2, length - 2), continuesCharacter) ? length : 0;
}

bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = characterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::size_t countCharacters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !continuesCharacter(c); }));
}

void appendCharacter(std::string& text, char32_t character) {
  const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80U | ((character >> shift) & 0x3fU)); };
  if (character < 0x80) {
    text += static_cast<char>(character);
  } else if (character < 0x800) {
    text += static_cast<char>(0xc0U | (character >> 6U));
    tail(0);
  } else if (character < 0x10000) {
    text += static_cast<char>(0xe0U | (character >> 12U));
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xf0U | (character >> 18U));
    tail(12), tail(6), tail(0);
  }
}

std::string foldCase(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto length = characterLength(text);
    if (length == 0) break;
    appendCharacter(out, folded(characterIn(text.substr(0, length))));
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace lull::text
