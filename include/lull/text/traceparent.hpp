#pragma once

#include <cstddef>
#include <string_view>

namespace lull::text {

inline constexpr std::size_t kMaxTraceparentLength = 200;

/// Whether this is a `traceparent` of W3C Trace Context: exactly version 00, or a later version (not ff), which begins
/// with the same four fields and may go on with a dash and printable ASCII without blanks. At most 200 characters.
bool isTraceparent(std::string_view text);

/// The 32 hex digits of the trace id; `traceparent` is one.
std::string_view traceIdIn(std::string_view traceparent);

}  // namespace lull::text
