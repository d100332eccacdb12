#pragma once

#include <lull/ports/transport.hpp>

#include <cpprest/http_client.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>

namespace lull::net {

/// One request on its way through cpprestsdk. Shared by its continuations and the deadline watch; whoever finishes it
/// first calls `done`, and what comes later is ignored.
class CppRestExchange {
 public:
  static constexpr std::size_t kMaxBodyBytes = 64UL * 1024;

  CppRestExchange(ports::HttpPost request, ports::Transport::Callback done)
      : request_(std::move(request)), done_(std::move(done)) {}

  const ports::HttpPost& request() const { return request_; }
  std::chrono::steady_clock::time_point deadline() const { return since_ + request_.timeout; }
  pplx::cancellation_token token() { return cancellation_.get_token(); }

  /// The request in cpprestsdk's form; its answer's body goes into this exchange's buffer. Throws what cpprestsdk
  /// throws on a path that it does not accept.
  web::http::http_request build();
  /// True when `failure` may come from a pooled connection that the receiver had closed: worth one more try.
  static bool mayBeStale(const std::exception_ptr& failure);

  void succeed(const web::http::http_response& response);
  void fail(const std::exception_ptr& failure);
  void fail(ports::TransportFailure failure, std::string error);
  /// Fails it with the total deadline and makes cpprestsdk give up, too.
  void expire();
  /// The same when the transport stops.
  void abandon();
  /// It was never handed to cpprestsdk.
  void cancel();

  bool retried = false;  // used by the request's continuations only, one after the other

 private:
  void finish();

  const ports::HttpPost request_;
  ports::Transport::Callback done_;  // used by whoever won `finished_`, and gone once it was called
  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  pplx::cancellation_token_source cancellation_;
  std::array<std::uint8_t, kMaxBodyBytes> body_{};
  ports::HttpAnswer answer_;  // written only by whoever won `finished_`
  std::atomic<bool> finished_{false};
};

}  // namespace lull::net
