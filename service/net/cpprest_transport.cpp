#include "cpprest_clients.hpp"
#include "cpprest_exchange.hpp"
#include "cpprest_pool.hpp"
#include "deadline_watch.hpp"
#include "outstanding.hpp"

#include <lull/net/cpprest_transport.hpp>

#include <utility>

namespace lull::net {

/// Shared with the continuations, which may run after the transport is gone.
class CppRestTransport::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(std::string caFile, const AddressGuard& guard) : guard_(guard), clients_(std::move(caFile)) {}

  void post(ports::HttpRequest request, Callback done);
  void stop() {
    watch_.stop();
    callbacks_->waitForNone();
    // Abandoned requests end on threads of cpprestsdk, so this waits for them: one that still ran when the process
    // exits would use destroyed objects.
    constexpr std::chrono::milliseconds kPatience{500};
    outstanding_->waitForNone(kPatience);
  }

 private:
  using ExchangePtr = std::shared_ptr<CppRestExchange>;

  std::optional<std::string> refuse(const ports::HttpRequest& request) const;
  void answered(ports::HttpRequest next, const Callback& done, ports::HttpAnswer answer);
  void failSoon(const ExchangePtr& exchange, ports::TransportFailure failure, std::string error);
  void send(const ExchangePtr& exchange, const CppRestClients::Chosen& chosen);
  void failed(const ExchangePtr& exchange, bool pooled, const std::exception_ptr& failure);
  void receive(const ExchangePtr& exchange, const web::http::http_response& response);

  const AddressGuard& guard_;
  CppRestClients clients_;
  const std::shared_ptr<Outstanding> callbacks_ = std::make_shared<Outstanding>();    // not returned yet
  const std::shared_ptr<Outstanding> outstanding_ = std::make_shared<Outstanding>();  // requests in cpprestsdk
  DeadlineWatch<CppRestExchange> watch_{"cpprest-timer"};
};

/// Tries one address after the other, because cpprestsdk is given one at a time.
void CppRestTransport::Core::post(ports::HttpRequest request, Callback done) {
  if (request.addresses.size() > 1) {
    auto next = request;
    next.addresses.erase(next.addresses.begin());
    request.addresses.resize(1);
    done = [self = shared_from_this(), next = std::move(next), done = std::move(done)](ports::HttpAnswer answer) {
      self->answered(next, done, std::move(answer));
    };
  }
  const auto exchange = std::make_shared<CppRestExchange>(
      std::move(request),
      [done = std::move(done), ticket = callbacks_->ticket()](ports::HttpAnswer answer) { done(std::move(answer)); });
  if (!watch_.add(exchange)) return exchange->cancel();
  if (auto refused = refuse(exchange->request())) {
    return failSoon(exchange, ports::TransportFailure::Vetoed, *std::move(refused));
  }
  try {
    send(exchange, clients_.forRequest(exchange->request()));
  } catch (const std::exception&) {
    failSoon(exchange, ports::TransportFailure::Protocol, "cpprestsdk does not accept this URL.");
  }
}

void CppRestTransport::Core::answered(ports::HttpRequest next, const Callback& done, ports::HttpAnswer answer) {
  next.timeout -= answer.duration;
  if (answer.failure != ports::TransportFailure::Connect || next.timeout <= Millis{0}) return done(std::move(answer));
  post(std::move(next), done);
}

/// The last check of the address before cpprestsdk gets it, because cpprestsdk shows its sockets to nobody.
std::optional<std::string> CppRestTransport::Core::refuse(const ports::HttpRequest& request) const {
  const auto& target = request.target;
  const auto address = IpAddress::parse(request.addresses.empty() ? "" : request.addresses.front());
  if (!address) return "The address to connect to is not an IP address.";
  if (auto refused = guard_.refuse(target.host, *address, target.port)) return refused;
  if (CppRestClients::canPin(request) || IpAddress::parse(target.host) || guard_.hostIsAllowed(target.host)) {
    return std::nullopt;
  }
  return "Delivery:Transport=CppRest resolves https names on ports other than 443 once more by itself, so " +
         target.host + " must be among Egress:AllowedHosts.";
}

/// Calls back on another thread, because the caller's may hold locks that the callback needs.
void CppRestTransport::Core::failSoon(const ExchangePtr& exchange, ports::TransportFailure failure, std::string error) {
  pplx::create_task([self = shared_from_this(), exchange, failure, error = std::move(error)] {
    self->watch_.remove(exchange);
    exchange->fail(failure, error);
  });
}

void CppRestTransport::Core::send(const ExchangePtr& exchange, const CppRestClients::Chosen& chosen) {
  chosen.client->request(exchange->build(), exchange->token())
      .then([self = shared_from_this(), exchange, chosen,
             ticket = outstanding_->ticket()](const pplx::task<web::http::http_response>& answer) {
        try {
          self->receive(exchange, answer.get());
        } catch (const std::exception&) {
          self->failed(exchange, chosen.usedBefore, std::current_exception());
        }
      });
}

void CppRestTransport::Core::failed(const ExchangePtr& exchange, bool pooled, const std::exception_ptr& failure) {
  if (pooled && !exchange->retried && CppRestExchange::mayBeStale(failure) &&
      std::chrono::steady_clock::now() < exchange->deadline()) {
    exchange->retried = true;
    send(exchange, {clients_.replace(exchange->request()), false});
    return;
  }
  watch_.remove(exchange);
  exchange->fail(failure);
}

void CppRestTransport::Core::receive(const ExchangePtr& exchange, const web::http::http_response& response) {
  response.content_ready().then([self = shared_from_this(), exchange, response,
                                 ticket = outstanding_->ticket()](const pplx::task<web::http::http_response>& whole) {
    bool ended = true;
    try {
      whole.get();
    } catch (const std::exception&) {
      // The status counts even when the body was cut at the limit or ended early.
      ended = false;
    }
    self->watch_.remove(exchange);
    exchange->succeed(response, ended);
  });
}

CppRestTransport::CppRestTransport(TransportSettings settings, const AddressGuard& guard) {
  initialiseCppRestPool();
  core_ = std::make_shared<Core>(std::move(settings.caFile), guard);
}

CppRestTransport::~CppRestTransport() {
  core_->stop();
}

void CppRestTransport::stop() {
  core_->stop();
}

void CppRestTransport::post(ports::HttpRequest request, Callback done) {
  core_->post(std::move(request), std::move(done));
}

}  // namespace lull::net
