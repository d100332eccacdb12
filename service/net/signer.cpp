#include <lull/net/signer.hpp>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

namespace lull::net {

namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kNewSecretBytes = 32;
constexpr std::size_t kMinSecretBytes = 24;
constexpr std::size_t kMaxSecretBytes = 64;
constexpr std::size_t kSha256Bytes = 32;

std::string base64(const unsigned char* data, std::size_t size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');  // one more for the NUL that OpenSSL appends
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), data, static_cast<int>(size));
  text.pop_back();
  return text;
}

std::optional<std::vector<unsigned char>> fromBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
  // OpenSSL skips blanks and line ends; a secret has none.
  if (text.substr(0, text.size() - padding).find_first_not_of(kAlphabet) != std::string_view::npos) return std::nullopt;
  std::vector<unsigned char> bytes(text.size() / 4 * 3);
  if (EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size())) < 0) {
    return std::nullopt;
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::optional<std::vector<unsigned char>> keyOf(std::string_view secret) {
  if (!secret.starts_with(kPrefix)) return std::nullopt;
  auto key = fromBase64(secret.substr(kPrefix.size()));
  if (!key || key->size() < kMinSecretBytes || key->size() > kMaxSecretBytes) return std::nullopt;
  return key;
}

// OpenSSL looks its algorithms up by name, behind locks: once per thread instead of once per signature.
class HmacSha256 {
 public:
  HmacSha256() : algorithm_(EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr)) {
    if (algorithm_) context_.reset(EVP_MAC_CTX_new(algorithm_.get()));
    std::array<char, 7> digest{"SHA256"};
    const std::array<OSSL_PARAM, 2> chosen{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                           OSSL_PARAM_construct_end()};
    if (!context_ || EVP_MAC_CTX_set_params(context_.get(), chosen.data()) != 1) fail();
  }

  void sign(const std::vector<unsigned char>& key, std::string_view text,
            std::array<unsigned char, kSha256Bytes>& digest) {
    std::size_t size = 0;
    if (EVP_MAC_init(context_.get(), key.data(), key.size(), nullptr) != 1 ||
        EVP_MAC_update(context_.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1 ||
        EVP_MAC_final(context_.get(), digest.data(), &size, digest.size()) != 1) {
      fail();
    }
  }

 private:
  struct Free {
    void operator()(EVP_MAC* algorithm) const { EVP_MAC_free(algorithm); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  [[noreturn]] static void fail() {
    throw std::runtime_error("OpenSSL has no HMAC with SHA-256: look at its configuration (OPENSSL_CONF)");
  }

  std::unique_ptr<EVP_MAC, Free> algorithm_;
  std::unique_ptr<EVP_MAC_CTX, Free> context_;
};

}  // namespace

std::string makeSecret() {
  std::array<unsigned char, kNewSecretBytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("the system gives no random numbers");
  }
  return std::string(kPrefix) + base64(bytes.data(), bytes.size());
}

Status checkSecret(std::string_view secret) {
  if (keyOf(secret)) return Done{};
  return Error{ErrorCode::InvalidInput, "A secret is whsec_ followed by the base64 of 24 to 64 bytes."};
}

Result<std::string> sign(std::string_view secret, const SignedContent& content) {
  const auto key = keyOf(secret);
  if (!key) return checkSecret(secret).error();
  std::string text;
  text.reserve(content.id.size() + content.body.size() + 24);
  text.append(content.id).append(".").append(std::to_string(content.timestamp)).append(".").append(content.body);
  std::array<unsigned char, kSha256Bytes> digest{};
  thread_local HmacSha256 hmac;
  hmac.sign(*key, text, digest);
  return "v1," + base64(digest.data(), digest.size());
}

Result<std::string> signatureHeader(const SigningSecrets& secrets, const SignedContent& content, Instant now) {
  auto header = sign(secrets.current, content);
  for (const auto& retired : secrets.retired) {
    if (!header) return header;
    if (now >= retired.until) continue;
    const auto another = sign(retired.secret, content);
    if (!another) return another;
    header.value().append(" ").append(*another);
  }
  return header;
}

bool verify(std::string_view secret, const SignedContent& content, std::string_view header) {
  const auto expected = sign(secret, content);
  if (!expected) return false;
  bool found = false;
  while (!header.empty()) {
    const auto blank = header.find(' ');
    const auto candidate = header.substr(0, blank);
    if (candidate.size() == expected->size()) {
      found |= CRYPTO_memcmp(candidate.data(), expected->data(), expected->size()) == 0;
    }
    if (blank == std::string_view::npos) break;
    header.remove_prefix(blank + 1);
  }
  return found;
}

}  // namespace lull::net
