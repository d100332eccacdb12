#pragma once

#include <string>
#include <string_view>

namespace lull::text {

/// `text` as a terminal or a log may show it: control characters (those of one byte, DEL, and U+0080 to U+009F) and
/// bytes that are no UTF-8 are written as \xNN, so that no escape sequence takes effect. The control characters in
/// `kept`, such as a tab, stay.
std::string printable(std::string_view text, std::string_view kept = "");

}  // namespace lull::text
