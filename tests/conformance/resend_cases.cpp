#include "conformance/cases.hpp"
#include "conformance/variants.hpp"

#include <gtest/gtest.h>

namespace lull::conformance {

namespace {

using namespace std::chrono_literals;
using ports::TransportFailure;

/// `kept` connections answer one request each, all at the same time so that all are kept. Then each reads the next
/// request and ends without a word. Connections beyond those do as `later` says.
Receiver::Script endOnReuse(int kept, bool reset, Receiver::Script later) {
  return [=](Connection& connection) {
    if (connection.index() >= kept) return later(connection);
    if (!connection.readRequest()) return;
    connection.receiver().awaitRequests(static_cast<std::size_t>(kept));
    if (!connection.send(kOk)) return;
    connection.receiver().signal();
    connection.readRequest();
    if (reset) connection.reset();
  };
}

void readAndClose(Connection& connection) {
  connection.readRequest();
}

/// How often the last request arrived.
std::function<void(const Observed&)> copies(std::size_t kept, std::size_t wanted) {
  return [=](const Observed& observed) {
    if (observed.adapter == Adapter::CppRest) return;
    EXPECT_EQ(observed.receiver.requests().size() - kept, wanted) << "copies of the last request";
  };
}

Case keptThenEnding(std::string name, std::string situation, int kept, bool reset) {
  return {.name = std::move(name),
          .situation = std::move(situation),
          .script = endOnReuse(kept, reset, keepAlive),
          .native = answered(200, "sent again once, on a new connection"),
          .cppRest = answered(200),
          .together = static_cast<std::size_t>(kept),
          .signalled = true,
          .check = copies(static_cast<std::size_t>(kept), 2)};
}

/// Sixteen connections are kept, then nothing that is sent on them arrives any more.
Case silentlyForgotten() {
  constexpr int kKept = 16;
  return {.name = "SixteenKeptDropped",
          .situation = "sixteen kept connections that a NAT has forgotten (drops without a word)",
          .script =
              [](Connection& connection) {
                if (connection.index() >= kKept) return keepAlive(connection);
                if (!connection.readRequest()) return;
                connection.receiver().awaitRequests(kKept);
                if (!connection.send(kOk)) return;
                connection.awaitArrival();
                connection.fallSilent();
                connection.receiver().signal();
                connection.awaitClose();
              },
          .native = answered(200, "sent again once, on a new connection, after 3 s"),
          .cppRest = fails(TransportFailure::Timeout),
          .together = kKept,
          .signalled = true,
          .check = copies(kKept, 1)};
}

}  // namespace

std::vector<Case> resendCases() {
  std::vector<Case> cases;
  append(cases, overHttpAndHttps(keptThenEnding(
                    "TwoKeptReadAndClose", "two kept connections, each reads the next request and closes", 2, false)));
  append(cases,
         overHttpAndHttps(keptThenEnding("FiveKeptReadAndClose",
                                         "five kept connections, each reads the next request and closes", 5, false)));
  append(cases, overHttpAndHttps(keptThenEnding(
                    "ThreeKeptForgotten", "three kept connections that a NAT has forgotten (reset on use)", 3, true)));
  append(cases,
         overHttpAndHttps(keptThenEnding(
             "SixteenKeptForgotten", "sixteen kept connections that a NAT has forgotten (reset on use)", 16, true)));
  Case both = keptThenEnding("KeptAndNewEnd", "a kept connection reads and closes, and so does the new one", 1, false);
  both.script = endOnReuse(1, false, readAndClose);
  both.native = fails(TransportFailure::Reset, "sent again once");
  both.cppRest = fails(TransportFailure::Reset);
  append(cases, overHttpAndHttps(both));
  append(cases, overHttpAndHttps(silentlyForgotten()));
  // A connection that answers once and dies when it is used again, time after time: no delivery may fail.
  Case always =
      keptThenEnding("EachAnswersOnce", "ten posts; each connection answers once and dies when used again", 1, false);
  always.script = [](Connection& connection) {
    if (connection.readRequest() && connection.send(kOk)) connection.readRequest();
  };
  always.together = 0;
  always.signalled = false;
  always.addresses = std::vector<std::string>(10, "127.0.0.1");
  always.check = nullptr;
  append(cases, overHttpAndHttps(always));
  return cases;
}

}  // namespace lull::conformance
