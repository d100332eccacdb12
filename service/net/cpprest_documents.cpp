#include "cpprest_pool.hpp"
#include "cpprest_tls.hpp"

#include <lull/net/cpprest_documents.hpp>
#include <lull/net/url.hpp>

#include <cpprest/http_client.h>
#include <cpprest/rawptrstream.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace lull::net {

namespace {

namespace http = web::http;
using SteadyTime = std::chrono::steady_clock::time_point;

Error failed(std::string what) {
  return {ErrorCode::Unavailable, std::move(what)};
}

}  // namespace

/// One request. Shared with cpprestsdk's continuations, which may run after the caller has given up.
class DocumentExchange {
 public:
  explicit DocumentExchange(std::size_t maxBytes) : body_(maxBytes) {}

  pplx::cancellation_token token() { return cancellation_.get_token(); }

  concurrency::streams::ostream bodyStream() {
    return concurrency::streams::rawptr_buffer<std::uint8_t>(body_.data(), body_.size(), std::ios::out)
        .create_ostream();
  }

  /// The whole body is there. The stream does not tell its length; no JSON text has a NUL.
  void complete() { settle(std::string(body_.begin(), std::find(body_.begin(), body_.end(), std::uint8_t{0}))); }
  void fail(std::string what) { settle(failed(std::move(what))); }

  /// What came of it by `deadline`; cpprestsdk is told to give up on what did not.
  Result<std::string> await(SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [this] { return outcome_.has_value(); });
    if (!outcome_) outcome_ = failed("no whole answer came in time");
    auto outcome = *outcome_;
    lock.unlock();
    cancellation_.cancel();
    return outcome;
  }

 private:
  void settle(Result<std::string> outcome) {
    const std::lock_guard guard(mutex_);
    if (!outcome_) outcome_ = std::move(outcome);
    changed_.notify_all();
  }

  std::vector<std::uint8_t> body_;  // written by cpprestsdk until the outcome is settled
  pplx::cancellation_token_source cancellation_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Result<std::string>> outcome_;  // protected by mutex_; the first one counts
};

namespace {

using ExchangePtr = std::shared_ptr<DocumentExchange>;
using ClientPtr = std::shared_ptr<http::client::http_client>;

void receive(const ExchangePtr& exchange, const http::http_response& response) {
  if (response.status_code() != http::status_codes::OK) {
    exchange->fail("the answer is " + std::to_string(response.status_code()));
  }
  // In every case: until the body has ended, cpprestsdk writes into the exchange, which must not go before.
  response.content_ready().then([exchange](const pplx::task<http::http_response>& whole) {
    try {
      whole.get();
      exchange->complete();
    } catch (const std::exception&) {
      exchange->fail("the answer is too long, or broke off");
    }
  });
}

std::string literalOrName(const ports::Target& target) {
  // An IPv6 address stands without brackets: cpprestsdk hands what it finds before the last colon to the resolver.
  return (target.tls ? "https://" : "http://") + target.host + ":" + std::to_string(target.port);
}

/// Throws what cpprestsdk throws on a URL that it does not accept.
void send(const ExchangePtr& exchange, const ports::Target& target, const DocumentSettings& settings) {
  http::client::http_client_config config;
  config.set_max_redirects(0);
  // Of inactivity. It must not come before our own deadline, which is total and says so.
  constexpr std::chrono::seconds kLater{5};
  config.set_timeout(std::chrono::duration_cast<std::chrono::milliseconds>(settings.deadline) + kLater);
  trust(config, settings.caFile);
  const auto client = std::make_shared<http::client::http_client>(web::uri(literalOrName(target)), config);
  http::http_request message(http::methods::GET);
  message.set_request_uri(web::uri(target.pathAndQuery));
  message.headers()["Accept"] = "application/json";
  message.headers()["Connection"] = "close";
  if (target.host.find(':') != std::string::npos) message.headers()["Host"] = target.hostHeader;
  message.set_response_stream(exchange->bodyStream());
  client->request(message, exchange->token()).then([exchange, client](const pplx::task<http::http_response>& answer) {
    try {
      receive(exchange, answer.get());
    } catch (const std::exception&) {
      exchange->fail("no answer came: connecting or TLS failed, or it was not HTTP");
    }
  });
}

}  // namespace

struct CppRestDocuments::Parts {
  Parts(NameResolver& names, DocumentSettings given) : resolver(names), settings(std::move(given)) {}

  Result<std::string> fetch(const std::string& url);
  /// Makes `exchange` the one that stop() ends; false when it was called already.
  bool enter(const ExchangePtr& exchange);

  NameResolver& resolver;
  const DocumentSettings settings;
  std::mutex mutex;
  ExchangePtr running;  // protected by mutex, as the next one
  bool stopped = false;
};

bool CppRestDocuments::Parts::enter(const ExchangePtr& exchange) {
  const std::lock_guard guard(mutex);
  running = exchange;
  return !stopped;
}

Result<std::string> CppRestDocuments::Parts::fetch(const std::string& url) {
  const auto deadline = std::chrono::steady_clock::now() + settings.deadline;
  const auto target = parseUrl(url);
  if (!target) return failed("it is no URL that can be fetched");
  const auto exchange = std::make_shared<DocumentExchange>(settings.maxBytes);
  if (!enter(exchange)) return failed("Lull is stopping");
  resolver.resolve(target->lookupName(), settings.deadline,
                   [exchange, target = *target, settings = settings](const Resolution& names) {
                     if (!names.error.empty()) return exchange->fail("the host is not found");
                     try {
                       send(exchange, target, settings);
                     } catch (const std::exception&) {
                       exchange->fail("cpprestsdk does not accept the URL, or Egress:CaFile");
                     }
                   });
  auto outcome = exchange->await(deadline);
  enter(nullptr);
  return outcome;
}

CppRestDocuments::CppRestDocuments(NameResolver& resolver, DocumentSettings settings) {
  initialiseCppRestPool();
  parts_ = std::make_unique<Parts>(resolver, std::move(settings));
}

CppRestDocuments::~CppRestDocuments() = default;

Result<std::string> CppRestDocuments::get(const std::string& url) {
  auto outcome = parts_->fetch(url);
  if (outcome) return outcome;
  return failed("GET " + url + ": " + outcome.error().message + ".");
}

void CppRestDocuments::stop() {
  const std::lock_guard guard(parts_->mutex);
  parts_->stopped = true;
  if (parts_->running) parts_->running->fail("Lull is stopping");
}

}  // namespace lull::net
