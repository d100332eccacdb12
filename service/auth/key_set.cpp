#include "key_set.hpp"

#include <lull/http/json.hpp>
#include <lull/text/base64.hpp>
#include <lull/text/url.hpp>

#include <algorithm>
#include <variant>

namespace lull::auth {

namespace {

constexpr std::size_t kMostKeys = 100;

Error unusable(std::string what) {
  return {ErrorCode::Unavailable, std::move(what)};
}

/// A member that is text; nullopt when there is none or it is something else.
std::optional<std::string> textOf(const http::Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::string bytesOf(const http::Json& object, const char* name) {
  const auto text = textOf(object, name);
  return text ? text::fromBase64Url(*text).value_or("") : "";
}

/// False for a key that was published for something else than signatures (RFC 7517 sections 4.2 and 4.3).
bool mayVerify(const http::Json& jwk) {
  if (jwk.contains("use") && textOf(jwk, "use") != "sig") return false;
  const auto operations = jwk.find("key_ops");
  if (operations == jwk.end()) return true;
  return operations->is_array() && std::ranges::find(*operations, http::Json("verify")) != operations->end();
}

std::optional<VerificationKey> keyOf(const http::Json& jwk) {
  const auto type = textOf(jwk, "kty");
  auto key = [&]() -> Result<VerificationKey> {
    if (type == "RSA") return VerificationKey::fromRsa(bytesOf(jwk, "n"), bytesOf(jwk, "e"));
    if (type == "EC" && textOf(jwk, "crv") == "P-256") {
      return VerificationKey::fromP256(bytesOf(jwk, "x"), bytesOf(jwk, "y"));
    }
    return unusable("is of another type");
  }();
  if (!key) return std::nullopt;
  const auto named = textOf(jwk, "alg");
  if (jwk.contains("alg") && (!named || algorithmNamed(*named) != key->algorithm())) return std::nullopt;
  return std::move(key).value();
}

bool isHttps(std::string_view url) {
  return url.starts_with("https://");
}

std::string_view withoutSlash(std::string_view url) {
  return url.ends_with('/') ? url.substr(0, url.size() - 1) : url;
}

}  // namespace

std::vector<VerificationKey> KeySet::candidates(const std::optional<std::string>& id,
                                                SignatureAlgorithm algorithm) const {
  std::vector<VerificationKey> found;
  for (const auto& entry : entries) {
    const bool named = !id || entry.id.empty() || entry.id == *id;
    if (named && entry.key.algorithm() == algorithm) found.push_back(entry.key);
  }
  return found;
}

Result<KeySet> parseKeySet(std::string_view document) {
  const auto json = http::parseJsonObject(document);
  const auto keys = json ? json->find("keys") : http::Json::const_iterator{};
  if (!json || keys == json->end() || !keys->is_array()) return unusable("The answer is no JSON key set.");
  if (keys->size() > kMostKeys) return unusable("The key set has more than 100 keys.");
  KeySet set;
  for (const auto& jwk : *keys) {
    if (!jwk.is_object() || !mayVerify(jwk)) continue;
    if (auto key = keyOf(jwk)) set.entries.push_back({textOf(jwk, "kid").value_or(""), *std::move(key)});
  }
  return set;
}

namespace {

/// An endpoint that the document names; empty when Lull and browsers cannot go there as safely as to the authority.
std::string endpointIn(const http::Json& document, const char* name, std::string_view authority) {
  const auto url = textOf(document, name).value_or("");
  const auto parsed = text::parseUrl(url);
  const auto* parts = std::get_if<text::Url>(&parsed);
  return parts != nullptr && (parts->tls || !isHttps(authority)) ? url : std::string();
}

}  // namespace

Result<Discovery> parseDiscovery(std::string_view document, std::string_view authority, std::string_view issuer) {
  const auto json = http::parseJsonObject(document);
  const auto said = json ? textOf(*json, "issuer") : std::nullopt;
  const auto url = json ? textOf(*json, "jwks_uri") : std::nullopt;
  if (!said || !url) return unusable("The answer is no OpenID Connect discovery document with issuer and jwks_uri.");
  if (withoutSlash(*said) != withoutSlash(authority) && (issuer.empty() || *said != issuer)) {
    return unusable("The discovery document is of another issuer than Authentication:Jwt:Authority or :Issuer.");
  }
  const bool http = url->starts_with("http://") && !isHttps(authority);
  if (!isHttps(*url) && !http) return unusable("The discovery document names keys that are not behind https.");
  return Discovery{*said, *url, endpointIn(*json, "authorization_endpoint", authority),
                   endpointIn(*json, "token_endpoint", authority)};
}

}  // namespace lull::auth
