#include <lull/net/signer.hpp>
#include <lull/text/base64.hpp>
#include <lull/text/digest.hpp>
#include <lull/text/random.hpp>

#include <optional>

namespace lull::net {

namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kNewSecretBytes = 32;
constexpr std::size_t kMinSecretBytes = 24;
constexpr std::size_t kMaxSecretBytes = 64;

std::optional<std::string> keyOf(std::string_view secret) {
  if (!secret.starts_with(kPrefix)) return std::nullopt;
  auto key = text::fromBase64(secret.substr(kPrefix.size()));
  if (!key || key->size() < kMinSecretBytes || key->size() > kMaxSecretBytes) return std::nullopt;
  return key;
}

}  // namespace

std::string makeSecret() {
  return std::string(kPrefix) + text::toBase64(text::randomBytes(kNewSecretBytes));
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
  return "v1," + text::toBase64(text::hmacSha256(*key, text));
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
    found |= text::equalsInConstantTime(candidate, *expected);
    if (blank == std::string_view::npos) break;
    header.remove_prefix(blank + 1);
  }
  return found;
}

}  // namespace lull::net
