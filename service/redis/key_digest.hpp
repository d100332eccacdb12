#pragma once

#include <string>
#include <string_view>

namespace lull::redis {

/// The first 16 bytes of SHA-256, as base64url: stands for a text of any length in a key.
std::string keyDigest(std::string_view text);

}  // namespace lull::redis
