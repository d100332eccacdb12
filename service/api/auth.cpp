#include "auth.hpp"

#include "encoding.hpp"
#include "message_head.hpp"

#include <vector>

namespace lull::api {

namespace {

constexpr std::string_view kView = "Integration_Endpoints_View";
constexpr std::string_view kCrud = "Integration_Endpoints_CRUD";
constexpr std::string_view kPublish = "Integration_Events_Publish";

/// Authentication:Mode None: whoever reaches the address may do everything.
class Anonymous final : public Authenticator {
 public:
  std::variant<Principal, Rejected> authenticate(const Credentials&) const override {
    return Principal{"anonymous", true, true, true};
  }
};

Principal principalOf(const ApiKey& key) {
  Principal principal{.name = key.name};
  for (const auto& role : key.roles) {
    if (role == kView) principal.view = true;
    if (role == kCrud) principal.crud = true;
    if (role == kPublish) principal.publish = true;
  }
  principal.view = principal.view || principal.crud;
  return principal;
}

/// The token of `Authorization: Bearer <token>`; empty when it is something else.
std::string_view bearerToken(std::string_view value) {
  const auto blank = value.find(' ');
  if (blank == std::string_view::npos || !equalsIgnoreCase(value.substr(0, blank), "Bearer")) return {};
  return trimBlanks(value.substr(blank));
}

class ApiKeys final : public Authenticator {
 public:
  explicit ApiKeys(const std::vector<ApiKey>& keys) {
    for (const auto& key : keys) keys_.push_back({fromHex(key.sha256).value_or(""), principalOf(key)});
  }

  std::variant<Principal, Rejected> authenticate(const Credentials& credentials) const override {
    if (!credentials.authorization && !credentials.apiKey) return Rejected{R"(Bearer realm="lull")"};
    const auto key = credentials.authorization ? bearerToken(*credentials.authorization) : *credentials.apiKey;
    const auto digest = sha256(key);
    const Principal* found = nullptr;
    // All keys are compared, so that the time tells nothing about which one matched.
    for (const auto& known : keys_) {
      if (equalConstantTime(digest, known.digest)) found = &known.principal;
    }
    if (key.empty() || found == nullptr) return Rejected{R"(Bearer realm="lull", error="invalid_token")"};
    return *found;
  }

 private:
  struct Known {
    std::string digest;
    Principal principal;
  };
  std::vector<Known> keys_;  // constant after construction
};

}  // namespace

bool Principal::may(Access access) const {
  switch (access) {
    case Access::Open:
      return true;
    case Access::View:
      return view;
    case Access::Crud:
      return crud;
    case Access::Publish:
      return publish;
  }
  return false;
}

std::string_view roleName(Access access) {
  switch (access) {
    case Access::View:
      return kView;
    case Access::Crud:
      return kCrud;
    case Access::Publish:
      return kPublish;
    case Access::Open:
      break;
  }
  return "";
}

std::unique_ptr<Authenticator> makeAuthenticator(const AuthSettings& settings) {
  if (settings.mode == AuthMode::ApiKey) return std::make_unique<ApiKeys>(settings.keys);
  return std::make_unique<Anonymous>();
}

}  // namespace lull::api
