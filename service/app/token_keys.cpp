#include "token_keys.hpp"

#include "settings_mapping.hpp"

#include <fstream>
#include <string>
#include <utility>

namespace lull::app {

namespace {

constexpr std::streamsize kMostPemBytes = 64L * 1024;

std::string beginningOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(static_cast<std::size_t>(kMostPemBytes), '\0');
  file.read(text.data(), kMostPemBytes);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

Result<std::unique_ptr<auth::KeySets>> TokenKeys::fixedOf(const config::Settings& settings) {
  const auto& authentication = settings.authentication;
  const auto& path = authentication.jwt.publicKeyPath;
  if (authentication.mode != config::AuthenticationMode::Jwt || path.empty()) return std::unique_ptr<auth::KeySets>();
  auto keys = auth::makeFixedKeys(beginningOf(path));
  if (keys) return keys;
  return Error{keys.error().code, "Authentication:Jwt:PublicKeyPath = " + path + " " + keys.error().message};
}

TokenKeys::TokenKeys(const config::Settings& settings, std::unique_ptr<auth::KeySets> fixed,
                     net::NameResolver& resolver, auth::KeyJournal& journal)
    : fixed_(std::move(fixed)) {
  if (fixed_ || settings.authentication.mode != config::AuthenticationMode::Jwt) return;
  documents_ = std::make_unique<net::NativeDocuments>(resolver, documentSettings(settings));
  fetched_ = std::make_unique<auth::FetchedKeys>(keySource(settings), *documents_, journal);
  const auto& jwt = settings.authentication.jwt;
  if (jwt.clientId.empty()) return;
  signIn_ = std::make_unique<auth::SignIn>(auth::SignInSettings{jwt.clientId, jwt.scope}, *fetched_, *documents_);
}

auth::KeySets* TokenKeys::get() {
  return fixed_ ? fixed_.get() : fetched_.get();
}

}  // namespace lull::app
