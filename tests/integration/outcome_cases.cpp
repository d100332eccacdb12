#include "integration/outcome_cases.hpp"

#include <array>
#include <ctime>

namespace lull::integration {

namespace {

using namespace std::chrono_literals;
using testing::Connection;
using Script = testing::Receiver::Script;

std::string reply(const std::string& line, const std::string& headers = "") {
  return "HTTP/1.1 " + line + "\r\n" + headers + "Content-Length: 5\r\n\r\nsorry";
}

Script replies(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    while (connection.readRequest() && connection.send(bytes)) {
    }
  };
}

/// Reads the request, sends some bytes, and resets the connection.
Script resetsAfter(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    if (!connection.readRequest()) return;
    connection.send(bytes);
    connection.pause(50ms);  // so that the bytes arrive before the reset, which would overtake them
    connection.reset();
  };
}

/// Sends the head, then the same bytes again and again.
Script endless(std::string head, std::string again, std::chrono::milliseconds every) {
  return [=](Connection& connection) {
    if (!connection.readRequest() || !connection.send(head)) return;
    while (connection.send(again) && connection.pause(every)) {
    }
  };
}

/// As an HTTP date (RFC 9110 section 5.6.7).
std::string inAnHour() {
  const auto at = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + 1h);
  std::tm parts{};
  gmtime_r(&at, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

OutcomeCase answers(std::string name, int status, std::string outcome, Fate fate, std::string headers = "") {
  return {.name = std::move(name),
          .script = replies(reply(std::to_string(status) + " X", headers)),
          .outcome = std::move(outcome),
          .status = status,
          .fate = fate};
}

OutcomeCase fails(std::string name, Script script, std::string error) {
  return {.name = std::move(name), .script = std::move(script), .outcome = "retryable", .error = std::move(error)};
}

OutcomeCase parks(std::string name, int status, std::string retryAfter, std::chrono::seconds wait) {
  auto row = answers(std::move(name), status, "retryable", Fate::Parked, "Retry-After: " + retryAfter + "\r\n");
  row.wait = wait;
  return row;
}

OutcomeCase parksUntilADate(std::string name, int status) {
  auto row = parks(std::move(name), status, "", 1h);
  row.script = [status](Connection& connection) {
    const auto line = std::to_string(status) + " X";
    while (connection.readRequest() && connection.send(reply(line, "Retry-After: " + inAnHour() + "\r\n"))) {
    }
  };
  return row;
}

std::vector<OutcomeCase> statuses() {
  auto early = answers("Status103Then200", 200, "delivered", Fate::Delivered);
  early.script = replies("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + reply("200 OK"));
  // On any other status it is the least delay of its message; the endpoint is not parked.
  auto delayed = answers("Status500RetryAfter", 500, "retryable", Fate::Retried, "Retry-After: 3600\r\n");
  delayed.wait = 1h;
  auto capped = parks("Status503RetryAfterTenDays", 503, "864000", 24h);
  return {
      early,
      answers("Status101", 101, "retryable", Fate::Retried),
      answers("Status200", 200, "delivered", Fate::Delivered),
      answers("Status204", 204, "delivered", Fate::Delivered),
      answers("Status301", 301, "retryable", Fate::Retried, "Location: /elsewhere\r\n"),
      answers("Status302", 302, "retryable", Fate::Retried, "Location: /elsewhere\r\n"),
      answers("Status307", 307, "retryable", Fate::Retried, "Location: /elsewhere\r\n"),
      answers("Status400", 400, "permanent", Fate::Dead),
      answers("Status401", 401, "retryable", Fate::Retried),
      answers("Status404", 404, "retryable", Fate::Retried),
      answers("Status408", 408, "retryable", Fate::Retried),
      answers("Status410", 410, "gone", Fate::Gone),
      answers("Status422", 422, "permanent", Fate::Dead),
      answers("Status429", 429, "retryable", Fate::Retried),
      answers("Status500", 500, "retryable", Fate::Retried),
      answers("Status501", 501, "permanent", Fate::Dead),
      answers("Status502", 502, "retryable", Fate::Retried),
      answers("Status503", 503, "retryable", Fate::Retried),
      answers("Status503RetryAfterUnreadable", 503, "retryable", Fate::Retried, "Retry-After: soon\r\n"),
      delayed,
      parks("Status429RetryAfterSeconds", 429, "3600", 1h),
      parksUntilADate("Status429RetryAfterDate", 429),
      parks("Status503RetryAfterSeconds", 503, "3600", 1h),
      parks("Status503RetryAfterDecimal", 503, "3599.5", 1h),
      parksUntilADate("Status503RetryAfterDate", 503),
      parks("Status503RetryAfterBelowTheSchedule", 503, "60", 1min),
      capped,
  };
}

std::vector<OutcomeCase> brokenConnections() {
  auto refused = fails("ConnectionRefused", nullptr, "refused");
  refused.listening = refused.received = false;
  auto unknownName = fails("NameDoesNotResolve", nullptr, "nowhere.invalid");
  unknownName.host = "nowhere.invalid";
  unknownName.listening = unknownName.received = false;
  auto afterHeaders = answers("ResetAfterHeaders", 500, "retryable", Fate::Retried);
  afterHeaders.script = resetsAfter("HTTP/1.1 500 X\r\nContent-Length: 100\r\n\r\nsorry");
  auto successThenReset = answers("ResetAfterHeadersOf200", 200, "delivered", Fate::Delivered);
  successThenReset.script = resetsAfter("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthank");
  return {
      refused,
      unknownName,
      fails(
          "ClosedBeforeAnswer", [](Connection& connection) { connection.readRequest(); }, "closed the connection"),
      fails("ResetBeforeHeaders", resetsAfter(""), "closed the connection"),
      fails("ResetWithinHeaders", resetsAfter("HTTP/1.1 200 OK\r\nContent-"), "closed the connection"),
      afterHeaders,
      successThenReset,
      fails("NotHttp", replies("220 mail.example ESMTP\r\n"), "not valid HTTP"),
      fails(
          "Silence", [](Connection& connection) { connection.readRequest() ? connection.awaitClose() : void(); },
          "No whole answer came within"),
      fails("DripOfHeaders", endless("HTTP/1.1 200 OK\r\nX-Drip: ", "x", 20ms), "No whole answer came within"),
      fails("DripOfBody", endless("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "x", 20ms),
            "No whole answer came within"),
      fails("FloodOfHeaders", endless("HTTP/1.1 200 OK\r\n", "X-Flood: " + std::string(1024, 'x') + "\r\n", 1ms),
            "longer than 32 KiB"),
  };
}

std::vector<OutcomeCase> overTls() {
  const testing::Authority::Certificate good{.subjectAltName = "IP:127.0.0.1"};
  auto delivered = answers("TlsStatus200", 200, "delivered", Fate::Delivered);
  delivered.scheme = "https";
  delivered.certificate = good;
  auto unknownAuthority = fails("TlsUnknownAuthority", replies(reply("200 OK")), "certificate");
  unknownAuthority.scheme = "https";
  unknownAuthority.certificate = good;
  unknownAuthority.trusted = unknownAuthority.received = false;
  auto otherName = fails("TlsCertificateForAnotherName", replies(reply("200 OK")), "certificate");
  otherName.scheme = "https";
  otherName.certificate = {.subjectAltName = "DNS:example.com"};
  otherName.received = false;
  auto expired = fails("TlsExpired", replies(reply("200 OK")), "certificate");
  expired.scheme = "https";
  expired.certificate = {.subjectAltName = "IP:127.0.0.1", .expired = true};
  expired.received = false;
  auto httpsToHttp = fails("HttpsToPlainHttp", replies(reply("200 OK")), "TLS");
  httpsToHttp.scheme = "https";
  httpsToHttp.received = false;
  auto httpToHttps = fails("PlainHttpToHttps", replies(reply("200 OK")), "");
  httpToHttps.certificate = good;
  httpToHttps.received = false;
  return {delivered, unknownAuthority, otherName, expired, httpsToHttp, httpToHttps};
}

}  // namespace

std::vector<OutcomeCase> outcomeCases() {
  std::vector<OutcomeCase> all;
  for (auto part : {statuses(), brokenConnections(), overTls()}) {
    for (auto& row : part) all.push_back(std::move(row));
  }
  return all;
}

}  // namespace lull::integration
