#include "api_keys.hpp"

#include <lull/text/digest.hpp>
#include <lull/text/hex.hpp>

namespace lull::auth {

ApiKeys::ApiKeys(const std::vector<ApiKey>& keys) {
  for (const auto& key : keys) {
    Principal principal{.name = key.name, .scope = key.name, .proof = "key"};
    for (const auto& role : key.roles) principal.grant(role);
    keys_.push_back({text::fromHex(key.sha256).value_or(""), std::move(principal)});
  }
}

const Principal* ApiKeys::find(std::string_view key) const {
  if (key.empty() || keys_.empty()) return nullptr;
  const auto digest = text::sha256(key);
  const Principal* found = nullptr;
  // All keys are compared, so that the time tells nothing about which one matched.
  for (const auto& known : keys_) {
    if (text::equalsInConstantTime(digest, known.digest)) found = &known.principal;
  }
  return found;
}

}  // namespace lull::auth
