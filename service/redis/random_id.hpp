#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lull::redis {

/// `length` characters of [0-9a-z] from the system's random source: 20 of them hold 103 bits.
std::string randomId(std::size_t length);

/// The first 16 bytes of SHA-256, as base64url: names a text of any length in a key.
std::string digest(std::string_view text);

}  // namespace lull::redis
