#include "cases.hpp"

#include <lull/net/address_guard.hpp>
#include <lull/net/cpprest_transport.hpp>
#include <lull/net/curl_transport.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <iterator>
#include <memory>

namespace lull::conformance {

namespace {

net::AddressGuard guardOf(bool refusingLoopback) {
  net::EgressRules rules;
  if (!refusingLoopback) rules.allowedNetworks = {"127.0.0.0/8", "::1"};
  rules.allowedPorts = {{1, 65535}};
  return net::AddressGuard::create(rules).value();
}

std::unique_ptr<ports::Transport> make(Adapter adapter, const net::TransportSettings& settings,
                                       const net::AddressGuard& guard) {
  if (adapter == Adapter::Curl) return std::make_unique<net::CurlTransport>(settings, guard);
  return std::make_unique<net::CppRestTransport>(settings);
}

ports::HttpPost requestFor(const Case& test, std::uint16_t port, const std::string& address) {
  ports::HttpPost request;
  auto& target = request.target;
  target.tls = test.https || test.certificate.has_value();
  target.host = test.host;
  target.port = port;
  target.pathAndQuery = "/hook?a=%20b";
  const bool v6 = test.host.find(':') != std::string::npos;
  target.hostHeader = (v6 ? "[" + test.host + "]" : test.host) + ":" + std::to_string(port);
  request.address = address;
  request.headers = {{"Content-Type", "application/json"}, {"X-Custom", "one, two"}};
  request.body = R"({"ChangeType":1})";
  request.timeout = test.timeout;
  return request;
}

std::future<ports::HttpAnswer> post(ports::Transport& transport, ports::HttpPost request) {
  auto promise = std::make_shared<std::promise<ports::HttpAnswer>>();
  auto future = promise->get_future();
  transport.post(std::move(request), [promise](ports::HttpAnswer answer) { promise->set_value(std::move(answer)); });
  return future;
}

struct Run {
  Case test;
  Adapter adapter;
};

std::vector<Run> allRuns() {
  std::vector<Run> runs;
  for (auto& test : allCases()) {
    runs.push_back({test, Adapter::Curl});
    runs.push_back({std::move(test), Adapter::CppRest});
  }
  return runs;
}

std::string nameOf(Adapter adapter) {
  return adapter == Adapter::Curl ? "Curl" : "CppRest";
}

class Conformance : public ::testing::TestWithParam<Run> {};

TEST_P(Conformance, HoldsTheTable) {
  const auto& [test, adapter] = GetParam();
  const Authority authority;
  Authority::Context context(nullptr, [](SSL_CTX*) {});
  auto options = test.options;
  if (test.certificate) {
    context = authority.serverContext(*test.certificate);
    options.tls = context.get();
  }
  Receiver receiver(test.script, options);
  const auto guard = guardOf(test.guarded);
  net::TransportSettings settings;
  if (test.trusted) settings.caFile = authority.file().string();
  const auto transport = make(adapter, settings, guard);

  const auto start = std::chrono::steady_clock::now();
  ports::HttpAnswer answer;
  for (const auto& address : test.addresses) {
    answer = post(*transport, requestFor(test, receiver.port(), address)).get();
  }
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);

  const auto& expected = adapter == Adapter::Curl ? test.curl : test.cppRest;
  EXPECT_EQ(answer.status, expected.status) << answer.error;
  EXPECT_EQ(answer.failure, expected.failure) << answer.error;
  EXPECT_EQ(answer.error.empty(), expected.failure == ports::TransportFailure::None) << answer.error;
  if (test.check) test.check({adapter, answer, receiver, elapsed});
}

INSTANTIATE_TEST_SUITE_P(Transports, Conformance, ::testing::ValuesIn(allRuns()),
                         [](const auto& run) { return run.param.test.name + "_" + nameOf(run.param.adapter); });

TEST(ConformanceTable, StandsInTheDocumentAsItIsAsserted) {
  std::ifstream file(std::string(LULL_SOURCE_DIR) + "/docs/transports.md");
  const std::string document((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto expected = table(allCases());
  EXPECT_NE(document.find(expected), std::string::npos) << "docs/transports.md must hold this table:\n" << expected;
}

class BothTransports : public ::testing::TestWithParam<Adapter> {};
INSTANTIATE_TEST_SUITE_P(Transports, BothTransports, ::testing::Values(Adapter::Curl, Adapter::CppRest),
                         [](const auto& adapter) { return nameOf(adapter.param); });

TEST_P(BothTransports, CarryManyRequestsAtOnce) {
  constexpr std::size_t kCount = 300;
  const Case test{.name = "", .situation = "", .script = nullptr, .curl = {}, .cppRest = {}};
  Receiver* self = nullptr;
  // Nobody is answered before all have asked.
  Receiver receiver(
      [&self](Connection& connection) {
        if (connection.readRequest() && self->awaitRequests(kCount)) {
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
      },
      {});
  self = &receiver;
  const auto guard = guardOf(false);
  const auto transport = make(GetParam(), {}, guard);
  std::vector<std::future<ports::HttpAnswer>> answers;
  for (std::size_t i = 0; i < kCount; ++i) {
    auto request = requestFor(test, receiver.port(), "127.0.0.1");
    request.timeout = Millis{30'000};
    answers.push_back(post(*transport, std::move(request)));
  }
  for (auto& answer : answers) EXPECT_EQ(answer.get().status, 200);
}

TEST_P(BothTransports, AnswerWhatIsInFlightWhenTheyAreDestroyed) {
  const Case test{.name = "", .situation = "", .script = nullptr, .curl = {}, .cppRest = {}};
  Receiver receiver(
      [](Connection& connection) {
        if (connection.readRequest()) connection.awaitClose();
      },
      {});
  const auto guard = guardOf(false);
  auto transport = make(GetParam(), {}, guard);
  auto request = requestFor(test, receiver.port(), "127.0.0.1");
  request.timeout = Millis{60'000};
  auto answer = post(*transport, std::move(request));
  ASSERT_TRUE(receiver.awaitRequests(1));
  const auto start = std::chrono::steady_clock::now();
  transport.reset();
  EXPECT_EQ(answer.get().failure, ports::TransportFailure::Reset);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

}  // namespace

}  // namespace lull::conformance
