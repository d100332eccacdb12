#include "commands.hpp"
#include "stop_signals.hpp"

#include <lull/net/signer.hpp>
#include <lull/text/printable.hpp>

#include <CLI/CLI.hpp>
#include <cpprest/http_listener.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>

namespace lull::app {

namespace {

namespace http = web::http;

struct ListenOptions {
  int port = 9000;
  int status = 200;
  std::string secret;
};

std::string headerOf(const http::http_request& request, const char* name) {
  const auto found = request.headers().find(name);
  return found == request.headers().end() ? std::string{} : found->second;
}

// A receiver refuses what is older, so that nobody can send a recorded request again (Standard Webhooks, "timestamp").
constexpr std::int64_t kToleranceSeconds = 300;

std::int64_t secondsNow() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// What the signature says, for the person who reads along.
std::string signatureLine(const http::http_request& request, const std::string& body, const std::string& secret) {
  const auto header = headerOf(request, "webhook-signature");
  if (secret.empty()) return header.empty() ? "signature: none" : "signature: unchecked (no --secret)";
  if (header.empty()) return "signature: missing";
  const auto id = headerOf(request, "webhook-id");
  const auto stamp = headerOf(request, "webhook-timestamp");
  std::int64_t timestamp = 0;
  const auto [end, failure] = std::from_chars(stamp.data(), stamp.data() + stamp.size(), timestamp);
  const bool good = failure == std::errc{} && end == stamp.data() + stamp.size() &&
                    net::verify(secret, {id, timestamp, body}, header);
  if (!good) return "signature: INVALID (wrong secret, or changed on the way)";
  const auto now = secondsNow();
  if (timestamp >= now - kToleranceSeconds && timestamp <= now + kToleranceSeconds) return "signature: valid";
  return "signature: INVALID (the secret is right, but webhook-timestamp is more than five minutes off this machine's "
         "clock)";
}

void print(const http::http_request& request, const std::string& body, const ListenOptions& options) {
  static std::mutex one;  // whole requests, one after the other
  std::lock_guard guard(one);
  const auto line = [](const std::string& text) { return text::printable(text, "\t"); };
  std::printf("%s %s\n", line(request.method()).c_str(), line(request.request_uri().to_string()).c_str());
  for (const auto& [name, value] : request.headers())
    std::printf("  %s: %s\n", line(name).c_str(), line(value).c_str());
  const auto shown = text::printable(body, "\t\n");
  std::printf("  %s\n%s\n\n", signatureLine(request, body, options.secret).c_str(), shown.c_str());
  std::fflush(stdout);
}

int receive(const ListenOptions& options) {
  StopSignals signals;
  http::experimental::listener::http_listener listener("http://127.0.0.1:" + std::to_string(options.port));
  listener.support([&](http::http_request request) {
    request.extract_utf8string(true).then([request, &options](pplx::task<std::string> reading) mutable {
      try {
        print(request, reading.get(), options);
        request.reply(static_cast<http::status_code>(options.status));
      } catch (const std::exception& failure) {
        std::fprintf(stderr, "lull: a request broke off: %s\n", failure.what());
      }
    });
  });
  try {
    listener.open().wait();
  } catch (const std::exception&) {
    std::fprintf(stderr, "lull: cannot listen on port %d; is it in use? Choose another with --port.\n", options.port);
    return 1;
  }
  std::printf("Listening on http://127.0.0.1:%d, answering %d. Stop with Ctrl-C.\n\n", options.port, options.status);
  std::fflush(stdout);
  signals.wait();
  listener.close().wait();
  return 0;
}

}  // namespace

int listen(const std::vector<std::string>& arguments) {
  ListenOptions options;
  CLI::App parser("A receiver on loopback that prints each POST and verifies its signature.", "lull listen");
  parser.add_option("--port", options.port, "port of 127.0.0.1")->check(CLI::Range(1, 65535))->capture_default_str();
  parser.add_option("--status", options.status, "status of every answer")
      ->check(CLI::Range(200, 599))
      ->capture_default_str();
  parser.add_option("--secret", options.secret, "the endpoint's signing secret, whsec_…")
      ->envname("LULL_LISTEN_SECRET");
  try {
    parser.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& problem) {
    return parser.exit(problem) == 0 ? 0 : 2;
  }
  if (!options.secret.empty()) {
    if (const auto checked = net::checkSecret(options.secret); !checked) {
      std::fprintf(stderr, "lull: --secret: %s\n", checked.error().message.c_str());
      return 2;
    }
  }
  return receive(options);
}

}  // namespace lull::app
