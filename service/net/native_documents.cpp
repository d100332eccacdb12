#include "wire_loop.hpp"

#include <lull/net/native_documents.hpp>
#include <lull/net/target.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

namespace lull::net {

namespace {

constexpr int kOk = 200;
constexpr AnswerLimits kLimits{.headBytes = 32UL * 1024, .bodyBytes = 224UL * 1024};

using ports::FormAnswer;

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

/// The outcome that one call waits for. The first one that is set counts.
class PendingAnswer {
 public:
  void settle(Result<FormAnswer> outcome) {
    const std::lock_guard guard(mutex_);
    if (!outcome_) outcome_ = std::move(outcome);
    changed_.notify_all();
  }
  Result<FormAnswer> await(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [this] { return outcome_.has_value(); });
    if (!outcome_) outcome_ = noDocument("No whole answer came in time.");
    return *outcome_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Result<FormAnswer>> outcome_;  // protected by mutex_
};

using PendingPtr = std::shared_ptr<PendingAnswer>;

Result<FormAnswer> wholeAnswer(ports::HttpAnswer answer) {
  if (answer.failure == ports::TransportFailure::Timeout) return noDocument("No whole answer came in time.");
  if (!answer.status) return noDocument(std::move(answer.error));
  // What comes with another status says little, so it may be missing.
  if (answer.body || *answer.status != kOk) return FormAnswer{*answer.status, std::move(answer.body).value_or("")};
  return noDocument("The answer is too long (more than 256 KiB), or broke off.");
}

}  // namespace

struct NativeDocuments::Asked {
  HttpMethod method = HttpMethod::Get;
  std::string url;
  std::string form{};

  Error failed(const std::string& why) const {
    return noDocument((method == HttpMethod::Get ? "GET " : "POST ") + url + ": " + why);
  }
  ports::HttpRequest request(ports::Target target, const std::vector<IpAddress>& addresses, Millis deadline) const {
    ports::HttpRequest request;
    request.target = std::move(target);
    for (const auto& address : addresses) request.addresses.push_back(address.text());
    request.headers = {{"Accept", "application/json"}, {"Connection", "close"}};
    if (method == HttpMethod::Post) request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = form;
    request.timeout = deadline;
    request.wantsBody = true;
    return request;
  }
};

struct NativeDocuments::Parts {
  Parts(NameResolver& names, const DocumentSettings& settings)
      : resolver(names),
        deadline(settings.deadline),
        guard(anywhere()),
        loop("wire-keys", {.caFile = settings.caFile, .maxIdleConnections = 0, .maxIdleConnectionsPerOrigin = 0},
             guard) {}

  /// Makes `outcome` one of those that stop() ends; false when stop() was called already.
  bool enter(const PendingPtr& outcome) {
    const std::lock_guard lock(mutex);
    if (!stopped) running.insert(outcome);
    return !stopped;
  }
  void leave(const PendingPtr& outcome) {
    const std::lock_guard lock(mutex);
    running.erase(outcome);
  }

  NameResolver& resolver;
  const Millis deadline;
  const AddressGuard guard;
  std::mutex mutex;
  std::set<PendingPtr> running;  // protected by mutex, as the next one
  bool stopped = false;
  WireLoop loop;  // last: its thread uses the guard
};

NativeDocuments::NativeDocuments(NameResolver& resolver, const DocumentSettings& settings)
    : parts_(std::make_shared<Parts>(resolver, settings)) {}

NativeDocuments::~NativeDocuments() {
  parts_->loop.stop();
}

Result<FormAnswer> NativeDocuments::call(const Asked& asked) {
  const auto since = std::chrono::steady_clock::now();
  auto target = parseTarget(asked.url);
  if (!target) return asked.failed("It is no URL that can be fetched.");
  const auto outcome = std::make_shared<PendingAnswer>();
  if (!parts_->enter(outcome)) return asked.failed("Lull is stopping.");
  // Shared with a look-up that may end after this call has given up.
  const auto later = std::make_shared<const Asked>(asked);
  const auto found = [parts = parts_, outcome, since, target = *target, later](const Resolution& names) {
    if (!names.error.empty()) return outcome->settle(noDocument("The host is not found."));
    parts->loop.start({.request = later->request(target, names.addresses, parts->deadline),
                       .done = [outcome](ports::HttpAnswer answer) { outcome->settle(wholeAnswer(std::move(answer))); },
                       .since = since,
                       .method = later->method,
                       .limits = kLimits});
  };
  parts_->resolver.resolve(target->lookupName(), parts_->deadline, found);
  auto answer = outcome->await(since + parts_->deadline);
  parts_->leave(outcome);
  return answer ? std::move(answer) : Result<FormAnswer>(asked.failed(answer.error().message));
}

Result<std::string> NativeDocuments::get(const std::string& url) {
  const Asked asked{HttpMethod::Get, url};
  auto answer = call(asked);
  if (!answer) return std::move(answer).error();
  if (answer->status != kOk) return asked.failed("The answer is " + std::to_string(answer->status) + ".");
  return std::move(answer->body);
}

Result<FormAnswer> NativeDocuments::post(const std::string& url, const std::string& form) {
  return call({HttpMethod::Post, url, form});
}

void NativeDocuments::stop() {
  const std::lock_guard lock(parts_->mutex);
  parts_->stopped = true;
  for (const auto& one : parts_->running) one->settle(noDocument("Lull is stopping."));
}

}  // namespace lull::net
