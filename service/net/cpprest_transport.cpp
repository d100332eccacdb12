#include "cpprest_clients.hpp"
#include "cpprest_exchange.hpp"
#include "cpprest_pool.hpp"
#include "deadline_watch.hpp"

#include <lull/net/cpprest_transport.hpp>

#include <utility>

namespace lull::net {

/// Shared with the continuations, which may run after the transport is gone.
class CppRestTransport::Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(std::string caFile) : clients_(std::move(caFile)) {}

  void post(ports::HttpPost request, Callback done);
  void stop() { watch_.stop(); }

 private:
  using ExchangePtr = std::shared_ptr<CppRestExchange>;

  void send(const ExchangePtr& exchange, const CppRestClients::Lease& lease);
  void failed(const ExchangePtr& exchange, bool pooled, const std::exception_ptr& failure);
  void receive(const ExchangePtr& exchange, const web::http::http_response& response);

  CppRestClients clients_;
  DeadlineWatch<CppRestExchange> watch_{"cpprest-timer"};
};

void CppRestTransport::Core::post(ports::HttpPost request, Callback done) {
  const auto exchange = std::make_shared<CppRestExchange>(std::move(request), std::move(done));
  watch_.add(exchange);
  try {
    send(exchange, clients_.forRequest(exchange->request()));
  } catch (const std::exception&) {
    watch_.remove(exchange);
    exchange->fail(ports::TransportFailure::Protocol, "cpprestsdk does not accept this URL.");
  }
}

void CppRestTransport::Core::send(const ExchangePtr& exchange, const CppRestClients::Lease& lease) {
  lease.client->request(exchange->build(), exchange->token())
      .then([self = shared_from_this(), exchange, lease](const pplx::task<web::http::http_response>& answer) {
        try {
          self->receive(exchange, answer.get());
        } catch (const std::exception&) {
          self->failed(exchange, lease.usedBefore, std::current_exception());
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
  response.content_ready().then(
      [self = shared_from_this(), exchange, response](const pplx::task<web::http::http_response>& whole) {
        try {
          whole.get();
        } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
          // A body that was cut at the cap or closed early takes nothing from the status.
        }
        self->watch_.remove(exchange);
        exchange->succeed(response);
      });
}

CppRestTransport::CppRestTransport(TransportSettings settings) {
  initialiseCppRestPool();
  core_ = std::make_shared<Core>(std::move(settings.caFile));
}

CppRestTransport::~CppRestTransport() {
  core_->stop();
}

void CppRestTransport::post(ports::HttpPost request, Callback done) {
  core_->post(std::move(request), std::move(done));
}

}  // namespace lull::net
