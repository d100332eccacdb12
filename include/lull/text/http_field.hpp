#pragma once

#include <string_view>

namespace lull::text {

/// A token of HTTP, such as the name of a field or a method (RFC 9110 section 5.6.2).
bool isToken(std::string_view text);

/// What a field value may hold (RFC 9110 section 5.5): any byte but the control bytes, of which only the tab is
/// allowed. A folded line is no field value. The empty value is one.
bool isFieldValue(std::string_view text);

}  // namespace lull::text
