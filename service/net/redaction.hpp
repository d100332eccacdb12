#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lull::net {

/// The text with every value of the headers replaced by "***", because receivers echo what they got and the answer is
/// shown to people who may not see it. Credentials count without their scheme, too ("Bearer abc": "abc"). A value that
/// the end of the text cuts off is replaced as well, and so are the usual encodings of a value: escaped for JSON or for
/// a URL, hex, base64 (also within the base64 of a longer text). Values under 4 characters are no secret and stay.
std::string withoutValues(std::string text, const std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace lull::net
