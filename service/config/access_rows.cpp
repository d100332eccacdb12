#include "addresses.hpp"
#include "key_rows.hpp"
#include "text_checks.hpp"

#include <lull/config/settings.hpp>

namespace lull::config {

namespace {

template <class Member>
auto putKey(Member member) {
  return [=](RuleTarget& target, auto value) {
    target.settings.authentication.apiKeys[target.index].*member = std::move(value);
  };
}

template <class Member>
Rule jwtUrl(Member member) {
  return parsed<std::string>(put(&Settings::authentication, &AuthenticationSettings::jwt, member), "URL",
                             "absolute https (or http) URL", parseHttpUrl);
}

template <class Member>
Rule jwtText(Member member) {
  return text(put(&Settings::authentication, &AuthenticationSettings::jwt, member), "any text");
}

}  // namespace

std::vector<KeyRow> egressRows() {
  return {
      {"Egress:AllowedNetworks", "", "public addresses only",
       listOf(parsed<std::string>(append(&Settings::egress, &EgressSettings::allowedNetworks), "network",
                                  "CIDR such as 10.0.0.0/8 or fd00::/8", parseNetwork)),
       Secrecy::Open, "Private networks that endpoints may be in."},
      {"Egress:AllowedHosts", "", "none",
       listOf(parsed<std::string>(append(&Settings::egress, &EgressSettings::allowedHosts), "host name",
                                  "names, or suffixes such as .svc.cluster.local", parseHostSuffix)),
       Secrecy::Open, "Names that may resolve to private addresses."},
      {"Egress:AllowedPorts", "80,443,3000,5000,5001,7071,8080,8443", "",
       listOf(parsed<PortRange>(append(&Settings::egress, &EgressSettings::allowedPorts), "port",
                                "1-65535, or ranges such as 3000-3999", parsePortRange)),
       Secrecy::Open, "Ports that endpoints may have."},
      {"Egress:CaFile", "", "the system's", readableFile(put(&Settings::egress, &EgressSettings::caFile)),
       Secrecy::FileName,
       "PEM file of the authorities that certificates of endpoints and of the token issuer are checked against."},
  };
}

std::vector<KeyRow> authenticationRows() {
  return {
      {"Authentication:Mode", "None", "",
       choice<AuthenticationMode>(put(&Settings::authentication, &AuthenticationSettings::mode),
                                  {{"None", AuthenticationMode::None},
                                   {"ApiKey", AuthenticationMode::ApiKey},
                                   {"Jwt", AuthenticationMode::Jwt}}),
       Secrecy::Open, "`None` is refused unless every address of `Urls` is loopback, or `AllowAnonymous` is true."},
      {"Authentication:AllowAnonymous", "false", "",
       boolean(put(&Settings::authentication, &AuthenticationSettings::allowAnonymous)), Secrecy::Open,
       "Allow `None` on addresses that others can reach."},
      {"Authentication:ApiKeys:{i}:Name", "", "none", text(putKey(&ApiKeySettings::name), kLabelForm, checkLabel),
       Secrecy::Open, "Says in logs whose key it is."},
      {"Authentication:ApiKeys:{i}:Sha256", "", "",
       parsed<std::string>(putKey(&ApiKeySettings::sha256), "text", "64 hex digits, as `lull hash-key` prints",
                           parseSha256),
       Secrecy::Hidden, "SHA-256 of the key in hex; `lull hash-key` makes one."},
      {"Authentication:ApiKeys:{i}:Roles", "", "",
       listOf(parsed<std::string>(
           [](RuleTarget& target, std::string role) {
             target.settings.authentication.apiKeys[target.index].roles.push_back(std::move(role));
           },
           "role", kRoleNames, parseRole)),
       Secrecy::Open, "What the key may do."},
      {"Authentication:Jwt:Authority", "", "none", jwtUrl(&JwtSettings::authority), Secrecy::Url,
       "OpenID Connect issuer whose discovery document names the keys; or one of the next two."},
      {"Authentication:Jwt:JwksUrl", "", "none", jwtUrl(&JwtSettings::jwksUrl), Secrecy::Url, "URL of a JSON key set."},
      {"Authentication:Jwt:PublicKeyPath", "", "none",
       readableFile(put(&Settings::authentication, &AuthenticationSettings::jwt, &JwtSettings::publicKeyPath)),
       Secrecy::FileName, "PEM file with one public key: RSA of 2048 bits or more, or EC P-256. Read at the start."},
      {"Authentication:Jwt:Issuer", "", "the authority's; without one any (warned)", jwtText(&JwtSettings::issuer),
       Secrecy::Open,
       "Required `iss` claim; also what the discovery document may call itself instead of the authority."},
      {"Authentication:Jwt:Audience", "", "any (warned)", jwtText(&JwtSettings::audience), Secrecy::Open,
       "Required `aud` claim, or one of several there."},
      {"Authentication:Jwt:RolesClaim", "roles", "",
       text(put(&Settings::authentication, &AuthenticationSettings::jwt, &JwtSettings::rolesClaim),
            "claim name or dotted path", checkNotEmpty),
       Secrecy::Open,
       "Where the roles are: a claim of exactly this name, else a dotted path such as `realm_access.roles`; `\\.` is a "
       "dot in a name."},
      {"Authentication:Jwt:ClientId", "", "none: users of the console bring a token", jwtText(&JwtSettings::clientId),
       Secrecy::Open,
       "The console's client id at the authority: a public client (PKCE, no secret) that may lead back to "
       "`{PathBase}/console/`. With it users sign in there."},
      {"Authentication:Jwt:Scope", "openid profile", "", jwtText(&JwtSettings::scope), Secrecy::Open,
       "What the console asks the authority for when somebody signs in."},
  };
}

}  // namespace lull::config
