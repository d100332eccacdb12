#include "curl_exchange.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

/// What a transfer's end means: the second half of CurlExchange.
namespace lull::net {

namespace {

using ports::TransportFailure;

/// OpenSSL's and curl's words about a certificate, free of anything that could break a line.
std::string printable(const char* text) {
  std::string result(text);
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c < 0x20 || c > 0x7e; }, ' ');
  constexpr std::size_t kLongest = 200;
  return result.substr(0, kLongest);
}

bool isTls(CURLcode code) {
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ENGINE_INITFAILED:
      return true;
    default:
      return false;
  }
}

bool isReset(CURLcode code) {
  return code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
         code == CURLE_PARTIAL_FILE || code == CURLE_SEND_FAIL_REWIND ||
         code == CURLE_OK;  // closed within the headers, which is fine with curl
}

}  // namespace

std::string CurlExchange::place() const {
  const auto& request = pending_.request;
  const auto& address = request.addresses.front();
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(request.target.port);
}

/// A status counts once its headers are whole: a body that is cut at the cap, closed early, or garbled takes nothing
/// from it. Only the deadline does, because it spans the whole answer.
bool CurlExchange::statusCounts(CURLcode code) const {
  return progress_.headersDone && code != CURLE_OPERATION_TIMEDOUT;
}

void CurlExchange::explain(CURLcode code) {
  auto& answer = progress_.answer;
  const auto set = [&answer](TransportFailure failure, std::string sentence) {
    answer.failure = failure;
    answer.error = std::move(sentence);
  };
  const std::string limit = std::to_string(pending_.request.timeout.count()) + " ms";
  if (!progress_.vetoed.empty()) {
    set(TransportFailure::Vetoed, progress_.vetoed);
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    long connected = 0;  // the local port, known as soon as TCP stands; the times count TLS in
    curl_easy_getinfo(easy_, CURLINFO_LOCAL_PORT, &connected);
    if (progress_.requestBegan) {
      set(TransportFailure::Timeout, "No whole answer came within " + limit + ".");
    } else if (connected > 0) {
      set(TransportFailure::Timeout, "The TLS handshake with " + place() + " did not end within " + limit + ".");
    } else {
      set(TransportFailure::Connect, "No connection to " + place() + " stood within " + limit + ".");
    }
  } else if (isTls(code)) {
    set(TransportFailure::Tls,
        "TLS with " + pending_.request.target.host + " failed: " + printable(errorText_.data()) + ".");
  } else if (isReset(code)) {
    set(TransportFailure::Reset, "The receiver closed the connection before it had answered.");
  } else if (progress_.headersTooLong) {
    set(TransportFailure::Protocol, "The answer's headers are longer than 32 KiB.");
  } else if (code == CURLE_COULDNT_CONNECT) {
    long reason = 0;
    curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &reason);
    set(TransportFailure::Connect, "Could not connect to " + place() +
                                       (reason != 0 ? ": " + std::string(strerror(static_cast<int>(reason))) : "") +
                                       ".");
  } else {
    set(TransportFailure::Protocol, "The answer is not valid HTTP.");
  }
}

void CurlExchange::finish(CURLcode code) {
  auto& answer = progress_.answer;
  if (!pinned_) {
    answer.failure = TransportFailure::Connect;
    answer.error = "The address to connect to is not an IP address.";
  } else if (statusCounts(code)) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
  } else {
    explain(code);
  }
  deliver();
}

void CurlExchange::abandon() {
  auto& answer = progress_.answer;
  answer.failure = progress_.requestBegan ? TransportFailure::CutOff : TransportFailure::Cancelled;
  answer.error =
      progress_.requestBegan ? "Lull stopped before the answer came." : "Lull stopped before the request began.";
  deliver();
}

void CurlExchange::deliver() {
  auto answer = std::move(progress_.answer);
  answer.duration = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - pending_.since);
  const auto done = std::move(pending_.done);
  pending_ = {};
  done(std::move(answer));
}

}  // namespace lull::net
