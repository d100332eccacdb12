#include "token_authenticator.hpp"

#include "key_set.hpp"

#include <algorithm>
#include <utility>

namespace lull::auth {

namespace {

constexpr std::string_view kHowTo = "Send an access token as Authorization: Bearer.";
constexpr std::string_view kNoKey = "The token is signed with a key that its issuer does not publish.";
constexpr std::string_view kBadSignature = "The signature of the token is wrong.";
constexpr Undecided kNoKeysYet{"The keys of the token's issuer could not be fetched yet."};

Rejected invalid(std::string_view detail) {
  return {"invalid_token", detail};
}

/// Empty when one of the keys has signed the token.
std::string_view signatureFault(const AccessToken& token, const KeySet& keys) {
  const auto candidates = keys.candidates(token.keyId, token.algorithm);
  if (candidates.empty()) return kNoKey;
  const auto verifies = [&](const auto& key) { return key.verifies(token.signedPart, token.signature); };
  return std::ranges::any_of(candidates, verifies) ? std::string_view() : kBadSignature;
}

}  // namespace

TokenAuthenticator::TokenAuthenticator(const AuthSettings& settings, KeySets& keySets,
                                       std::function<Instant()> wallClock)
    : apiKeys_(settings.keys), rules_(settings.token), keySets_(keySets), wallClock_(std::move(wallClock)) {}

Verdict TokenAuthenticator::authenticate(const Credentials& credentials) const {
  if (!credentials.authorization && !credentials.apiKey) return Rejected{"", kHowTo};
  const auto given = bearerToken(credentials.authorization.value_or(""));
  if (const auto* principal = apiKeys_.find(given)) return *principal;
  auto verdict = given.empty() ? Verdict(invalid(kHowTo)) : judge(given);
  if (std::holds_alternative<Principal>(verdict)) return verdict;
  if (const auto* principal = apiKeys_.find(credentials.apiKey.value_or(""))) return *principal;
  return verdict;
}

Verdict TokenAuthenticator::judge(std::string_view compact) const {
  const auto parsed = parseToken(compact);
  if (const auto* fault = std::get_if<TokenFault>(&parsed)) return invalid(fault->description);
  const auto& token = std::get<AccessToken>(parsed);

  auto keys = keySets_.current();
  if (!keys) return kNoKeysYet;
  auto fault = signatureFault(token, *keys);
  if (fault.empty()) return judgeSigned(token, *keys);
  // The issuer may have a new key since, under a name of its own, under none, or under that of the one before.
  const auto newer = keySets_.newerThan(keys);
  if (newer != keys) fault = signatureFault(token, *newer);
  return fault.empty() ? judgeSigned(token, *newer) : invalid(fault);
}

/// The claims of a token that one of these keys has signed.
Verdict TokenAuthenticator::judgeSigned(const AccessToken& token, const KeySet& keys) const {
  TokenSettings rules = rules_;
  if (rules.issuer.empty()) rules.issuer = keys.issuer;
  auto judged = judgeClaims(token.claims, rules, wallClock_());
  if (const auto* fault = std::get_if<TokenFault>(&judged)) return invalid(fault->description);
  return std::get<Principal>(std::move(judged));
}

}  // namespace lull::auth
