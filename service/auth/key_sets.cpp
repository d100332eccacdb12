#include "key_set.hpp"
#include "refresh_plan.hpp"

#include <lull/auth/key_sets.hpp>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace lull::auth {

namespace {

using SharedKeys = std::shared_ptr<const KeySet>;
using SteadyClock = std::chrono::steady_clock;

class FixedKeys final : public KeySets {
 public:
  explicit FixedKeys(VerificationKey key) {
    auto set = std::make_shared<KeySet>();
    set->entries.push_back({"", std::move(key)});
    keys_ = std::move(set);
  }
  SharedKeys current() override { return keys_; }
  SharedKeys newerThan(const SharedKeys&) override { return keys_; }

 private:
  SharedKeys keys_;
};

std::string discoveryUrl(std::string authority) {
  if (authority.ends_with('/')) authority.pop_back();
  return authority + "/.well-known/openid-configuration";
}

}  // namespace

Result<std::unique_ptr<KeySets>> makeFixedKeys(std::string_view pem) {
  auto key = VerificationKey::fromPem(pem);
  if (!key) return std::move(key).error();
  return std::unique_ptr<KeySets>(std::make_unique<FixedKeys>(std::move(key).value()));
}

struct FetchedKeys::Parts {
  Parts(KeySource from, ports::KeyDocuments& fetcher, KeyJournal& writer, const KeyTimes& given)
      : source(std::move(from)), documents(fetcher), journal(writer), times(given), plan(given, SteadyClock::now()) {}

  Result<KeySet> fetch();
  void fetchNow(std::unique_lock<std::mutex>& lock);
  void tell(const Result<KeySet>& fetched, bool hasKeys);
  void awaitFetch(std::unique_lock<std::mutex>& lock, std::uint64_t fetchesSeen);

  const KeySource source;
  ports::KeyDocuments& documents;
  KeyJournal& journal;
  const KeyTimes times;

  std::mutex mutex;
  std::condition_variable changed;
  RefreshPlan plan;           // protected by mutex, as all below
  SharedKeys keys;            // nullptr until the first fetch that worked
  std::uint64_t fetches = 0;  // that ended, one way or the other
  std::size_t waiting = 0;
  bool fetching = false;
  bool stopping = false;
  bool failing = false;  // used by run() only
};

/// One or two documents, and what they say.
Result<KeySet> FetchedKeys::Parts::fetch() {
  Discovery discovery{"", source.keysUrl};
  if (!source.authority.empty()) {
    auto document = documents.get(discoveryUrl(source.authority));
    if (!document) return std::move(document).error();
    auto found = parseDiscovery(*document, source.authority, source.issuer);
    if (!found) return std::move(found).error();
    discovery = std::move(found).value();
  }
  auto document = documents.get(discovery.keysUrl);
  if (!document) return std::move(document).error();
  auto set = parseKeySet(*document);
  if (!set) return set;
  set->issuer = discovery.issuer;
  set->authorizationEndpoint = discovery.authorizationEndpoint;
  set->tokenEndpoint = discovery.tokenEndpoint;
  return set;
}

void FetchedKeys::Parts::fetchNow(std::unique_lock<std::mutex>& lock) {
  plan.begin(SteadyClock::now());
  fetching = true;
  lock.unlock();
  auto fetched = fetch();
  lock.lock();
  fetching = false;
  ++fetches;
  if (stopping) return changed.notify_all();
  // An empty set of keys is accepted, and fetched again soon, because the issuer may be just replacing its keys.
  const bool withdrawn = fetched && fetched->entries.empty();
  if (withdrawn) keys = std::make_shared<const KeySet>(std::move(fetched).value());
  if (withdrawn) fetched = Error{ErrorCode::Unavailable, "The key set has no RS256 or ES256 key for signatures."};
  const auto now = SteadyClock::now();
  fetched ? plan.succeeded(now) : plan.failed(now);
  tell(fetched, keys != nullptr && !keys->entries.empty());
  if (fetched) keys = std::make_shared<const KeySet>(std::move(fetched).value());
  changed.notify_all();
}

/// Reports the first failure of an outage and its end, and not every attempt.
void FetchedKeys::Parts::tell(const Result<KeySet>& fetched, bool hasKeys) {
  const std::string_view from = source.authority.empty() ? source.keysUrl : source.authority;
  if (fetched && (failing || !hasKeys)) journal.keys({from, fetched->entries.size(), hasKeys, {}});
  if (!fetched && !failing) journal.keys({from, 0, hasKeys, fetched.error().message});
  failing = !fetched;
}

/// Waits for the end of a fetch after the first `fetchesSeen` ones. The time, and how many callers wait, are bounded: a
/// slow issuer must not hold all threads of the API.
void FetchedKeys::Parts::awaitFetch(std::unique_lock<std::mutex>& lock, std::uint64_t fetchesSeen) {
  if (waiting >= times.waiters) return;
  ++waiting;
  changed.wait_for(lock, times.patience, [&] { return stopping || fetches != fetchesSeen; });
  --waiting;
}

FetchedKeys::FetchedKeys(KeySource source, ports::KeyDocuments& documents, KeyJournal& journal, KeyTimes times)
    : parts_(std::make_unique<Parts>(std::move(source), documents, journal, times)) {}

FetchedKeys::~FetchedKeys() = default;

void FetchedKeys::run() {
  std::unique_lock lock(parts_->mutex);
  while (!parts_->stopping) {
    const auto next = parts_->plan.next();
    if (SteadyClock::now() < next) {
      parts_->changed.wait_until(lock, next);
    } else {
      parts_->fetchNow(lock);
    }
  }
}

void FetchedKeys::stop() {
  {
    const std::lock_guard guard(parts_->mutex);
    parts_->stopping = true;
    parts_->changed.notify_all();
  }
  parts_->documents.stop();
}

SharedKeys FetchedKeys::current() {
  std::unique_lock lock(parts_->mutex);
  auto& parts = *parts_;
  // After a failure callers do not wait: the next attempt comes within seconds, and the client is told to try again.
  if (!parts.keys && (parts.fetching || parts.fetches == 0)) parts.awaitFetch(lock, parts.fetches);
  return parts.keys;
}

SharedKeys FetchedKeys::newerThan(const SharedKeys& seen) {
  std::unique_lock lock(parts_->mutex);
  auto& parts = *parts_;
  if (parts.keys != seen) return parts.keys;
  if (!parts.fetching) {
    if (!parts.plan.ask(SteadyClock::now())) return parts.keys;
    parts.changed.notify_all();
  }
  parts.awaitFetch(lock, parts.fetches);
  return parts.keys;
}

}  // namespace lull::auth
