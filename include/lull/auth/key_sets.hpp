#pragma once

#include <lull/auth/key_journal.hpp>
#include <lull/domain/result.hpp>
#include <lull/domain/time.hpp>
#include <lull/ports/key_documents.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace lull::auth {

struct KeySet;

/// The keys that access tokens are checked with. Thread-safe.
class KeySets {
 public:
  virtual ~KeySets() = default;
  /// The keys known now. While the first are on their way it waits for them a bounded time; nullptr: none came yet.
  virtual std::shared_ptr<const KeySet> current() = 0;
  /// Called with a set (never nullptr) that lacks the key of a token, or has another of its name: a newer one when
  /// there is one, after a fetch if one may be made now, else the same set again. Never nullptr.
  virtual std::shared_ptr<const KeySet> newerThan(const std::shared_ptr<const KeySet>& seen) = 0;
};

/// One key for good, from the PEM text of Authentication:Jwt:PublicKeyPath. The error fits behind the key's name.
Result<std::unique_ptr<KeySets>> makeFixedKeys(std::string_view pem);

/// Where keys are published. Exactly one of `authority` and `keysUrl` is set.
struct KeySource {
  std::string authority;  ///< its discovery document names the keys
  std::string keysUrl;    ///< of a JSON Web Key Set
  std::string issuer;     ///< what the discovery document may call itself instead of `authority`; may be empty
};

struct KeyTimes {
  std::chrono::milliseconds period{300'000};  ///< between two fetches when all is well; a key withdrawn is good so long
  std::chrono::milliseconds leastGap{10'000};   ///< between the beginnings of two fetches, however many ask
  std::chrono::milliseconds firstRetry{1'000};  ///< after a failure; doubles up to `leastGap`
  std::chrono::milliseconds patience{3'000};    ///< how long a request waits for a fetch
  std::size_t waiters = 32;                     ///< requests that wait at the same time; others are answered at once
};

/// Keys that are fetched: at the start, then every `period`, sooner when a token is signed with none of those known.
/// Those who ask meanwhile share one fetch. What was fetched last stays in force while the issuer is away.
class FetchedKeys final : public KeySets {
 public:
  FetchedKeys(KeySource source, ports::KeyDocuments& documents, KeyJournal& journal, KeyTimes times = {});
  ~FetchedKeys() override;
  FetchedKeys(const FetchedKeys&) = delete;
  FetchedKeys& operator=(const FetchedKeys&) = delete;

  /// Fetches until stop(), on the thread of whoever calls it.
  void run();
  void stop();

  std::shared_ptr<const KeySet> current() override;
  std::shared_ptr<const KeySet> newerThan(const std::shared_ptr<const KeySet>& seen) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lull::auth
