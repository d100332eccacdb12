#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lull::net {

/// The text with every value of the headers replaced by "***", because receivers echo what they got and the answer is
/// shown to people who may not see it. Credentials count without their scheme, too ("Bearer abc": "abc"). A value that
/// the end of the text cuts off is replaced as well. Values under 4 characters are no secret and stay. What a receiver
/// encodes (base64, escapes) is not recognised.
std::string withoutValues(std::string text, const std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace lull::net
