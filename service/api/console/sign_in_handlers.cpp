#include "console/sign_in_handlers.hpp"

#include "object_reader.hpp"
#include "problem.hpp"

#include <lull/http/json.hpp>
#include <lull/text/ascii.hpp>
#include <lull/text/url.hpp>

#include <algorithm>
#include <chrono>
#include <variant>

namespace lull::api {

namespace {

constexpr std::size_t kMostCodeBytes = 4096;
// RFC 7636 section 4.1.
constexpr std::size_t kLeastVerifier = 43;
constexpr std::size_t kMostVerifier = 128;

std::string_view nameOf(auth::AuthMode mode) {
  if (mode == auth::AuthMode::None) return "none";
  return mode == auth::AuthMode::ApiKey ? "apiKey" : "jwt";
}

bool isVerifier(const std::string& verifier) {
  constexpr std::string_view kOther = "-._~";
  const auto fits = [&](char c) { return text::isAlphanumeric(c) || kOther.find(c) != std::string_view::npos; };
  return verifier.size() >= kLeastVerifier && verifier.size() <= kMostVerifier && std::ranges::all_of(verifier, fits);
}

bool isCode(const std::string& code) {
  const auto visible = [](char c) { return c >= 0x20 && c < 0x7f; };
  return !code.empty() && code.size() <= kMostCodeBytes && std::ranges::all_of(code, visible);
}

bool isUrl(const std::string& url) {
  return std::holds_alternative<text::Url>(text::parseUrl(url));
}

Result<auth::CodeGrant> grantIn(const Call& call) {
  InputErrors errors;
  const auto body = parseJson(call.body, errors);
  if (!body) return errors.toError();
  ObjectReader reader(*body, "", errors);
  reader.allowOnly({"code", "codeVerifier", "redirectUri"});
  reader.refuseNulls();
  const auto read = [&](std::string_view name, const auto& isGood, const char* sentence) {
    auto value = reader.text(name);
    if (reader.find(name) == nullptr || (value && !isGood(*value))) reader.note(name, sentence);
    return value.value_or("");
  };
  auth::CodeGrant grant;
  grant.code = read("code", isCode, "It must be the code that the provider gave: 1 to 4096 characters of ASCII.");
  grant.codeVerifier =
      read("codeVerifier", isVerifier, "It must have 43 to 128 letters, digits and -._~ (RFC 7636 section 4.1).");
  grant.redirectUri =
      read("redirectUri", isUrl, "It must be the absolute URL that the provider was told to lead back to.");
  if (!errors.empty()) return errors.toError();
  return grant;
}

http::Response tooManySignIns(const Call& call, std::chrono::nanoseconds wait) {
  auto response = problemResponse({ProblemKind::TooManyRequests,
                                   "Too many sign in at once; try again.",
                                   {},
                                   traceIdOf(call.head.header("traceparent"))});
  const auto seconds = std::max(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1));
  response.headers.emplace_back("Retry-After", std::to_string(seconds.count()));
  return response;
}

}  // namespace

Result<http::Response> SignInHandlers::getConfig(Call&) const {
  http::Json json{{"version", version}, {"authentication", nameOf(mode)}, {"signIn", nullptr}};
  if (signIn != nullptr) {
    const auto offer = signIn->offer();
    if (!offer) return offer.error();
    json["signIn"] = {{"authorizationEndpoint", offer->authorizationEndpoint},
                      {"clientId", offer->clientId},
                      {"scope", offer->scope}};
  }
  return http::jsonResponse(200, json);
}

Result<http::Response> SignInHandlers::exchange(Call& call) {
  if (signIn == nullptr) return Error{ErrorCode::NotFound, "No sign-in is set: see Authentication:Jwt:ClientId."};
  const auto grant = grantIn(call);
  if (!grant) return grant.error();
  const auto wait = limiter.admit("sign-in");
  if (wait != std::chrono::nanoseconds{0}) return tooManySignIns(call, wait);
  const auto pass = gate.enter();
  if (!pass.in()) return tooManySignIns(call, std::chrono::seconds(1));
  const auto granted = signIn->exchange(*grant);
  if (!granted) return granted.error();
  return http::jsonResponse(200, {{"accessToken", granted->accessToken},
                                  {"expiresIn", granted->expiresIn ? http::Json(*granted->expiresIn) : http::Json()}});
}

}  // namespace lull::api
