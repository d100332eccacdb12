#include "key_set.hpp"

#include <lull/auth/sign_in.hpp>
#include <lull/http/json.hpp>
#include <lull/text/ascii.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace lull::auth {

namespace {

constexpr int kGranted = 200;
constexpr int kRefused = 400;
constexpr int kRefusedClient = 401;
constexpr std::size_t kMostWordLength = 64;

Error noUse(std::string what) {
  return {ErrorCode::Upstream, std::move(what)};
}

/// The form in which a browser sends values (application/x-www-form-urlencoded), with %20 for a blank.
std::string encoded(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char c : value) {
    if (text::isAlphanumeric(c) || kPlain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    ((out += '%') += kDigits[byte >> 4U]) += kDigits[byte & 15U];
  }
  return out;
}

std::string formOf(const CodeGrant& grant, const std::string& clientId) {
  std::string form = "grant_type=authorization_code";
  const auto fields = {std::pair{"code", &grant.code}, std::pair{"redirect_uri", &grant.redirectUri},
                       std::pair{"client_id", &clientId}, std::pair{"code_verifier", &grant.codeVerifier}};
  for (const auto& [name, value] : fields) form.append("&").append(name).append("=").append(encoded(*value));
  return form;
}

/// The word of a refusal. Anything that is no such word could be a piece of what was sent.
std::string wordOf(const http::Json& answer) {
  const auto found = answer.find("error");
  if (found == answer.end() || !found->is_string()) return {};
  auto word = found->get<std::string>();
  const auto fits = [](char c) { return text::isAlphanumeric(c) || c == '_' || c == '-' || c == '.'; };
  return word.size() <= kMostWordLength && std::ranges::all_of(word, fits) ? word : std::string();
}

Result<GrantedToken> tokenIn(const http::Json& answer) {
  const auto token = answer.find("access_token");
  const auto type = answer.find("token_type");
  const bool isText = token != answer.end() && token->is_string() && !token->get_ref<const std::string&>().empty();
  if (!isText) return noUse("The sign-in provider answered without an access token.");
  const bool bearer =
      type == answer.end() || (type->is_string() && text::equalsIgnoringCase(type->get<std::string>(), "bearer"));
  if (!bearer) return noUse("The sign-in provider gave a token of another type than Bearer.");
  GrantedToken granted{token->get<std::string>(), std::nullopt};
  const auto expires = answer.find("expires_in");
  if (expires != answer.end() && expires->is_number_integer() && expires->get<std::int64_t>() >= 0)
    granted.expiresIn = expires->get<std::int64_t>();
  return granted;
}

Result<std::shared_ptr<const KeySet>> documentOf(KeySets& keySets) {
  auto known = keySets.current();
  if (known) return known;
  return Error{ErrorCode::Unavailable, "The sign-in provider could not be reached yet; try again."};
}

}  // namespace

SignIn::SignIn(SignInSettings settings, KeySets& keySets, ports::FormPosts& forms)
    : settings_(std::move(settings)), keySets_(keySets), forms_(forms) {}

Result<SignInOffer> SignIn::offer() {
  const auto known = documentOf(keySets_);
  if (!known) return known.error();
  const auto& endpoint = (*known)->authorizationEndpoint;
  if (endpoint.empty()) return noUse("The discovery document of the sign-in provider has no authorization_endpoint.");
  return SignInOffer{endpoint, settings_.clientId, settings_.scope};
}

Result<GrantedToken> SignIn::exchange(const CodeGrant& grant) {
  const auto known = documentOf(keySets_);
  if (!known) return known.error();
  const auto& endpoint = (*known)->tokenEndpoint;
  if (endpoint.empty()) return noUse("The discovery document of the sign-in provider has no token_endpoint.");
  const auto answer = forms_.post(endpoint, formOf(grant, settings_.clientId));
  if (!answer) return answer.error();
  const auto json = http::parseJsonObject(answer->body);
  if (answer->status == kGranted && json) return tokenIn(*json);
  const bool refused = answer->status == kRefused || answer->status == kRefusedClient;
  const auto word = refused && json ? wordOf(*json) : std::string();
  if (!word.empty()) return Error{ErrorCode::InvalidInput, "The sign-in provider refused: " + word + "."};
  return noUse("The sign-in provider answered " + std::to_string(answer->status) + ", with nothing that is of use.");
}

}  // namespace lull::auth
