#pragma once

#include <string>
#include <string_view>

/// Digests by OpenSSL, as raw bytes. They throw std::runtime_error when the system's OpenSSL does not have them.
namespace lull::text {

std::string sha256(std::string_view bytes);  ///< 32 bytes
/// 20 bytes, for the names that Redis gives its scripts; it protects nothing.
std::string sha1(std::string_view bytes);
/// HMAC with SHA-256, 32 bytes.
std::string hmacSha256(std::string_view key, std::string_view bytes);

/// Takes a time that does not depend on where the two differ. Texts of different lengths differ at once.
bool equalsInConstantTime(std::string_view a, std::string_view b);

}  // namespace lull::text
