#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Encodings and digests that several handlers need. All functions are thread-safe.
namespace lull::text {

/// RFC 4648 section 4, with padding; nullopt for anything that an encoder would not have written.
std::optional<std::string> decodeBase64(std::string_view text);

/// RFC 4648 section 5, without padding.
std::string encodeBase64Url(std::string_view bytes);
std::optional<std::string> decodeBase64Url(std::string_view text);

std::string toHex(std::string_view bytes);
std::optional<std::string> fromHex(std::string_view text);

std::string sha256(std::string_view bytes);  ///< 32 raw bytes
std::string hmacSha256(std::string_view key, std::string_view bytes);
std::string randomBytes(std::size_t count);
/// In time that does not depend on where the two differ. Different lengths are different at once.
bool equalConstantTime(std::string_view a, std::string_view b);

}  // namespace lull::text
