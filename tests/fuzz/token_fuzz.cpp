#include "auth/key_set.hpp"
#include "auth/token_authenticator.hpp"
#include "fuzz.hpp"

#include <lull/text/base64.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace {

using namespace lull;

/// A real key whose private half nobody has.
constexpr std::string_view kPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUWWptVYTG6c74ns1jH4heoIXUFpf\n"
    "CoL3Bm0CBVgv9LN80v+X+oTgEVrqsuUArqjkGqojqA/6Ni9WaJeLaTvXYA==\n"
    "-----END PUBLIC KEY-----\n";

const Instant kNow = instantOf(1'800'000'000'000);

bool isQuotable(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

/// Whatever is sent as a token, nobody comes in by it, and the challenge stays one quoted string.
void expectNobody(std::string_view compact) {
  static const auto keys = [] {
    auto made = auth::makeFixedKeys(kPem);
    if (!made) throw std::runtime_error(made.error().message);
    return std::move(made).value();
  }();
  static const auth::TokenAuthenticator door({}, *keys, [] { return kNow; });
  const auto header = "Bearer " + std::string(compact);
  const auto verdict = door.authenticate({header, std::nullopt});
  const auto* rejected = std::get_if<auth::Rejected>(&verdict);
  fuzz::require(rejected != nullptr, "nobody comes in without a signature");
  fuzz::require(rejected->error == "invalid_token" && isQuotable(rejected->detail), "the challenge is constant text");
}

void readToken(std::string_view compact) {
  const auto parsed = auth::parseToken(compact);
  if (const auto* token = std::get_if<auth::AccessToken>(&parsed)) {
    fuzz::require(compact.size() <= auth::kMaxTokenBytes, "tokens are bounded");
    const auto again = std::string(token->signedPart) + "." + text::toBase64Url(token->signature);
    fuzz::require(again == compact, "a token has one spelling");
  }
  expectNobody(compact);
}

/// As if the signature had been good.
void judgeClaims(std::string_view path, std::string_view claims) {
  const auto compact = text::toBase64Url(R"({"alg":"ES256"})") + "." + text::toBase64Url(claims) + ".c2ln";
  readToken(compact);
  const auto parsed = auth::parseToken(compact);
  const auto* token = std::get_if<auth::AccessToken>(&parsed);
  if (token == nullptr) return;
  const auth::TokenSettings rules{"", "lull", std::string(path)};
  const auto judged = auth::judgeClaims(token->claims, rules, kNow);
  if (const auto* fault = std::get_if<auth::TokenFault>(&judged))
    return fuzz::require(isQuotable(fault->description), "a fault is constant text");
  const auto& principal = std::get<auth::Principal>(judged);
  const bool visible = std::ranges::all_of(principal.name, [](char c) { return c > 0x20 && c < 0x7f; });
  fuzz::require(visible && !principal.name.empty() && principal.name.size() <= 100, "the name is fit for logs");
  fuzz::require(principal.scope.size() == 47, "the scope has one form");
  fuzz::require(token->claims.contains("exp") && token->claims.contains("aud"), "what must be there is there");
}

void readDocuments(std::string_view text) {
  if (const auto set = auth::parseKeySet(text)) {
    for (const auto& entry : set->entries)
      fuzz::require(!entry.key.verifies("a.b", std::string(64, 'x')), "no key verifies anything");
  }
  const std::string authority = "https://id.example.com";
  if (const auto discovery = auth::parseDiscovery(text, authority, "")) {
    fuzz::require(discovery->keysUrl.starts_with("https://"), "keys of an https issuer come by https");
  }
}

}  // namespace

/// The first byte chooses: a token as it stands, claims below a line with the path of the roles, or what an issuer
/// publishes.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lull::fuzz::Input input(data, size);
  switch (input.byte() % 3) {
    case 0:
      readToken(input.rest());
      break;
    case 1: {
      const auto path = input.line();
      judgeClaims(path, input.rest());
      break;
    }
    default:
      readDocuments(input.rest());
  }
  return 0;
}
