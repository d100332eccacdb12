#pragma once

#include <algorithm>
#include <string_view>

namespace lull::net {

/// Whether `text` is `lower` but for the case of its ASCII letters, as names of HTTP fields and their tokens compare
/// (RFC 9110 section 5.1). `lower` is in lower case.
inline bool equalNoCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char got, char want) { return (got >= 'A' && got <= 'Z' ? got - 'A' + 'a' : got) == want; });
}

}  // namespace lull::net
