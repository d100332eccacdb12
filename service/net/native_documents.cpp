#include "wire_loop.hpp"

#include <lull/net/native_documents.hpp>
#include <lull/net/target.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace lull::net {

namespace {

constexpr int kOk = 200;
constexpr AnswerLimits kLimits{.headBytes = 32UL * 1024, .bodyBytes = 224UL * 1024};

Error noDocument(std::string sentence) {
  return {ErrorCode::Unavailable, std::move(sentence)};
}

/// Allows every address, because the operator chose the URL.
AddressGuard anywhere() {
  EgressRules rules;
  rules.allowedNetworks = {"0.0.0.0/0", "::/0"};
  rules.allowedPorts = {{1, 65535}};
  return *AddressGuard::create(rules);
}

/// The outcome that one get() waits for. The first one that is set counts.
class PendingDocument {
 public:
  void settle(Result<std::string> outcome) {
    const std::lock_guard guard(mutex_);
    if (!outcome_) outcome_ = std::move(outcome);
    changed_.notify_all();
  }
  Result<std::string> await(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [this] { return outcome_.has_value(); });
    if (!outcome_) outcome_ = noDocument("No whole answer came in time.");
    return *outcome_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Result<std::string>> outcome_;  // protected by mutex_
};

using PendingPtr = std::shared_ptr<PendingDocument>;

Result<std::string> documentOf(ports::HttpAnswer answer) {
  if (answer.failure == ports::TransportFailure::Timeout) return noDocument("No whole answer came in time.");
  if (!answer.status) return noDocument(std::move(answer.error));
  if (*answer.status != kOk) return noDocument("The answer is " + std::to_string(*answer.status) + ".");
  if (answer.body) return *std::move(answer.body);
  return noDocument("The answer is too long (more than 256 KiB), or broke off.");
}

ports::HttpRequest requestFor(ports::Target target, const std::vector<IpAddress>& addresses, Millis deadline) {
  ports::HttpRequest request;
  request.target = std::move(target);
  for (const auto& address : addresses) request.addresses.push_back(address.text());
  request.headers = {{"Accept", "application/json"}, {"Connection", "close"}};
  request.timeout = deadline;
  request.wantsBody = true;
  return request;
}

}  // namespace

struct NativeDocuments::Parts {
  Parts(NameResolver& names, const DocumentSettings& settings)
      : resolver(names),
        deadline(settings.deadline),
        guard(anywhere()),
        loop("wire-keys", {.caFile = settings.caFile, .maxIdleConnections = 0, .maxIdleConnectionsPerOrigin = 0},
             guard) {}

  /// Makes `outcome` the one that stop() ends; false when stop() was called already.
  bool enter(PendingPtr outcome) {
    const std::lock_guard lock(mutex);
    running = std::move(outcome);
    return !stopped;
  }

  NameResolver& resolver;
  const Millis deadline;
  const AddressGuard guard;
  std::mutex mutex;
  PendingPtr running;  // protected by mutex, as the next one
  bool stopped = false;
  WireLoop loop;  // last: its thread uses the guard
};

NativeDocuments::NativeDocuments(NameResolver& resolver, const DocumentSettings& settings)
    : parts_(std::make_shared<Parts>(resolver, settings)) {}

NativeDocuments::~NativeDocuments() {
  parts_->loop.stop();
}

Result<std::string> NativeDocuments::get(const std::string& url) {
  const auto since = std::chrono::steady_clock::now();
  auto target = parseTarget(url);
  if (!target) return noDocument("GET " + url + ": It is no URL that can be fetched.");
  const auto outcome = std::make_shared<PendingDocument>();
  if (!parts_->enter(outcome)) return noDocument("GET " + url + ": Lull is stopping.");
  const auto found = [parts = parts_, outcome, since, target = *target](const Resolution& names) {
    if (!names.error.empty()) return outcome->settle(noDocument("The host is not found."));
    parts->loop.start({.request = requestFor(target, names.addresses, parts->deadline),
                       .done = [outcome](ports::HttpAnswer answer) { outcome->settle(documentOf(std::move(answer))); },
                       .since = since,
                       .method = HttpMethod::Get,
                       .limits = kLimits});
  };
  parts_->resolver.resolve(target->lookupName(), parts_->deadline, found);
  auto document = outcome->await(since + parts_->deadline);
  parts_->enter(nullptr);
  if (document) return document;
  return noDocument("GET " + url + ": " + document.error().message);
}

void NativeDocuments::stop() {
  const std::lock_guard lock(parts_->mutex);
  parts_->stopped = true;
  if (parts_->running) parts_->running->settle(noDocument("Lull is stopping."));
}

}  // namespace lull::net
