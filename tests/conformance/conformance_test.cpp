#include "conformance/harness.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <iostream>
#include <iterator>
#include <memory>

// A continuation that libcpprest still holds when the process ends is not ours; its own runs out behind the test's end.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:web::http::client::details::asio_context\n";
}

namespace lull::conformance {

namespace {

struct Run {
  Case test;
  Adapter adapter;
};

std::vector<Run> allRuns() {
  std::vector<Run> runs;
  for (auto& test : allCases()) {
    runs.push_back({test, Adapter::Native});
    if (!test.variant) runs.push_back({std::move(test), Adapter::CppRest});
  }
  return runs;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasures = false;  // a sanitizer's memory and time are not the product's
#else
constexpr bool kMeasures = true;
#endif
constexpr std::size_t kMostGrowthKiB = 8UL * 1024;
constexpr std::chrono::milliseconds kOnTime{250};

/// One line for tests/conformance/measure.
void report(const Case& test, Adapter adapter, const Measured& measured) {
  std::cout << "MEASURED|" << test.situation << "|" << nameOf(adapter) << "|"
            << outcome(measured.last.status, measured.last.failure) << "|" << measured.elapsed.count() << "|"
            << measured.growthKiB << "|" << (test.guarded ? "" : std::to_string(measured.slowestBeside.count()))
            << "\n";
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
  net::TransportSettings settings;
  if (test.trusted) settings.caFile = authority.file().string();
  const auto measured = Harness(test, adapter, settings).run(receiver);
  const auto& answer = measured.last;
  report(test, adapter, measured);

  const auto& expected = adapter == Adapter::Native ? test.native : test.cppRest;
  const auto wanted = expected.orStatus && answer.status == expected.orStatus ? expected.orStatus : expected.status;
  EXPECT_EQ(answer.status, wanted) << answer.error;
  EXPECT_EQ(answer.failure, expected.failure) << answer.error;
  EXPECT_EQ(answer.error.empty(), expected.failure == ports::TransportFailure::None) << answer.error;
  if (test.check) test.check({adapter, answer, receiver, measured.elapsed});
  EXPECT_EQ(measured.failedBeside, 0) << "a healthy receiver beside it was not served";
  if (kMeasures && adapter == Adapter::Native) {
    // A large request is held twice: as it was given, and as it goes out.
    EXPECT_LE(measured.growthKiB, kMostGrowthKiB + 2 * test.bodyBytes / 1024);
    EXPECT_LE(measured.slowestBeside, kOnTime);
  }
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
INSTANTIATE_TEST_SUITE_P(Transports, BothTransports, ::testing::Values(Adapter::Native, Adapter::CppRest),
                         [](const auto& adapter) { return nameOf(adapter.param); });

TEST_P(BothTransports, CarryManyRequestsAtOnce) {
  constexpr std::size_t kCount = 300;
  const Case test{.name = "", .situation = "", .script = nullptr, .native = {}, .cppRest = {}};
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
  const auto guard = guardOf(test, GetParam());
  const auto transport = make(GetParam(), {}, guard);
  std::vector<std::future<ports::HttpAnswer>> answers;
  for (std::size_t i = 0; i < kCount; ++i) {
    auto request = requestFor(test, receiver.port(), {"127.0.0.1"});
    request.timeout = Millis{30'000};
    answers.push_back(post(*transport, std::move(request)));
  }
  for (auto& answer : answers) EXPECT_EQ(answer.get().status, 200);
}

TEST_P(BothTransports, AnswerWhatIsInFlightWhenTheyAreDestroyed) {
  const Case test{.name = "", .situation = "", .script = nullptr, .native = {}, .cppRest = {}};
  Receiver receiver(
      [](Connection& connection) {
        if (connection.readRequest()) connection.awaitClose();
      },
      {});
  const auto guard = guardOf(test, GetParam());
  auto transport = make(GetParam(), {}, guard);
  auto request = requestFor(test, receiver.port(), {"127.0.0.1"});
  request.timeout = Millis{60'000};
  auto answer = post(*transport, std::move(request));
  ASSERT_TRUE(receiver.awaitRequests(1));
  const auto start = std::chrono::steady_clock::now();
  transport.reset();
  EXPECT_EQ(answer.get().failure, ports::TransportFailure::CutOff);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

}  // namespace

}  // namespace lull::conformance
