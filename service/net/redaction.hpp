#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lull::net {

/// The text without any piece of six or more bytes of a header's value (of the whole value, where that is shorter),
/// each replaced by "***", because receivers echo what they got and the answer is shown to people who may not see it.
/// Pieces are found in whatever the text may be decoded to (decoded_views.hpp), in UTF-8 and in Latin-1. A known scheme
/// before a credential ("Bearer abc") is no secret; a credential that is base64 itself, as Basic's, is hidden decoded
/// as well. What the end of the text cuts off counts from four bytes on. Values under 4 bytes are no secret and stay.
/// UTF-8 stays UTF-8.
std::string withoutValues(std::string text, const std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace lull::net
