#pragma once

#include <lull/ports/transport.hpp>

#include <cpprest/http_client.h>
#include <cpprest/rawptrstream.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>

namespace lull::net {

/// One request in cpprestsdk. Its continuations and the deadline watch share it; the first that finishes it calls
/// `done`, and later ones do nothing.
class CppRestExchange {
 public:
  static constexpr std::size_t kMaxBodyBytes = 64UL * 1024;

  CppRestExchange(ports::HttpRequest request, ports::Transport::Callback done)
      : request_(std::move(request)), done_(std::move(done)) {}

  const ports::HttpRequest& request() const { return request_; }
  std::chrono::steady_clock::time_point deadline() const { return since_ + request_.timeout; }
  pplx::cancellation_token token() { return cancellation_.get_token(); }

  /// The request in cpprestsdk's form; its answer's body goes into this exchange's buffer. Throws what cpprestsdk
  /// throws on a path that it does not accept.
  web::http::http_request build();
  /// True when `failure` may come from a pooled connection that the receiver had closed: worth one more try.
  static bool mayBeStale(const std::exception_ptr& failure);

  /// `whole`: the body came to its end, and the buffer holds all of it.
  void succeed(const web::http::http_response& response, bool whole);
  void fail(const std::exception_ptr& failure);
  void fail(ports::TransportFailure failure, std::string error);
  /// Ends it because its total deadline has passed, and cancels it in cpprestsdk.
  void expire();
  /// Ends it because the transport stops, and cancels it in cpprestsdk.
  void abandon();
  /// Ends it when it was never handed to cpprestsdk.
  void cancel();

  bool retried = false;  // used by the request's continuations only, one after the other

 private:
  void finish();

  const ports::HttpRequest request_;
  ports::Transport::Callback done_;  // used, and then emptied, by the one that set `finished_`
  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  pplx::cancellation_token_source cancellation_;
  std::array<std::uint8_t, kMaxBodyBytes> body_{};
  concurrency::streams::rawptr_buffer<std::uint8_t> buffer_;  // writes into body_; new for each time that it is sent
  ports::HttpAnswer answer_;                                  // written only by the one that set `finished_`
  std::atomic<bool> finished_{false};
};

}  // namespace lull::net
