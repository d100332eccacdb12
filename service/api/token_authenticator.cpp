#include "token_authenticator.hpp"

#include "key_set.hpp"

#include <algorithm>
#include <utility>

namespace lull::api {

namespace {

constexpr std::string_view kHowTo = "Send an access token as Authorization: Bearer.";
constexpr std::string_view kNoKey = "The token is signed with a key that its issuer does not publish.";
constexpr std::string_view kBadSignature = "The signature of the token is wrong.";
constexpr Undecided kNoKeysYet{"The keys of the token's issuer could not be fetched yet."};

Rejected invalid(std::string_view detail) {
  return {"invalid_token", detail};
}

}  // namespace

TokenAuthenticator::TokenAuthenticator(const AuthSettings& settings, KeySets& keySets,
                                       std::function<Instant()> wallClock)
    : apiKeys_(settings.keys),
      rules_{settings.token.issuer, settings.token.audience, settings.token.rolesClaim},
      keySets_(keySets),
      wallClock_(std::move(wallClock)) {}

Verdict TokenAuthenticator::authenticate(const Credentials& credentials) const {
  if (!credentials.authorization && !credentials.apiKey) return Rejected{"", kHowTo};
  const auto given = credentials.authorization ? bearerToken(*credentials.authorization) : *credentials.apiKey;
  if (const auto* principal = apiKeys_.find(given)) return *principal;
  if (!credentials.authorization || given.empty()) return invalid(kHowTo);
  return judge(given);
}

Verdict TokenAuthenticator::judge(std::string_view compact) const {
  const auto parsed = parseToken(compact);
  if (const auto* fault = std::get_if<TokenFault>(&parsed)) return invalid(fault->description);
  const auto& token = std::get<AccessToken>(parsed);

  auto keys = keySets_.current();
  if (!keys) return kNoKeysYet;
  auto candidates = keys->candidates(token.keyId, token.algorithm);
  if (candidates.empty()) {
    // The issuer may have a new key since.
    keys = keySets_.newerThan(keys);
    candidates = keys->candidates(token.keyId, token.algorithm);
  }
  if (candidates.empty()) return invalid(kNoKey);
  const auto verifies = [&](const auto& key) { return key.verifies(token.signedPart, token.signature); };
  if (std::ranges::none_of(candidates, verifies)) return invalid(kBadSignature);

  TokenRules rules = rules_;
  if (rules.issuer.empty()) rules.issuer = keys->issuer;
  auto judged = judgeClaims(token.claims, rules, wallClock_());
  if (const auto* fault = std::get_if<TokenFault>(&judged)) return invalid(fault->description);
  return std::get<Principal>(std::move(judged));
}

}  // namespace lull::api
