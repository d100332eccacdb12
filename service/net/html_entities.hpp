#pragma once

#include <optional>
#include <string_view>

namespace lull::net {

/// The character that `&name;` stands for, without the marks around it: "amp", "eacute", "#233", "#xE9". Known are the
/// numbers, the names of ASCII punctuation and those of Latin-1.
std::optional<char32_t> htmlEntity(std::string_view name);

}  // namespace lull::net
