#pragma once

#include <lull/domain/result.hpp>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lull::redis {

/// One line of a key file. `id` is what stands before the colon, else the first 8 hex digits of the key's SHA-256.
struct SealingKey {
  std::string id;
  std::array<unsigned char, 32> bytes{};
};

/// Reads a key ring: one key per line, `base64 of 32 bytes` or `id:base64 of 32 bytes`; blank lines and lines that
/// begin with # are skipped. The first key seals, all of them open. An error names Encryption:KeyFile, the line and
/// what is expected, never what stands there.
Result<std::vector<SealingKey>> readKeyFile(const std::filesystem::path& file);

/// As readKeyFile() for `encryption.key` in the data directory, which is made with one random key (mode 0600, durably
/// and as a whole) when it is missing. The caller owns the directory (its lock).
Result<std::vector<SealingKey>> keyFileIn(const std::filesystem::path& dataDirectory);

/// A value as it is stored: the id of its key, and base64url of nonce (12 bytes), ciphertext and tag (16 bytes).
struct SealedValue {
  std::string keyId;
  std::string text;
};

/// The place of a value. It is authenticated with the value (and not stored with it), so that a person who can write to
/// Redis cannot move a value to another endpoint, field or URL and have it sent there.
struct SealContext {
  std::string_view endpoint;
  std::string_view field;
  std::string_view url;
};

/// Encrypts the values that Redis must not see: AES-256-GCM (NIST SP 800-38D) with a random nonce. Immutable,
/// thread-safe.
class Sealer {
 public:
  /// Without keys nothing is sealed.
  explicit Sealer(std::vector<SealingKey> keys = {}) : keys_(std::move(keys)) {}

  bool seals() const { return !keys_.empty(); }
  /// Only when seals(). Throws std::runtime_error when the system's random source fails.
  SealedValue seal(std::string_view plain, const SealContext& context) const;
  /// Tries every key, so it does not matter which id a key has now. Internal when none of them opens the value; the
  /// message names the setting.
  Result<std::string> open(const SealedValue& sealed, const SealContext& context) const;

 private:
  std::vector<SealingKey> keys_;
};

}  // namespace lull::redis
