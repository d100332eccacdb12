#include "token_claims.hpp"

#include <lull/text/base64.hpp>
#include <lull/text/digest.hpp>

#include <algorithm>
#include <cmath>

namespace lull::auth {

namespace {

constexpr std::size_t kMostNameBytes = 100;  // as much as the name of an API key

constexpr TokenFault kIssuer{"The token is of another issuer."};
constexpr TokenFault kAudience{"The token was made for another audience."};
constexpr TokenFault kNoExpiry{"The token does not say when it expires."};
constexpr TokenFault kExpired{"The token has expired."};
constexpr TokenFault kNotYet{"The token is not valid yet."};
constexpr TokenFault kNobody{"The token does not say whose it is."};

const http::Json* memberOf(const http::Json& object, const std::string& name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string_view textOf(const http::Json& claims, const char* name) {
  const auto* found = memberOf(claims, name);
  return found != nullptr && found->is_string() ? std::string_view(found->get_ref<const std::string&>())
                                                : std::string_view();
}

bool isFor(const http::Json& claims, const std::string& audience) {
  const auto* given = memberOf(claims, "aud");
  if (given == nullptr) return false;
  if (given->is_array()) return std::ranges::find(*given, http::Json(audience)) != given->end();
  return *given == http::Json(audience);
}

/// A NumericDate, which may have a fraction. nullopt: it is not there; NaN: it is no date.
std::optional<double> dateOf(const http::Json& claims, const char* name) {
  const auto* found = memberOf(claims, name);
  if (found == nullptr) return std::nullopt;
  return found->is_number() ? found->get<double>() : std::nan("");
}

std::optional<TokenFault> judgeTimes(const http::Json& claims, Instant now) {
  const double seconds = static_cast<double>(millisOf(now)) / 1000;
  const double leeway = static_cast<double>(kClockLeeway.count()) / 1000;
  const auto expires = dateOf(claims, "exp");
  if (!expires) return kNoExpiry;
  // Written so that NaN, for which no comparison holds, is refused.
  if (!(seconds < *expires + leeway)) return kExpired;
  const auto begins = dateOf(claims, "nbf");
  if (begins && !(*begins - leeway <= seconds)) return kNotYet;
  return std::nullopt;
}

/// Takes the next name off a dotted path; in it a backslash stands before a dot (or a backslash) that is part of the
/// name.
std::string nextName(std::string_view& path) {
  std::string name;
  std::size_t at = 0;
  for (; at < path.size() && path[at] != '.'; ++at) {
    const bool escapes = path[at] == '\\' && at + 1 < path.size() && (path[at + 1] == '.' || path[at + 1] == '\\');
    if (escapes) ++at;
    name += path[at];
  }
  path.remove_prefix(at);
  return name;
}

const http::Json* rolesIn(const http::Json& claims, const std::string& path) {
  if (const auto* literal = memberOf(claims, path)) return literal;
  std::string_view rest = path;
  const auto* at = memberOf(claims, nextName(rest));
  while (at != nullptr && !rest.empty()) {
    rest.remove_prefix(1);
    at = memberOf(*at, nextName(rest));
  }
  return at;
}

void grantListed(std::string_view list, Principal& principal) {
  constexpr std::string_view kSeparators = " ,";
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(kSeparators), list.size());
    principal.grant(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

/// The name stands in logs: visible ASCII only, and not too long.
std::string fitForLogs(std::string_view subject) {
  std::string name(subject.substr(0, kMostNameBytes));
  std::ranges::replace_if(
      name, [](char c) { return c <= 0x20 || c >= 0x7f; }, '?');
  return name;
}

/// Distinct per issuer and subject whatever their bytes, and none that the name of an API key would happen to be.
std::string scopeOf(std::string_view issuer, std::string_view subject) {
  const auto length = std::to_string(issuer.size());
  return "jwt " + text::toBase64Url(text::sha256(length + ":" + std::string(issuer) + std::string(subject)));
}

}  // namespace

std::variant<Principal, TokenFault> judgeClaims(const http::Json& claims, const TokenSettings& rules, Instant now) {
  const auto issuer = textOf(claims, "iss");
  if (!rules.issuer.empty() && issuer != rules.issuer) return kIssuer;
  if (!rules.audience.empty() && !isFor(claims, rules.audience)) return kAudience;
  if (const auto fault = judgeTimes(claims, now)) return *fault;

  auto subject = textOf(claims, "sub");
  if (subject.empty()) subject = textOf(claims, "client_id");
  if (subject.empty()) subject = textOf(claims, "azp");
  if (subject.empty()) return kNobody;
  Principal principal{.name = fitForLogs(subject), .scope = scopeOf(issuer, subject), .proof = "jwt"};
  const auto* roles = rolesIn(claims, rules.rolesClaim);
  if (roles != nullptr && roles->is_string()) grantListed(roles->get_ref<const std::string&>(), principal);
  if (roles != nullptr && roles->is_array()) {
    for (const auto& role : *roles) {
      if (role.is_string()) principal.grant(role.get_ref<const std::string&>());
    }
  }
  return principal;
}

}  // namespace lull::auth
