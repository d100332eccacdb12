#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lull::text {

/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool isUtf8(std::string_view text);
/// Code points of valid UTF-8.
std::size_t countCharacters(std::string_view text);
/// Valid UTF-8 in a form in which texts that differ in case only are equal: each character alone is folded by the
/// tables of the C library ("ZÜRICH" and "zürich", "Σ" and "ς"), so "ß" and "SS" stay apart.
std::string foldCase(std::string_view text);

}  // namespace lull::text
