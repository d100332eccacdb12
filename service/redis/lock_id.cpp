#include "lock_id.hpp"

#include "packing.hpp"

#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>

namespace lull::redis {

namespace {

constexpr std::size_t kTokenDigits = 16;
constexpr std::size_t kLength = kTokenDigits + 64;

// Each part stands behind its length, so that no two triples give the same bytes.
std::string sealOf(std::string_view secret, const EndpointId& mailbox, std::string_view key, std::uint64_t token) {
  const auto bytes = ByteWriter{}.text16(mailbox).text16(key).u64(token).take();
  return text::toHex(text::hmacSha256(secret, bytes));
}

}  // namespace

std::string lockIdOf(std::string_view secret, const EndpointId& mailbox, std::string_view key, std::uint64_t token) {
  return text::toHex(ByteWriter{}.u64(token).take()) + sealOf(secret, mailbox, key, token);
}

std::optional<std::uint64_t> tokenIn(std::string_view lockId, std::string_view secret, const EndpointId& mailbox,
                                     std::string_view key) {
  if (lockId.size() != kLength || secret.empty()) return std::nullopt;
  const auto bytes = text::fromHex(lockId.substr(0, kTokenDigits));
  if (!bytes) return std::nullopt;
  const auto token = ByteReader(*bytes).u64();
  if (!text::equalsInConstantTime(lockId.substr(kTokenDigits), sealOf(secret, mailbox, key, token)))
    return std::nullopt;
  return token;
}

}  // namespace lull::redis
