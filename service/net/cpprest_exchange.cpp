#include "cpprest_exchange.hpp"

#include "cpprest_clients.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace lull::net {

namespace {

using ports::TransportFailure;

constexpr std::size_t kExcerptBytes = 1024;

std::error_code codeOf(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const web::http::http_exception& httpFailure) {
    return httpFailure.error_code();
  } catch (const std::exception&) {
    return std::make_error_code(std::errc::io_error);
  }
}

bool isConnect(const std::error_code& code) {
  // cpprestsdk reports a refused connection and a name that does not resolve as this one code.
  return code.value() == static_cast<int>(std::errc::host_unreachable) ||
         code.value() == static_cast<int>(std::errc::connection_refused);
}

}  // namespace

web::http::http_request CppRestExchange::build() {
  web::http::http_request message(web::http::methods::POST);
  message.set_request_uri(web::uri(request_.target.pathAndQuery));
  message.set_body(std::vector<unsigned char>(request_.body.begin(), request_.body.end()));
  auto& headers = message.headers();
  for (const auto& [name, value] : request_.headers) headers[name] = value;
  // Without this cpprestsdk would take the name from the URI. A port in the header would become part of the name in
  // SNI.
  if (CppRestClients::canPin(request_)) headers["Host"] = request_.target.hostHeader;
  buffer_ = {body_.data(), body_.size(), std::ios::out};
  message.set_response_stream(buffer_.create_ostream());
  return message;
}

bool CppRestExchange::mayBeStale(const std::exception_ptr& failure) {
  return !isConnect(codeOf(failure));
}

void CppRestExchange::succeed(const web::http::http_response& response, bool whole) {
  if (finished_.exchange(true)) return;
  answer_.status = response.status_code();
  const auto found = response.headers().find("Retry-After");
  if (found != response.headers().end()) answer_.retryAfter = found->second;
  // A stream that was cut does not tell how much it holds, so the text ends at the first NUL; a text for operators has
  // none.
  const auto limit = body_.begin() + kExcerptBytes;
  answer_.excerpt.assign(body_.begin(), std::find(body_.begin(), limit, std::uint8_t{0}));
  // A stream that was closed does not tell its position.
  const auto size = static_cast<std::streamoff>(buffer_.getpos(std::ios::out));
  if (request_.wantsBody && whole && size >= 0) answer_.body.emplace(body_.begin(), body_.begin() + size);
  finish();
}

void CppRestExchange::fail(const std::exception_ptr& failure) {
  if (isConnect(codeOf(failure))) {
    fail(TransportFailure::Connect, "Could not connect to " + request_.target.hostHeader + ".");
  } else {
    fail(TransportFailure::Reset, "No answer came: the connection was closed, TLS failed, or it was not HTTP.");
  }
}

void CppRestExchange::fail(TransportFailure failure, std::string error) {
  if (finished_.exchange(true)) return;
  answer_.failure = failure;
  answer_.error = std::move(error);
  finish();
}

void CppRestExchange::expire() {
  fail(TransportFailure::Timeout, "No whole answer came within " + std::to_string(request_.timeout.count()) + " ms.");
  cancellation_.cancel();
}

void CppRestExchange::abandon() {
  fail(TransportFailure::CutOff, "Lull stopped before the answer came.");
  cancellation_.cancel();
}

void CppRestExchange::cancel() {
  fail(TransportFailure::Cancelled, "Lull stopped before the request began.");
}

void CppRestExchange::finish() {
  answer_.duration = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - since_);
  const auto done = std::exchange(done_, nullptr);
  done(std::move(answer_));
}

}  // namespace lull::net
