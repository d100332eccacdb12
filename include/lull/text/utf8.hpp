#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lull::text {

/// The length of the well-formed UTF-8 character that `text` begins with (RFC 3629: no overlong forms, no surrogates,
/// nothing above U+10FFFF); 0 when it begins with none.
std::size_t characterLength(std::string_view text);
/// Whether `c` is a byte of a character other than its first.
constexpr bool continuesCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

bool isUtf8(std::string_view text);
/// Code points of valid UTF-8.
std::size_t countCharacters(std::string_view text);
/// Writes a code point of at most U+10FFFF. A surrogate, which valid UTF-8 cannot hold, becomes its three bytes.
void appendCharacter(std::string& text, char32_t character);

/// Valid UTF-8 in a form in which texts that differ in case only are equal: each character alone is folded by the
/// tables of the C library ("ZÜRICH" and "zürich", "Σ" and "ς"), so "ß" and "SS" stay apart.
std::string foldCase(std::string_view text);

}  // namespace lull::text
