#pragma once

#include <lull/auth/key_sets.hpp>
#include <lull/auth/sign_in.hpp>
#include <lull/config/settings.hpp>
#include <lull/domain/result.hpp>
#include <lull/net/native_documents.hpp>
#include <lull/net/resolver.hpp>

#include <memory>

namespace lull::app {

/// The keys of Authentication:Mode Jwt, with what fetches them; nothing in the other modes.
class TokenKeys {
 public:
  /// Reads Authentication:Jwt:PublicKeyPath where that is the source; the error says what is wrong with the file.
  static Result<std::unique_ptr<auth::KeySets>> fixedOf(const config::Settings& settings);

  /// `fixed` is what fixedOf() gave. The others outlive it.
  TokenKeys(const config::Settings& settings, std::unique_ptr<auth::KeySets> fixed, net::NameResolver& resolver,
            auth::KeyJournal& journal);

  auth::KeySets* get();
  /// The sign-in of the console's users; nullptr without Authentication:Jwt:ClientId.
  auth::SignIn* signIn() { return signIn_.get(); }
  /// What needs a thread; nullptr when the keys are fixed, or there are none.
  auth::FetchedKeys* fetched() { return fetched_.get(); }

 private:
  std::unique_ptr<auth::KeySets> fixed_;
  std::unique_ptr<net::NativeDocuments> documents_;
  std::unique_ptr<auth::FetchedKeys> fetched_;
  std::unique_ptr<auth::SignIn> signIn_;
};

}  // namespace lull::app
