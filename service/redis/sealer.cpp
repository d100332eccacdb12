#include "packing.hpp"

#include <lull/redis/sealer.hpp>
#include <lull/text/base64.hpp>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

namespace lull::redis {

namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

unsigned char* bytesOf(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Each part carries its length, so no two contexts give the same bytes.
std::string associatedData(const SealContext& context) {
  ByteWriter bytes;
  return bytes.u8(1).text32(context.endpoint).text32(context.field).text32(context.url).take();
}

void require(bool worked) {
  if (!worked) throw std::runtime_error("AES-256-GCM of the system's OpenSSL failed");
}

int length(std::string_view text) {
  return static_cast<int>(text.size());
}

std::optional<std::string> openWith(const SealingKey& key, std::string_view sealed, std::string_view associated) {
  const auto nonce = sealed.substr(0, kNonceBytes);
  const auto cipherText = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string plain(cipherText.size(), '\0');
  int written = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  require(cipher != nullptr &&
          EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(), bytesOf(nonce)) == 1 &&
          EVP_DecryptUpdate(cipher.get(), nullptr, &written, bytesOf(associated), length(associated)) == 1 &&
          EVP_DecryptUpdate(cipher.get(), bytesOf(plain), &written, bytesOf(cipherText), length(cipherText)) == 1 &&
          EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(cipher.get(), bytesOf(plain) + written, &written) != 1) return std::nullopt;
  return plain;
}

}  // namespace

SealedValue Sealer::seal(std::string_view plain, const SealContext& context) const {
  const auto& key = keys_.front();
  const auto associated = associatedData(context);
  std::string sealed(kNonceBytes + plain.size() + kTagBytes, '\0');
  auto* nonce = bytesOf(sealed);
  auto* cipherText = nonce + kNonceBytes;
  int written = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  require(cipher != nullptr && RAND_bytes(nonce, kNonceBytes) == 1 &&
          EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(), nonce) == 1 &&
          EVP_EncryptUpdate(cipher.get(), nullptr, &written, bytesOf(associated), length(associated)) == 1 &&
          EVP_EncryptUpdate(cipher.get(), cipherText, &written, bytesOf(plain), length(plain)) == 1 &&
          EVP_EncryptFinal_ex(cipher.get(), cipherText + written, &written) == 1 &&
          EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, cipherText + plain.size()) == 1);
  return {key.id, text::toBase64Url(sealed)};
}

Result<std::string> Sealer::open(const SealedValue& sealed, const SealContext& context) const {
  const auto bytes = text::fromBase64Url(sealed.text);
  if (bytes && bytes->size() >= kNonceBytes + kTagBytes) {
    const auto associated = associatedData(context);
    for (const auto& key : keys_) {
      if (auto plain = openWith(key, *bytes, associated)) return *std::move(plain);
    }
  }
  if (std::ranges::find(keys_, sealed.keyId, &SealingKey::id) != keys_.end()) {
    return Error{ErrorCode::Internal,
                 "A stored secret or header value was changed in Redis, or is of another endpoint: "
                 "the key '" +
                     sealed.keyId + "' of Encryption:KeyFile does not open it."};
  }
  return Error{ErrorCode::Internal, "A stored secret or header value was encrypted with the key '" + sealed.keyId +
                                        "', which Encryption:KeyFile does not hold" +
                                        (keys_.empty() ? " (it is not set)." : ".") +
                                        " Add that key as a further line."};
}

}  // namespace lull::redis
