#pragma once

#include <string>
#include <string_view>

namespace lull::odbc {

/// UTF-16, as ODBC passes wide text. Bytes that are no UTF-8 become U+FFFD.
std::u16string wideOf(std::string_view text);
/// UTF-8. A surrogate without its other half becomes U+FFFD.
std::string narrowOf(std::u16string_view text);

}  // namespace lull::odbc
