#pragma once

#include <string>
#include <string_view>

namespace lull::app {

/// What a stranger sent, fit to be shown on a terminal: control characters (those of one byte, DEL, and U+0080 to
/// U+009F) and bytes that are no UTF-8 are written as \\xNN, so that no escape sequence takes effect. Tabs stay; line
/// breaks stay when `keepLines`.
std::string forTerminal(std::string_view text, bool keepLines);

}  // namespace lull::app
