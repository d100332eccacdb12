#include "access_token.hpp"

#include <lull/http/json.hpp>
#include <lull/http/message_head.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/base64.hpp>

#include <algorithm>

namespace lull::auth {

namespace {

constexpr std::size_t kMostKeyIdBytes = 256;

constexpr TokenFault kMalformed{"The token is not a well-formed JWT."};
constexpr TokenFault kTooLong{"The token is too long."};
constexpr TokenFault kAlgorithm{"The token is not signed with RS256 or ES256."};
constexpr TokenFault kCritical{"The token has critical header parameters, which are not understood here."};
constexpr TokenFault kType{"The token is of another type than an access token."};

std::optional<http::Json> objectIn(std::string_view encoded) {
  const auto text = text::fromBase64Url(encoded);
  return text ? http::parseJsonObject(*text) : std::nullopt;
}

/// RFC 8725 section 3.11: another explicit type means that the token was made for something else. Absent is common.
bool isAccessTokenType(const http::Json& header) {
  const auto type = header.find("typ");
  if (type == header.end()) return true;
  if (!type->is_string()) return false;
  const auto& name = type->get_ref<const std::string&>();
  return std::ranges::any_of(std::initializer_list<std::string_view>{"JWT", "at+jwt", "application/at+jwt"},
                             [&](std::string_view known) { return text::equalsIgnoringCase(name, known); });
}

/// Reads the header's part of the token; a fault, or nothing.
std::optional<TokenFault> readHeader(std::string_view encoded, AccessToken& token) {
  const auto header = objectIn(encoded);
  if (!header) return kMalformed;
  const auto name = header->find("alg");
  if (name == header->end() || !name->is_string()) return kMalformed;
  const auto algorithm = algorithmNamed(name->get_ref<const std::string&>());
  if (!algorithm) return kAlgorithm;
  token.algorithm = *algorithm;
  if (header->contains("crit")) return kCritical;
  if (!isAccessTokenType(*header)) return kType;
  const auto id = header->find("kid");
  if (id == header->end()) return std::nullopt;
  if (!id->is_string() || id->get_ref<const std::string&>().size() > kMostKeyIdBytes) return kMalformed;
  token.keyId = id->get<std::string>();
  return std::nullopt;
}

}  // namespace

std::variant<AccessToken, TokenFault> parseToken(std::string_view compact) {
  if (compact.size() > kMaxTokenBytes) return kTooLong;
  const auto first = compact.find('.');
  const auto second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (second == std::string_view::npos) return kMalformed;
  AccessToken token;
  if (const auto fault = readHeader(compact.substr(0, first), token)) return *fault;
  auto claims = objectIn(compact.substr(first + 1, second - first - 1));
  auto signature = text::fromBase64Url(compact.substr(second + 1));  // a fourth part would not be base64url
  if (!claims || !signature || signature->empty()) return kMalformed;
  token.claims = *std::move(claims);
  token.signature = *std::move(signature);
  token.signedPart = compact.substr(0, second);
  return token;
}

}  // namespace lull::auth
