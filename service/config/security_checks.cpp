#include "security_checks.hpp"

#include "setting_text.hpp"

#include <lull/text/ascii.hpp>

#include <algorithm>
#include <map>

namespace lull::config {
namespace {

void checkNone(Checks& checks) {
  const Settings& settings = checks.bound().settings;
  if (!settings.authentication.apiKeys.empty()) {
    checks.warning("Authentication:Mode", "leaves Authentication:ApiKeys without effect; set it to ApiKey to use them");
  }
  if (!checks.valid({"Urls", "Authentication:AllowAnonymous"})) return;
  const bool onlyLoopback = std::all_of(settings.urls.begin(), settings.urls.end(),
                                        [](const ListenAddress& address) { return address.isLoopback(); });
  if (onlyLoopback) return;
  if (settings.authentication.allowAnonymous) {
    checks.warning("Authentication:AllowAnonymous", "anybody who reaches Urls may read, change and publish everything");
  } else {
    checks.problem("Authentication:Mode",
                   "is refused because Urls has an address that is not loopback; allowed: ApiKey, Jwt, or "
                   "Authentication:AllowAnonymous=true");
  }
}

void checkApiKeys(Checks& checks) {
  const auto& keys = checks.bound().settings.authentication.apiKeys;
  if (keys.empty()) checks.problem("Authentication:Mode", "needs at least one entry in Authentication:ApiKeys");
}

/// Warns of a source of keys in another mode, because the operator believes that tokens are checked.
void checkUnusedJwt(Checks& checks) {
  const JwtSettings& jwt = checks.bound().settings.authentication.jwt;
  if (jwt.authority.empty() && jwt.jwksUrl.empty() && jwt.publicKeyPath.empty() && jwt.clientId.empty()) return;
  checks.warning("Authentication:Mode", "leaves Authentication:Jwt without effect; set it to Jwt to use it");
}

void checkJwt(Checks& checks) {
  const JwtSettings& jwt = checks.bound().settings.authentication.jwt;
  if (checks.valid(
          {"Authentication:Jwt:Authority", "Authentication:Jwt:JwksUrl", "Authentication:Jwt:PublicKeyPath"})) {
    const int sources =
        (jwt.authority.empty() ? 0 : 1) + (jwt.jwksUrl.empty() ? 0 : 1) + (jwt.publicKeyPath.empty() ? 0 : 1);
    if (sources != 1) {
      checks.problem(
          "Authentication:Mode",
          std::string("has ") + (sources == 0 ? "no" : "more than one") +
              " source of keys; allowed: exactly one of Authentication:Jwt:Authority, :JwksUrl, :PublicKeyPath");
    }
  }
  if (jwt.authority.find_first_of("?#") != std::string::npos) {
    checks.problem("Authentication:Jwt:Authority",
                   "has a query or a fragment; allowed: an issuer, below which /.well-known/openid-configuration is");
  }
  for (const auto& [key, url] : {std::pair{"Authentication:Jwt:Authority", jwt.authority},
                                 std::pair{"Authentication:Jwt:JwksUrl", jwt.jwksUrl}}) {
    if (text::lowerCase(url).starts_with("http://"))
      checks.warning(key, "is fetched without TLS: whoever sits between can forge keys");
  }
  if (!jwt.clientId.empty() && jwt.authority.empty()) {
    checks.problem("Authentication:Jwt:ClientId",
                   "needs Authentication:Jwt:Authority, whose discovery document says where users sign in");
  }
  if (jwt.issuer.empty() && jwt.authority.empty()) {
    checks.warning("Authentication:Jwt:Issuer", "is not set: tokens of any issuer that uses these keys are accepted");
  }
  if (jwt.audience.empty()) {
    checks.warning("Authentication:Jwt:Audience", "is not set: tokens made for other services are accepted");
  }
}

/// Entries are checked in every mode, so that a broken one is found before the mode is switched.
void checkKeyEntries(Checks& checks) {
  std::map<std::string, std::string> names;
  std::map<std::string, std::string> hashes;
  const auto& keys = checks.bound().settings.authentication.apiKeys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string prefix = "Authentication:ApiKeys:" + checks.bound().apiKeyIndexes[i];
    if (checks.present(prefix + ":Name")) {
      const auto [owner, isNew] = names.emplace(keys[i].name, prefix);
      if (!isNew)
        checks.problem(prefix + ":Name", "is also the name of " + owner->second + "; allowed: each name once");
    }
    if (checks.present(prefix + ":Sha256")) {
      const auto [owner, isNew] = hashes.emplace(keys[i].sha256, prefix);
      if (!isNew)
        checks.problem(prefix + ":Sha256", "is also the key of " + owner->second + "; allowed: each key once");
    }
    checks.present(prefix + ":Roles");
  }
}

}  // namespace

void checkAuthentication(Checks& checks) {
  checkKeyEntries(checks);
  if (!checks.valid({"Authentication:Mode"})) return;
  const auto mode = checks.bound().settings.authentication.mode;
  if (mode != AuthenticationMode::Jwt) checkUnusedJwt(checks);
  switch (mode) {
    case AuthenticationMode::None:
      return checkNone(checks);
    case AuthenticationMode::ApiKey:
      return checkApiKeys(checks);
    case AuthenticationMode::Jwt:
      return checkJwt(checks);
  }
}

void checkEncryption(Checks& checks) {
  const Settings& settings = checks.bound().settings;
  const bool isExternal = settings.redis.mode == RedisMode::External;
  if (!isExternal || !checks.valid({"Encryption:KeyFile", "Redis:Mode"}) || !settings.encryption.keyFile.empty())
    return;
  if (text::equalsIgnoringCase(settings.environment, "Production")) {
    checks.problem("Encryption:KeyFile",
                   "is not set, so an external Redis would hold signing secrets in plain text, which Production "
                   "refuses; allowed: path of a readable file");
  } else {
    checks.warning("Encryption:KeyFile", "is not set: the external Redis holds signing secrets in plain text");
  }
}

}  // namespace lull::config
